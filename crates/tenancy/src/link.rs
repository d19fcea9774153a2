//! Links in mails: whoever opens one has read mail to the address. Each works once, and only the newest of its kind.

use chrono::{DateTime, Duration, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, SqlErr};

use crate::{
    Ended, Error, NewMail, Person, PersonId, SessionId, Tenancy,
    control::{person, sql},
    mail,
    session::end_sessions,
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

/// A link that was opened.
#[derive(Clone, FromQueryResult)]
struct Opened {
    #[sea_orm(from_alias = "person_id")]
    person: PersonId,
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
WHERE l.hash = $1 AND l.purpose = $2 AND l.expires_at > now()";

/// Of any number of callers with one link the row lets one through.
const OPEN: &str = "
DELETE FROM control.mailed_links WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING person_id, email";

const VERIFY: &str = "
UPDATE control.people SET email_verified_at = coalesce(email_verified_at, now()), updated_at = now()
WHERE id = $1 AND lower(email) = lower($2)";

impl Tenancy {
    /// Hands out links and mails to somebody who is there. Older links of the same purpose are dead from now on. False, and
    /// nothing is handed out, where a mail would be more than `most` of its kind to its address in an hour.
    pub async fn post(&self, person: PersonId, post: &Post, most: i64) -> Result<bool, Error> {
        let tx = self.control().begin().await?;
        // Those who ask at once are counted one after the other.
        tx.execute_raw(sql("SELECT 1 FROM control.people WHERE id = $1 FOR UPDATE", [person.into()])).await?;
        for mail in &post.mails {
            if mail::lately(&tx, &mail.to, mail.kind).await? >= most {
                return Ok(false);
            }
        }
        write(&tx, person, post).await?;
        tx.commit().await?;
        Ok(true)
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
        let Some(opened) = open(&tx, LinkPurpose::VerifyEmail, hash).await? else { return Ok(None) };
        let verify = sql(VERIFY, [opened.person.into(), opened.email.into()]);
        let verified = tx.execute_raw(verify).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(verified.then_some(opened.person))
    }

    /// Sets a new password by a link and ends every session of the person; which, or `None` for a link that is not valid.
    /// No other link to the person is good after it.
    pub async fn reset_password(
        &self,
        hash: [u8; 32],
        password_hash: &str,
        mails: &[NewMail],
    ) -> Result<Option<Vec<Ended>>, Error> {
        let tx = self.control().begin().await?;
        let Some(opened) = open(&tx, LinkPurpose::ResetPassword, hash).await? else { return Ok(None) };
        set_password(&tx, opened.person, password_hash).await?;
        tx.execute_raw(sql(VERIFY, [opened.person.into(), opened.email.into()])).await?;
        let ended = end_sessions(&tx, opened.person, None).await?;
        mail::write(&tx, mails).await?;
        tx.commit().await?;
        Ok(Some(ended))
    }

    /// The same by somebody who is signed in and proved to know the old one: the session they use stays.
    pub async fn change_password(
        &self,
        person: PersonId,
        password_hash: &str,
        keep: SessionId,
        mails: &[NewMail],
    ) -> Result<Vec<Ended>, Error> {
        let tx = self.control().begin().await?;
        set_password(&tx, person, password_hash).await?;
        let ended = end_sessions(&tx, person, Some(keep)).await?;
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
        let Opened { person, email } = opened.ok_or(ConfirmEmailError::InvalidLink)?;
        let set = "UPDATE control.people SET email = $2, email_verified_at = now(), updated_at = now() WHERE id = $1";
        let before = person::Entity::find_by_id(person).one(&tx).await.map_err(Error::from)?;
        let before = Person::from(before.ok_or(ConfirmEmailError::InvalidLink)?);
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
        tx.execute_raw(sql(end, [opened.person.into(), LinkPurpose::ConfirmEmail.as_str().into()])).await?;
        tx.commit().await?;
        Ok(Some(opened.person))
    }
}

/// Writes links and mails with whatever else the transaction does.
pub(crate) async fn write(tx: &DatabaseTransaction, person: PersonId, post: &Post) -> Result<(), DbErr> {
    let dead = "DELETE FROM control.mailed_links WHERE person_id = $1 AND purpose = $2";
    let insert =
        "INSERT INTO control.mailed_links (hash, person_id, purpose, email, expires_at) VALUES ($1, $2, $3, $4, $5)";
    for link in &post.links {
        let purpose = link.purpose.as_str();
        tx.execute_raw(sql(dead, [person.into(), purpose.into()])).await?;
        let expires_at: DateTime<Utc> = Utc::now() + link.lifetime;
        let values =
            [link.hash.to_vec().into(), person.into(), purpose.into(), link.email.as_str().into(), expires_at.into()];
        tx.execute_raw(sql(insert, values)).await?;
    }
    mail::write(tx, &post.mails).await
}

async fn open(tx: &DatabaseTransaction, purpose: LinkPurpose, hash: [u8; 32]) -> Result<Option<Opened>, DbErr> {
    Opened::find_by_statement(sql(OPEN, [hash.to_vec().into(), purpose.as_str().into()])).one(tx).await
}

/// Links that somebody else may have asked for are dead with the old password, and so are sign-ins that wait for their code.
async fn set_password(tx: &DatabaseTransaction, person: PersonId, hash: &str) -> Result<(), DbErr> {
    let set = "UPDATE control.people SET password_hash = $2, updated_at = now() WHERE id = $1";
    tx.execute_raw(sql(set, [person.into(), hash.into()])).await?;
    let waiting = "DELETE FROM control.sign_in_challenges WHERE person_id = $1";
    tx.execute_raw(sql(waiting, [person.into()])).await?;
    forget_links(tx, person).await
}

async fn forget_links(tx: &DatabaseTransaction, person: PersonId) -> Result<(), DbErr> {
    tx.execute_raw(sql("DELETE FROM control.mailed_links WHERE person_id = $1", [person.into()])).await.map(|_| ())
}
