//! Links in mails: whoever opens one has read mail to the address it was sent to. Each works once.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, SqlErr};

use crate::{
    ApiKeyId, Ended, Error, NewMail, Person, PersonId, Proved, SessionId, SessionsOf, Tenancy, TenantId, api_key,
    control::{one_count, person, sql},
    known_address, mail, second_factor, session,
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Shows that the mailbox of a sign-up is the person's.
    VerifyEmail,
    ResetPassword,
    /// Makes another address the person's.
    ConfirmEmail,
    /// Keeps the address as it is.
    CancelEmail,
}

impl LinkPurpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "VERIFY_EMAIL",
            Self::ResetPassword => "RESET_PASSWORD",
            Self::ConfirmEmail => "CONFIRM_EMAIL",
            Self::CancelEmail => "CANCEL_EMAIL",
        }
    }

    /// Whether a new link ends those before. Anybody may ask for a reset: the link that its owner holds stays good.
    const fn ends_older(self) -> bool {
        !matches!(self, Self::ResetPassword)
    }
}

/// A link to hand out.
#[derive(Clone)]
pub struct NewLink {
    pub purpose: LinkPurpose,
    /// Of its token.
    pub hash: [u8; 32],
    /// The address that it speaks of.
    pub email: String,
    pub lifetime: Duration,
}

/// What goes out with a change: links, and the mails that hold them.
#[derive(Clone, Default)]
pub struct Post {
    pub links: Vec<NewLink>,
    pub mails: Vec<NewMail>,
}

/// What became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Sent,
    /// An address got too many mails of the kind of late.
    TooMany,
    /// The person has another address or another password than when it was made.
    Outdated,
}

/// What a new password ended.
#[derive(Debug, Default)]
pub struct Reset {
    pub sessions: Vec<Ended>,
    /// Where nobody had shown before that the address is theirs, whoever signed up with it may have been somebody else:
    /// the keys that they made, and whether there was a second factor of theirs.
    pub api_keys: Vec<(TenantId, ApiKeyId)>,
    pub second_factor: bool,
}

/// A link that was opened.
struct Opened {
    /// As they were; nobody else changes them before the transaction ends.
    person: person::Model,
    email: String,
}

/// Why an address does not become somebody's.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmEmailError {
    #[error("the link is not valid")]
    InvalidLink,
    #[error("a person with this e-mail address exists")]
    EmailTaken,
    #[error(transparent)]
    Storage(#[from] Error),
}

const OWNER: &str = "
SELECT p.* FROM control.mailed_links l JOIN control.people p ON p.id = l.person_id
WHERE l.hash = $1 AND l.purpose = $2 AND l.expires_at > now()
  AND (lower(l.email) = lower(p.email) OR l.purpose IN ('CONFIRM_EMAIL', 'CANCEL_EMAIL'))";

/// The person first, then their links: in this order everybody takes them.
const HOLD: &str = "
SELECT * FROM control.people
WHERE id = (SELECT person_id FROM control.mailed_links WHERE hash = $1 AND purpose = $2) FOR NO KEY UPDATE";

/// Of any number of callers with one link the row lets one through.
const OPEN: &str = "
DELETE FROM control.mailed_links WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING email";

const VERIFY: &str = "
UPDATE control.people SET email_verified_at = coalesce(email_verified_at, now()), updated_at = now()
WHERE id = $1 AND lower(email) = lower($2)";

impl Tenancy {
    /// Hands out links and mails to somebody, made for them as they were read. Nothing is handed out where a mail would be
    /// more than `most` of its kind to its address of late.
    pub async fn post(&self, person: &Person, post: &Post, most: i64) -> Result<Posted, Error> {
        let tx = self.control().begin().await?;
        match person.proved().hold_to_write(&tx).await {
            Err(Error::PasswordChanged) => return Ok(Posted::Outdated),
            held => held?,
        }
        let same = "SELECT count(*) FROM control.people WHERE id = $1 AND email = $2";
        if one_count(&tx, sql(same, [person.id.into(), person.email.as_str().into()])).await? == 0 {
            return Ok(Posted::Outdated);
        }
        if !mail::have_room(&tx, &post.mails, most).await? {
            return Ok(Posted::TooMany);
        }
        write(&tx, person.id, post).await?;
        tx.commit().await?;
        Ok(Posted::Sent)
    }

