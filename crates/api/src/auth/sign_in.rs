//! A person signs in to one of their workspaces.

use rapport_tenancy::Membership;

use super::{
    Auth, Email, Error, Refusal, SignedIn,
    opaque_token::OpaqueToken,
    second_factor::{Place, TRIES},
    session::workspace,
};
use crate::http::Client;

/// Characters of a workspace's slug or id, and more.
const LONGEST: usize = 100;

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
        let workspace = named(ask.workspace)?;
        let person = match Email::parse(&ask.email) {
            Ok(email) => self.tenancy.person_by_email(email.as_str()).await?,
            Err(_) => None,
        };
        let by = self.prove(&ask.email, person, ask.password, workspace.as_deref(), client).await?;
        if self.has_second_factor(by.person()).await? {
            return Err(self.challenge(by, workspace).await?.into());
        }
        let memberships = self.tenancy.memberships(by.person()).await?;
        let membership = choose(memberships, workspace.as_deref())?;
        self.open_session(by, membership, client).await
    }

    /// Ends what [`Auth::sign_in`] began. A right code that meets another question (which workspace?) is not spent: it may
    /// be sent again with the answer.
    pub async fn complete_sign_in(&self, ask: CompleteSignIn, client: &Client) -> Result<SignedIn, Error> {
        self.charge(client).await?;
        let challenge = OpaqueToken::parse(&ask.challenge).ok_or(Refusal::InvalidChallenge)?.hash();
        let workspace = named(ask.workspace)?;
        let known = self.tenancy.try_challenge(challenge, TRIES).await?.ok_or(Refusal::InvalidChallenge)?;
        let (person, workspace) = (known.by.person(), workspace.or(known.workspace));
        let proof = self.check_code(person, &ask.code, Place::SignIn(workspace.as_deref()), client).await?;
        let membership = choose(self.tenancy.memberships(person).await?, workspace.as_deref())?;
        self.spend(person, &proof, client).await?;
        if !self.tenancy.end_challenge(challenge).await? {
            return Err(Refusal::InvalidChallenge.into());
        }
        let opened = self.open_session(known.by, membership, client).await;
        opened.map_err(|error| error.wrong_password_as(Refusal::InvalidChallenge))
    }
}

/// What somebody named as a workspace, if anything. What none can be called is none, whoever asks.
fn named(workspace: Option<String>) -> Result<Option<String>, Refusal> {
    let named = workspace.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let is_plain = |text: &String| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    if named.as_ref().is_none_or(is_plain) { Ok(named) } else { Err(Refusal::WorkspaceNotFound) }
}

fn choose(memberships: Vec<Membership>, wanted: Option<&str>) -> Result<Membership, Refusal> {
    let Some(wanted) = wanted else {
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
        assert_eq!(chosen(&both, Some("Globex")), Ok("globex".to_owned()));
        assert_eq!(chosen(&both, Some(&both[0].tenant.to_string())), Ok("acme".to_owned()));
        assert_eq!(chosen(&both, Some("initech")), Err("WORKSPACE_NOT_FOUND"));
    }

    #[test]
    fn what_is_named_is_trimmed_and_a_blank_is_nothing() {
        let named = |text: &str| named(Some(text.to_owned())).map_err(|refusal| refusal.code());
        assert_eq!(named(" acme "), Ok(Some("acme".to_owned())));
        assert_eq!(named("  "), Ok(None));
        for text in ["ac\0me", "a\nb", &"x".repeat(101)] {
            assert_eq!(named(text), Err("WORKSPACE_NOT_FOUND"), "{text:?}");
        }
    }
}
