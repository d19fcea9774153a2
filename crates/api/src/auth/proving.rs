//! The one place where a password that somebody gave is compared: by who comes in, and by who is in and is about to do what
//! a stolen session must not.

use rapport_tenancy::{Person, PersonId, Proved};

use super::{Auth, Error, Principal, Refusal, hasher::Verdict, session::allowed};
use crate::http::Client;

impl Auth {
    /// Checks the password of a person who may not exist, with the same work and in the same time: the look for where
    /// they were seen, one hash. `email` is what was typed, `workspace` what they want to sign in to.
    pub(super) async fn prove(
        &self,
        email: &str,
        person: Option<Person>,
        password: String,
        workspace: Option<&str>,
        client: &Client,
    ) -> Result<Proved, Error> {
        let somebody = person.as_ref().map_or_else(PersonId::new, |person| person.id);
        let familiar = self.tenancy.is_known_address(somebody, &client.address.to_string()).await?;
        let email = email.trim().to_lowercase();
        allowed(self.limits.account(&email, familiar.then_some(client.address)).await)?;
        let stored = person.as_ref().and_then(|person| person.password_hash.clone());
        let verdict = self.hasher.verify(stored.clone(), password.clone()).await?;
        let person = person.ok_or(Refusal::InvalidCredentials)?;
        if verdict == Verdict::Wrong {
            return Err(self.note_failed(person.id, workspace, Refusal::InvalidCredentials, client).into());
        }
        if let (Verdict::RightButOutdated, Some(old)) = (verdict, stored) {
            let new = self.hasher.rehash(password).await?;
            self.tenancy.renew_password_hash(person.id, &old, &new).await?;
        }
        Ok(person.proved())
    }

    /// The password once more, from somebody who is signed in; who they are.
    pub async fn confirm_password(
        &self,
        member: &Principal,
        password: String,
        client: &Client,
    ) -> Result<Person, Error> {
        let session = member.person().ok_or(Refusal::NotAPerson)?.session;
        allowed(self.limits.confirmation(session).await)?;
        let person = self.person_of(member).await?;
        match self.hasher.verify(person.password_hash.clone(), password).await? {
            Verdict::Right | Verdict::RightButOutdated => Ok(person),
            Verdict::Wrong => {
                let workspace = member.scope.tenant().to_string();
                Err(self.note_failed(person.id, Some(&workspace), Refusal::NotYourPassword, client).into())
            }
        }
    }
}