    /// Whose link this is, with nothing done yet.
    pub async fn link_owner(&self, purpose: LinkPurpose, hash: [u8; 32]) -> Result<Option<Person>, Error> {
        let find = sql(OWNER, [hash.to_vec().into(), purpose.as_str().into()]);
        let found = person::Model::find_by_statement(find).one(self.control().db()).await?;
        Ok(found.map(Person::from))
    }

    /// The address is the person's: they read mail to it. `None` for a link that is not valid, also when the address
    /// has changed since.
    pub async fn verify_email(&self, hash: [u8; 32]) -> Result<Option<PersonId>, Error> {
        let tx = self.control().begin().await?;
        let Some(Opened { person, email }) = open(&tx, LinkPurpose::VerifyEmail, hash).await? else { return Ok(None) };
        let verified = tx.execute_raw(sql(VERIFY, [person.id.into(), email.into()])).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(verified.then_some(person.id))
    }

    /// Sets a new password by a link and ends every session of the person; or `None` for a link that is not valid, also when
    /// the address has changed since. No other link to the person is good after it. They are known at `address` from then on.
    pub async fn reset_password(
        &self,
        hash: [u8; 32],
        password_hash: &str,
        address: &str,
        mails: &[NewMail],
    ) -> Result<Option<Reset>, Error> {
        let tx = self.control().begin().await?;
        let Some(Opened { person: before, email }) = open(&tx, LinkPurpose::ResetPassword, hash).await? else {
            return Ok(None);
        };
        let person = before.id;
        if before.email.to_lowercase() != email.to_lowercase() {
            return Ok(None);
        }
        let mut reset = Reset::default();
        if before.email_verified_at.is_none() {
            reset.second_factor = second_factor::remove(&tx, person).await?;
            reset.api_keys = api_key::revoke_made_by(&tx, person).await?;
            known_address::forget_all(&tx, person).await?;
        }
        set_password(&tx, person, password_hash).await?;
        tx.execute_raw(sql(VERIFY, [person.into(), email.into()])).await?;
        reset.sessions = session::end(&tx, SessionsOf::Person(person)).await?;
        known_address::add(&tx, person, address).await?;
        mail::write(&tx, mails).await?;
        tx.commit().await?;
        for &(_, key) in &reset.api_keys {
            self.forget_key(key);
        }
        Ok(Some(reset))
    }

    /// The same by somebody who is signed in and proved to know the old one: the session they use stays.
    pub async fn change_password(
        &self,
        by: Proved,
        password_hash: &str,
        keep: SessionId,
        mails: &[NewMail],
    ) -> Result<Vec<Ended>, Error> {
        let (tx, person) = (self.control().begin().await?, by.person());
        by.hold_to_write(&tx).await?;
        set_password(&tx, person, password_hash).await?;
        let ended = session::end(&tx, SessionsOf::PersonBut(person, keep)).await?;
        mail::write(&tx, mails).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Makes the address of a link the person's, and notes that their user records have to follow. `news` are the mails about
    /// it, made of the person as they were and the new address.
    pub async fn confirm_email(
        &self,
        hash: [u8; 32],
        news: impl FnOnce(&Person, &str) -> Vec<NewMail> + Send,
    ) -> Result<PersonId, ConfirmEmailError> {
        let tx = self.control().begin().await.map_err(Error::from)?;
        let opened = open(&tx, LinkPurpose::ConfirmEmail, hash).await.map_err(Error::from)?;
        let Opened { person: before, email } = opened.ok_or(ConfirmEmailError::InvalidLink)?;
        let (person, before) = (before.id, Person::from(before));
        let set = "UPDATE control.people SET email = $2, email_verified_at = now(), updated_at = now() WHERE id = $1";
        match tx.execute_raw(sql(set, [person.into(), email.as_str().into()])).await {
            Ok(_) => {}
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                return Err(ConfirmEmailError::EmailTaken);
            }
            Err(error) => return Err(Error::from(error).into()),
        }
        let follow = "UPDATE control.memberships SET outdated_since = now() WHERE person_id = $1";
        let rest = async {
            tx.execute_raw(sql(follow, [person.into()])).await?;
            forget_links(&tx, person).await?;
            mail::write(&tx, &news(&before, &email)).await
        };
        rest.await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        Ok(person)
    }

