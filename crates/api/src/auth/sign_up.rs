//! A person makes a workspace, and an account with their first one.

use rapport_tenancy::{CreatePersonError, CreateTenantError, NewPerson, NewTenant, PersonId, Tenant};

use super::{Auth, Email, Error, Refusal, SignedIn};
use crate::http::Client;

/// What somebody who signs up says.
#[derive(Clone)]
pub struct SignUp {
    pub email: String,
    pub password: String,
    /// The person's name.
    pub name: String,
    /// The workspace's name; its slug is derived from it.
    pub workspace: String,
    /// Needed by somebody who is known and has a second factor.
    pub code: Option<String>,
}

impl Auth {
    /// Makes person, workspace and session. With the e-mail address and the password of somebody who is known it makes
    /// a further workspace for them, or ends the one that a crash left half made.
    pub async fn sign_up(&self, ask: SignUp, client: &Client) -> Result<SignedIn, Error> {
        self.charge(client).await?;
        let email = Email::parse(&ask.email).map_err(|_| Refusal::InvalidEmail)?;
        let name = label(&ask.name).ok_or(Refusal::InvalidName)?;
        let workspace = label(&ask.workspace).ok_or(Refusal::InvalidWorkspace)?;

        let person = self.person(&email, &name, &workspace, ask.password, ask.code.as_deref(), client).await?;
        let tenant = self.provision(person, &email, name, workspace).await?;
        let memberships = self.tenancy.memberships(person).await?;
        let membership = memberships.into_iter().find(|member| member.tenant == tenant.id);
        self.open_session(person, membership.ok_or(Refusal::NoWorkspace)?, client).await
    }

    async fn person(
        &self,
        email: &Email,
        name: &str,
        workspace: &str,
        password: String,
        code: Option<&str>,
        client: &Client,
    ) -> Result<PersonId, Error> {
        let known = self.tenancy.person_by_email(email.as_str()).await?;
        if known.is_some() {
            let proved = self.prove(email.as_str(), known, password, client).await;
            let person = proved.map_err(|error| match error {
                Error::Refused(Refusal::InvalidCredentials) => Refusal::EmailTaken.into(),
                error => error,
            })?;
            if self.has_second_factor(person).await? {
                let proof = self.check_code(person, code.ok_or(Refusal::CodeRequired(None))?).await?;
                self.spend(person, &proof).await?;
            }
            return Ok(person);
        }
        let new = NewPerson {
            email: email.as_str().to_owned(),
            name: name.to_owned(),
            password_hash: Some(self.new_password(&password, email, &[name, workspace]).await?),
        };
        match self.tenancy.create_person_and_post(new, &self.welcome(email, name)).await {
            Ok(person) => {
                self.mailer.wake();
                Ok(person.id)
            }
            Err(CreatePersonError::EmailTaken) => Err(Refusal::EmailTaken.into()),
            Err(error @ CreatePersonError::Storage(_)) => Err(Error::Person(error)),
        }
    }

    async fn provision(
        &self,
        owner: PersonId,
        email: &Email,
        name: String,
        workspace: String,
    ) -> Result<Tenant, Error> {
        let mut slug = None;
        loop {
            let new = NewTenant {
                name: workspace.clone(),
                slug: slug.clone(),
                owner,
                owner_name: name.clone(),
                owner_email: email.as_str().to_owned(),
            };
            match self.tenancy.create_or_resume_tenant(new).await {
                Ok(tenant) => return Ok(tenant),
                Err(CreateTenantError::SlugTaken { slug: taken }) => slug = Some(another(&taken)),
                Err(CreateTenantError::InvalidSlug) if slug.is_none() => slug = Some(another("workspace")),
                Err(CreateTenantError::InvalidName) => return Err(Refusal::InvalidWorkspace.into()),
                Err(error) => return Err(Error::Provision(error)),
            }
        }
    }
}

/// A free-looking slug beside a taken one.
fn another(taken: &str) -> String {
    let stem: String = taken.chars().take(50).collect();
    format!("{}-{:05x}", stem.trim_end_matches('-'), rand::random::<u32>() >> 12)
}

/// A name as people write it: trimmed, 1 to 100 characters, none of them control characters.
pub fn label(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=100).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(label("  Ana Ortiz "), Some("Ana Ortiz".to_owned()));
        for text in ["", "   ", "a\nb", "a\0", &"x".repeat(101)] {
            assert_eq!(label(text), None, "{text:?}");
        }
    }

    #[test]
    fn another_slug_keeps_its_stem_and_fits() {
        let slug = another("acme");
        assert!(slug.starts_with("acme-") && slug.len() == 10, "{slug}");
        assert!(another(&"a".repeat(63)).len() <= 63);
    }
}
