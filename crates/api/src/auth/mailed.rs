//! What people do by links in mails: confirm an address, choose a new password, use another address.
//!
//! Whether somebody has an account is told to nobody but the reader of their mail, not even by the time an answer takes.

use rapport_domain::{
    event::{Event, security},
    rights::keys::KeyEvent,
};
use rapport_tenancy::{ConfirmEmailError, LinkPurpose, NewLink, Person, PersonId, Post, Posted, Reset, Tenancy};

use super::{Auth, Email, Error, Principal, Refusal, link_token::LinkToken};
use crate::{
    http::Client,
    mail::{
        Letters, Mailer,
        letters::{CONFIRM_LIFETIME, RESET_LIFETIME, VERIFY_LIFETIME},
    },
};

/// Mails of one kind to one address in an hour, or in the time for which its link is good where that is less: enough for
/// everybody who needs them, too few to bury a mailbox.
pub(super) const MAILS_AN_HOUR: i64 = 5;

impl Auth {
    /// The mail that a new person gets, where mail is offered.
    pub(super) fn welcome(&self, email: &Email) -> Post {
        if self.mailer.is_offered() { self.verification(email.as_str()) } else { Post::default() }
    }

    fn verification(&self, email: &str) -> Post {
        let token = LinkToken::generate();
        Post {
            links: vec![link(LinkPurpose::VerifyEmail, &token, email, VERIFY_LIFETIME)],
            mails: vec![self.mailer.letters().verify_address(email, &token.expose())],
        }
    }

    /// Asks once more whether the caller's address is theirs. Nothing is sent when it is known to be, or too often.
    pub async fn resend_verification(&self, caller: &Principal) -> Result<(), Error> {
        self.needs_mail()?;
        let person = self.person_of(caller).await?;
        if !person.email_verified {
            self.tenancy.post(&person, &self.verification(&person.email), MAILS_AN_HOUR).await?;
            self.mailer.wake();
        }
        Ok(())
    }

    pub async fn verify_email(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.charge(client).await?;
        let hash = LinkToken::hash_of(token).ok_or(Refusal::InvalidToken)?;
        let person = self.tenancy.verify_email(hash).await?.ok_or(Refusal::InvalidToken)?;
        self.note_account(person, Event::named(security::EMAIL_VERIFIED), client);
        Ok(())
    }

    /// Sends a link for a new password, if somebody has the address. The answer does not wait for any of that.
    pub async fn forgot_password(&self, email: &str, client: &Client) -> Result<(), Error> {
        self.charge(client).await?;
        self.needs_mail()?;
        let email = Email::parse(email).map_err(|_| Refusal::InvalidEmail)?;
        let (tenancy, mailer) = (self.tenancy.clone(), self.mailer.clone());
        self.background.spawn(async move {
            if let Err(error) = send_reset(&tenancy, &mailer, &email).await {
                tracing::error!(error = &error as &dyn std::error::Error, "A link for a new password was not written");
            }
        });
        Ok(())
    }

    /// Sets a new password by a link and ends all sessions. Signs nobody in: that takes the password, and whatever else the
    /// account asks for.
    pub async fn reset_password(&self, token: &str, password: String, client: &Client) -> Result<(), Error> {
        self.charge(client).await?;
        let hash = LinkToken::hash_of(token).ok_or(Refusal::InvalidToken)?;
        let person = self.tenancy.link_owner(LinkPurpose::ResetPassword, hash).await?.ok_or(Refusal::InvalidToken)?;
        let password_hash = self.choose_password(&person, password).await?;
        let (news, address) = (self.news(&person, Letters::password_changed), client.address.to_string());
        let reset = self.tenancy.reset_password(hash, &password_hash, &address, &news).await?;
        let Reset { sessions, api_keys, second_factor } = reset.ok_or(Refusal::InvalidToken)?;
        self.tell_of(&sessions, "PASSWORD_CHANGED", None, client).await;
        self.note_account(person.id, Event::named(security::PASSWORD_CHANGED).with("how", "RESET"), client);
        if second_factor {
            self.note_account(person.id, Event::named(security::SECOND_FACTOR_DISABLED), client);
        }
        for (tenant, key) in api_keys {
            // It opens nothing any more, whatever fails of the rest: the password is reset.
            if let Err(error) = self.write_down_end_of_key(tenant, key, KeyEvent::Revoked).await {
                tracing::error!(key.id = %key, error = &error as &dyn std::error::Error, "The roles of a key were not taken");
            }
        }
        self.mailer.wake();
        Ok(())
    }

    /// Sets a new password for who knows the old one. Ends their other sessions.
    pub async fn change_password(
        &self,
        caller: &Principal,
        current: String,
        new: String,
        client: &Client,
    ) -> Result<(), Error> {
        let session = caller.person().ok_or(Refusal::NotAPerson)?;
        let person = self.proved_caller(caller, current, client).await?;
        let password_hash = self.choose_password(&person, new).await?;
        let news = self.news(&person, Letters::password_changed);
        let changed = self.tenancy.change_password(person.proved(), &password_hash, session.session, &news).await;
        let ended = changed.map_err(|error| Error::from(error).wrong_password_as(Refusal::WrongPassword))?;
        self.tell_of(&ended, "PASSWORD_CHANGED", Some(caller), client).await;
        self.note_account(person.id, Event::named(security::PASSWORD_CHANGED).with("how", "CHANGED"), client);
        self.mailer.wake();
        Ok(())
    }