    /// Ends a change of address that was not confirmed yet; whose.
    pub async fn cancel_email(&self, hash: [u8; 32]) -> Result<Option<PersonId>, Error> {
        let tx = self.control().begin().await?;
        let Some(opened) = open(&tx, LinkPurpose::CancelEmail, hash).await? else { return Ok(None) };
        let end = "DELETE FROM control.mailed_links WHERE person_id = $1 AND purpose = $2";
        tx.execute_raw(sql(end, [opened.person.id.into(), LinkPurpose::ConfirmEmail.as_str().into()])).await?;
        tx.commit().await?;
        Ok(Some(opened.person.id))
    }
}

/// Writes links and mails with whatever else the transaction does.
pub(crate) async fn write(tx: &DatabaseTransaction, person: PersonId, post: &Post) -> Result<(), DbErr> {
    let dead = "DELETE FROM control.mailed_links WHERE person_id = $1 AND purpose = $2";
    let insert =
        "INSERT INTO control.mailed_links (hash, person_id, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)";
    for link in &post.links {
        let purpose = link.purpose.as_str();
        if link.purpose.ends_older() {
            tx.execute_raw(sql(dead, [person.into(), purpose.into()])).await?;
        }
        let expires_at: DateTime<Utc> = Utc::now() + link.lifetime;
        let values =
            [link.hash.to_vec().into(), person.into(), purpose.into(), link.email.as_str().into(), expires_at.into()];
        tx.execute_raw(sql(insert, values)).await?;
    }
    mail::write(tx, &post.mails).await
}

async fn open(tx: &DatabaseTransaction, purpose: LinkPurpose, hash: [u8; 32]) -> Result<Option<Opened>, DbErr> {
    let values = || [hash.to_vec().into(), purpose.as_str().into()];
    let Some(person) = person::Model::find_by_statement(sql(HOLD, values())).one(tx).await? else { return Ok(None) };
    let Some(opened) = tx.query_one_raw(sql(OPEN, values())).await? else { return Ok(None) };
    Ok(Some(Opened { person, email: opened.try_get_by_index(0)? }))
}

/// What was begun with the old password is over with it: links, sign-ins that wait for their code, a second factor that no
/// code has confirmed.
async fn set_password(tx: &DatabaseTransaction, person: PersonId, hash: &str) -> Result<(), DbErr> {
    let set =
        "UPDATE control.people SET password_hash = $2, password_version = password_version + 1, updated_at = now()
               WHERE id = $1";
    tx.execute_raw(sql(set, [person.into(), hash.into()])).await?;
    for begun in [
        "DELETE FROM control.sign_in_challenges WHERE person_id = $1",
        "DELETE FROM control.second_factors WHERE person_id = $1 AND confirmed_at IS NULL",
    ] {
        tx.execute_raw(sql(begun, [person.into()])).await?;
    }
    forget_links(tx, person).await
}

async fn forget_links(tx: &DatabaseTransaction, person: PersonId) -> Result<(), DbErr> {
    tx.execute_raw(sql("DELETE FROM control.mailed_links WHERE person_id = $1", [person.into()])).await.map(|_| ())
}
