//! A person makes a workspace, and an account with their first one.

use rapport_tenancy::{CreatePersonError, CreateTenantError, NewPerson, NewTenant, Proved, Tenant};

use super::{Auth, Email, Error, Refusal, SignedIn, label};
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

        let by = self.person(&email, &name, &workspace, ask.password, ask.code.as_deref(), client).await?;
        let tenant = self.provision(by, &email, name, workspace).await?;
        let memberships = self.tenancy.memberships(by.person()).await?;
        let membership = memberships.into_iter().find(|member| member.tenant == tenant.id);
        let opened = self.open_session(by, membership.ok_or(Refusal::NoWorkspace)?, client).await;
        opened.map_err(|error| error.wrong_password_as(Refusal::EmailTaken))
    }

    async fn person(
        &self,
        email: &Email,
        name: &str,
        workspace: &str,
        password: String,
        code: Option<&str>,
        client: &Client,
    ) -> Result<Proved, Error> {
        let known = self.tenancy.person_by_email(email.as_str()).await?;
        if known.is_some() {
            let proved = self.prove(email.as_str(), known, password, None, client).await;
            let by = proved.map_err(|error| error.wrong_password_as(Refusal::EmailTaken))?;
            self.ask_for_code(by.person(), code, client).await?;
            return Ok(by);
        }
        let new = NewPerson {
            email: email.as_str().to_owned(),
            name: name.to_owned(),
            password_hash: Some(self.new_password(&password, email, &[name, workspace]).await?),
        };
        match self.tenancy.create_person_and_post(new, &self.welcome(email)).await {
            Ok(person) => {
                self.mailer.wake();
                Ok(person.proved())
            }
            Err(CreatePersonError::EmailTaken) => Err(Refusal::EmailTaken.into()),
            Err(error @ CreatePersonError::Storage(_)) => Err(Error::Person(error)),
        }
    }

    async fn provision(&self, by: Proved, email: &Email, name: String, workspace: String) -> Result<Tenant, Error> {
        let mut slug = None;
        loop {
            let new = NewTenant {
                name: workspace.clone(),
                slug: slug.clone(),
                owner: by.person(),
                by: Some(by),
                owner_name: name.clone(),
                owner_email: email.as_str().to_owned(),
            };
            match self.tenancy.create_or_resume_tenant(new).await {
                Ok(tenant) => return Ok(tenant),
                Err(CreateTenantError::SlugTaken { slug: taken }) => slug = Some(another(&taken)),
                Err(CreateTenantError::InvalidSlug) if slug.is_none() => slug = Some(another("workspace")),
                Err(CreateTenantError::InvalidName) => return Err(Refusal::InvalidWorkspace.into()),
                Err(CreateTenantError::Storage(rapport_tenancy::Error::PasswordChanged)) => {
                    return Err(Refusal::EmailTaken.into());
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_slug_keeps_its_stem_and_fits() {
        let slug = another("acme");
        assert!(slug.starts_with("acme-") && slug.len() == 10, "{slug}");
        assert!(another(&"a".repeat(63)).len() <= 63);
    }
}
