//! A person signs in to one of their workspaces.

use rapport_tenancy::{Membership, Person, PersonId};

use super::{
    Auth, Email, Error, Refusal, SignedIn,
    hasher::Verdict,
    opaque_token::OpaqueToken,
    second_factor::TRIES,
    session::{allowed, workspace},
};
use crate::http::Client;

/// What somebody who signs in says.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Id or slug; needed by those who have several.
    pub workspace: Option<String>,
}

/// What somebody says who was asked for a code.
#[derive(Clone)]
pub struct CompleteSignIn {
    pub challenge: String,
    /// Of the authenticator app, or a recovery code.
    pub code: String,
    /// Instead of what was named to sign in.
    pub workspace: Option<String>,
}

impl Auth {
    /// Nothing is told about workspaces before the password was right, and the code where one is asked for.
    pub async fn sign_in(&self, ask: SignIn, client: &Client) -> Result<SignedIn, Error> {
        self.charge(client).await?;
        let person = match Email::parse(&ask.email) {
            Ok(email) => self.tenancy.person_by_email(email.as_str()).await?,
            Err(_) => None,
        };
        let known = person.as_ref().map(|person| person.id);
        let proved = self.prove(&ask.email, person, ask.password, client).await;
        let person = proved.inspect_err(|error| self.note_failed(known, ask.workspace.as_deref(), error, client))?;
        if self.has_second_factor(person).await? {
            return Err(self.challenge(person, ask.workspace).await?.into());
        }
        let memberships = self.tenancy.memberships(person).await?;
        let membership = choose(memberships, ask.workspace.as_deref())?;
        self.open_session(person, membership, client).await
    }

    /// Ends what [`Auth::sign_in`] began. A right code that meets another question (which workspace?) is not spent: it may
    /// be sent again with the answer.
    pub async fn complete_sign_in(&self, ask: CompleteSignIn, client: &Client) -> Result<SignedIn, Error> {
        self.charge(client).await?;
        let challenge = OpaqueToken::parse(&ask.challenge).ok_or(Refusal::InvalidChallenge)?.hash();
        let known = self.tenancy.try_challenge(challenge, TRIES).await?.ok_or(Refusal::InvalidChallenge)?;
        let named = ask.workspace.as_deref().or(known.workspace.as_deref());
        let checked = self.check_code(known.person, &ask.code).await;
        let proof = checked.inspect_err(|error| self.note_failed(Some(known.person), named, error, client))?;
        let memberships = self.tenancy.memberships(known.person).await?;
        let membership = choose(memberships, ask.workspace.or(known.workspace).as_deref())?;
        self.spend(known.person, &proof).await?;
        if !self.tenancy.end_challenge(challenge).await? {
            return Err(Refusal::InvalidChallenge.into());
        }
        self.open_session(known.person, membership, client).await
    }

    /// Checks the password of a person who may not exist, with the same work and in the same time: the look for where
    /// they were seen, one hash. `email` is what was typed.
    pub(super) async fn prove(
        &self,
        email: &str,
        person: Option<Person>,
        password: String,
        client: &Client,
    ) -> Result<PersonId, Error> {
        let (id, stored) = person.map(|person| (person.id, person.password_hash)).unzip();
        let somebody = id.unwrap_or_else(PersonId::new);
        let familiar = self.tenancy.is_known_address(somebody, &client.address.to_string()).await?;
        let email = email.trim().to_lowercase();
        allowed(self.limits.account(&email, familiar.then_some(client.address)).await)?;
        let verdict = self.hasher.verify(stored.flatten(), password.clone()).await?;
        let id = id.filter(|_| verdict != Verdict::Wrong).ok_or(Refusal::InvalidCredentials)?;
        if verdict == Verdict::RightButOutdated {
            let hash = self.hasher.rehash(password).await?;
            self.tenancy.set_password_hash(id, &hash).await?;
        }
        Ok(id)
    }
}

fn choose(memberships: Vec<Membership>, wanted: Option<&str>) -> Result<Membership, Refusal> {
    let Some(wanted) = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()) else {
        return match <[Membership; 1]>::try_from(memberships) {
            Ok([only]) => Ok(only),
            Err(none) if none.is_empty() => Err(Refusal::NoWorkspace),
            Err(several) => Err(Refusal::WorkspaceRequired(several.into_iter().map(workspace).collect())),
        };
    };
    let id = wanted.parse().ok();
    memberships
        .into_iter()
        .find(|member| Some(member.tenant) == id || member.slug.eq_ignore_ascii_case(wanted))
        .ok_or(Refusal::WorkspaceNotFound)
}

#[cfg(test)]
mod tests {
    use rapport_tenancy::{TenantId, UserId};

    use super::*;

    fn membership(slug: &str) -> Membership {
        Membership { tenant: TenantId::new(), slug: slug.to_owned(), name: slug.to_uppercase(), user: UserId::new() }
    }

    fn chosen(memberships: &[Membership], wanted: Option<&str>) -> Result<String, &'static str> {
        choose(memberships.to_vec(), wanted).map(|member| member.slug).map_err(|refusal| refusal.code())
    }

    #[test]
    fn the_only_workspace_needs_no_name_several_do() {
        let (acme, globex) = (membership("acme"), membership("globex"));
        assert_eq!(chosen(&[], None), Err("NO_WORKSPACE"));
        assert_eq!(chosen(std::slice::from_ref(&acme), None), Ok("acme".to_owned()));
        let both = [acme, globex];
        assert_eq!(chosen(&both, None), Err("WORKSPACE_REQUIRED"));
        assert_eq!(chosen(&both, Some(" ")), Err("WORKSPACE_REQUIRED"));
        assert_eq!(chosen(&both, Some("Globex")), Ok("globex".to_owned()));
        assert_eq!(chosen(&both, Some(&both[0].tenant.to_string())), Ok("acme".to_owned()));
        assert_eq!(chosen(&both, Some("initech")), Err("WORKSPACE_NOT_FOUND"));
    }
}
