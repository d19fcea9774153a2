//! A person signs in to one of their workspaces.

use rapport_tenancy::{Membership, Person, PersonId};

use super::{Auth, Email, Error, Refusal, SignedIn, hasher::Verdict, session::workspace};
use crate::limits::ClientAddress;

/// What somebody who signs in says.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Id or slug; needed by those who have several.
    pub workspace: Option<String>,
}

impl Auth {
    /// Nothing is told about workspaces before the password was right.
    pub async fn sign_in(&self, ask: SignIn, from: ClientAddress) -> Result<SignedIn, Error> {
        self.charge(from).await?;
        let person = match Email::parse(&ask.email) {
            Ok(email) => self.tenancy.person_by_email(email.as_str()).await?,
            Err(_) => None,
        };
        let known = person.as_ref().map(|person| person.id);
        let proved = self.prove_from(&ask.email, person, ask.password, from).await;
        let person = proved.inspect_err(|error| {
            if let (Some(known), Error::Refused(refusal)) = (known, error) {
                self.note_failed(known, ask.workspace.clone(), refusal.code(), from);
            }
        })?;
        let memberships = self.tenancy.memberships(person).await?;
        let membership = choose(memberships, ask.workspace.as_deref())?;
        self.open_session(person, membership, from).await
    }

    /// Checks that it is the person themself who asks, before something that outlives their session.
    pub async fn confirm(&self, person: PersonId, password: String, from: ClientAddress) -> Result<(), Error> {
        self.charge(from).await?;
        let person = self.tenancy.person(person).await?;
        self.prove(person, password).await.map(drop)
    }

    /// Checks the password of a person who may not exist, in the same time.
    pub(super) async fn prove(&self, person: Option<Person>, password: String) -> Result<PersonId, Error> {
        let (id, stored) = person.map(|person| (person.id, person.password_hash)).unzip();
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