    /// Asks the new address whether it is the caller's, and tells the old one how to stop it. Nothing changes yet.
    pub async fn change_email(
        &self,
        caller: &Principal,
        new: &str,
        current_password: String,
        client: &Client,
    ) -> Result<(), Error> {
        self.needs_mail()?;
        let new = Email::parse(new).map_err(|_| Refusal::InvalidEmail)?;
        let person = self.proved_caller(caller, current_password, client).await?;
        if person.email.eq_ignore_ascii_case(new.as_str()) {
            return Err(Refusal::SameEmail.into());
        }
        let (confirm, cancel) = (LinkToken::generate(), LinkToken::generate());
        let letters = self.mailer.letters();
        let post = Post {
            links: vec![
                link(LinkPurpose::ConfirmEmail, &confirm, new.as_str(), CONFIRM_LIFETIME),
                link(LinkPurpose::CancelEmail, &cancel, new.as_str(), CONFIRM_LIFETIME),
            ],
            mails: vec![
                letters.confirm_address(new.as_str(), &confirm.expose()),
                letters.address_about_to_change(&person, new.as_str(), &cancel.expose()),
            ],
        };
        match self.tenancy.post(&person, &post, MAILS_AN_HOUR).await? {
            Posted::Sent => {
                self.mailer.wake();
                Ok(())
            }
            Posted::TooMany => Err(Refusal::TooManyMails.into()),
            Posted::Outdated => Err(Refusal::WrongPassword.into()),
        }
    }

    /// Makes the address of a link the person's. Their user records follow: see [`crate::following`].
    pub async fn confirm_email(&self, token: &str, client: &Client) -> Result<PersonId, Error> {
        self.charge(client).await?;
        let hash = LinkToken::hash_of(token).ok_or(Refusal::InvalidToken)?;
        let confirmed = self.tenancy.confirm_email(hash, |person, new| {
            if !self.mailer.is_offered() {
                return Vec::new();
            }
            vec![self.mailer.letters().address_changed(person, new)]
        });
        match confirmed.await {
            Ok(person) => {
                self.note_account(person, Event::named(security::EMAIL_CHANGED), client);
                self.mailer.wake();
                Ok(person)
            }
            Err(ConfirmEmailError::InvalidLink) => Err(Refusal::InvalidToken.into()),
            Err(ConfirmEmailError::EmailTaken) => Err(Refusal::AddressInUse.into()),
            Err(ConfirmEmailError::Storage(error)) => Err(error.into()),
        }
    }

    pub async fn cancel_email(&self, token: &str, client: &Client) -> Result<(), Error> {
        self.charge(client).await?;
        let hash = LinkToken::hash_of(token).ok_or(Refusal::InvalidToken)?;
        self.tenancy.cancel_email(hash).await?.ok_or(Refusal::InvalidToken)?;
        Ok(())
    }

    pub(super) fn needs_mail(&self) -> Result<(), Refusal> {
        if self.mailer.is_offered() { Ok(()) } else { Err(Refusal::MailUnavailable) }
    }

    pub(super) async fn person_of(&self, caller: &Principal) -> Result<Person, Error> {
        let person = self.tenancy.person(caller.person().ok_or(Refusal::NotAPerson)?.person).await?;
        Ok(person.ok_or(Refusal::InvalidCredentials)?)
    }

    async fn proved_caller(&self, caller: &Principal, password: String, client: &Client) -> Result<Person, Error> {
        self.charge(client).await?;
        let confirmed = self.confirm_password(caller, password, client).await;
        confirmed.map_err(|error| error.wrong_password_as(Refusal::WrongPassword))
    }

    async fn choose_password(&self, person: &Person, password: String) -> Result<String, Error> {
        let email = Email::parse(&person.email).map_err(|_| Refusal::InvalidEmail)?;
        let memberships = self.tenancy.memberships(person.id).await?;
        let workspaces = memberships.iter().map(|member| member.name.as_str());
        let words: Vec<&str> = [person.name.as_str()].into_iter().chain(workspaces).collect();
        self.new_password(&password, &email, &words).await
    }
}

async fn send_reset(tenancy: &Tenancy, mailer: &Mailer, email: &Email) -> Result<(), rapport_tenancy::Error> {
    let Some(person) = tenancy.person_by_email(email.as_str()).await? else { return Ok(()) };
    let token = LinkToken::generate();
    let post = Post {
        links: vec![link(LinkPurpose::ResetPassword, &token, &person.email, RESET_LIFETIME)],
        mails: vec![mailer.letters().reset_password(&person, &token.expose())],
    };
    tenancy.post(&person, &post, MAILS_AN_HOUR).await?;
    mailer.wake();
    Ok(())
}

fn link(purpose: LinkPurpose, token: &LinkToken, email: &str, lifetime: chrono::Duration) -> NewLink {
    NewLink { purpose, hash: token.hash(), email: email.to_owned(), lifetime }
}
