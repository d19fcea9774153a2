//! From a request's headers to its caller.

use axum::http::HeaderMap;
use rapport_tenancy::KeyRefusal;

use super::{
    ApiKeyText, Auth, By, Caller, Credential, PersonSession, Principal, StartError,
    credential::UnknownCredential,
    token::{self, Grant, InvalidToken},
    verified::TokenHash,
};
use crate::{
    http::{Client, request_id},
    limits::{Standing, Verdict},
};

/// There is a credential, and it does not let its bearer in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// What exactly is wrong is for the log; the caller learns only that.
    #[error("not authenticated: {0}")]
    Unauthenticated(#[source] Reason),
    #[error("a credential could not be checked")]
    Unavailable(#[from] rapport_tenancy::Error),
    #[error("signing keys could not be read")]
    Keys(#[source] StartError),
}

/// Why a credential does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("no credential of a kind we know")]
    Unknown,
    #[error(transparent)]
    Token(#[from] InvalidToken),
    #[error("the session has ended")]
    Ended,
    #[error("no longer a member of the workspace")]
    NotAMember,
    #[error("no text of a key: mistyped or cut")]
    NoKey,
    #[error(transparent)]
    Key(#[from] KeyRefusal),
}

impl AuthError {
    /// Whether the credential was never ours: what somebody sends who tries some out. One that was good once is no guess.
    fn is_guess(&self) -> bool {
        let Self::Unauthenticated(reason) = self else { return false };
        match reason {
            Reason::Unknown | Reason::NoKey => true,
            Reason::Token(token) => *token != InvalidToken::Expired,
            Reason::Key(key) => matches!(key, KeyRefusal::Unknown | KeyRefusal::WrongSecret),
            Reason::Ended | Reason::NotAMember => false,
        }
    }
}

impl From<Reason> for AuthError {
    fn from(reason: Reason) -> Self {
        Self::Unauthenticated(reason)
    }
}

impl Auth {
    /// Who asks, and whether they may go on: whether their session stands everywhere, and whether there is room left in
    /// their bucket, both in one round trip to Redis.
    pub async fn admit(&self, headers: &HeaderMap, client: &Client) -> Result<(Caller, Verdict), AuthError> {
        let caller = match self.authenticate(headers).await {
            Err(error) if error.is_guess() => {
                // Counted like a request without a credential.
                return match self.limits.anonymous(client.address).await {
                    limited @ Verdict::Limited(_) => Ok((Caller::Anonymous, limited)),
                    _ => Err(error),
                };
            }
            known => known?,
        };
        let Caller::Member(member) = &caller else {
            let verdict = self.limits.anonymous(client.address).await;
            return Ok((caller, verdict));
        };
        let (standing, verdict) = self.limits.member(&member.scope).await;
        let stands = match standing {
            // Where Redis is silent, what this node heard from Postgres counts, and that was looked at before.
            Standing::Stands | Standing::Unheard => true,
            Standing::Unmarked => match member.person() {
                Some(person) => self.revocation.confirm(member.scope.tenant(), person.session).await?,
                // A key has a mark when it was revoked a moment ago, and was looked up no longer ago than that.
                None => true,
            },
            Standing::Ended => {
                if let Some(person) = member.person() {
                    self.revocation.remember(person.session);
                }
                false
            }
        };
        if !stands {
            return Err(Reason::Ended.into());
        }
        match member.by {
            By::Session(person) => self.recent.note(person.session, client.address),
            By::ApiKey(key) => self.tenancy.note_key_use(key, &client.address),
        }
        Ok((caller, verdict))
    }

    /// Whether somebody who was let in a while ago still would be: for answers that take long.
    pub async fn stands(&self, member: &Principal) -> Result<bool, rapport_tenancy::Error> {
        let tenant = member.scope.tenant();
        Ok(match member.by {
            By::Session(PersonSession { person, session }) => {
                !self.revocation.is_ended(session) && self.tenancy.scope(person, tenant).await?.is_some()
            }
            By::ApiKey(key) => self.tenancy.api_key(tenant, key).await?.is_some_and(|key| key.is_usable()),
        })
    }

    /// Who asks, as far as this node knows. No credential makes an anonymous caller; a wrong one is an
    /// error and never anonymous.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, AuthError> {
        let credential = Credential::of(headers).map_err(|UnknownCredential| Reason::Unknown)?;
        match credential {
            Credential::None => Ok(Caller::Anonymous),
            Credential::AccessToken(token) => self.member(token).await.map(Caller::Member),
            Credential::ApiKey(text) => self.key(text).await.map(Caller::Member),
        }
    }

    async fn member(&self, token: &str) -> Result<Principal, AuthError> {
        let grant = self.grant(token).await?;
        if self.revocation.is_ended(grant.session) {
            return Err(Reason::Ended.into());
        }
        let scope = self.tenancy.scope(grant.person, grant.tenant).await?;
        let scope = scope.ok_or(Reason::NotAMember)?;
        request_id::came_from(grant.person, grant.tenant);
        let session = PersonSession { person: grant.person, session: grant.session };
        Ok(Principal { scope: scope.by_session(grant.session), by: By::Session(session) })
    }

    async fn key(&self, text: &str) -> Result<Principal, AuthError> {
        let key = ApiKeyText::parse(text).ok_or(Reason::NoKey)?;
        let scope = self.tenancy.key_scope(key.id(), &key.hash()).await?.map_err(Reason::from)?;
        request_id::came_by_key(key.id(), scope.tenant());
        Ok(Principal { scope, by: By::ApiKey(key.id()) })
    }

    async fn grant(&self, token: &str) -> Result<Grant, AuthError> {
        let hash = TokenHash::of(token);
        if let Some(grant) = self.verified.get(hash) {
            return Ok(grant);
        }
        let mut verified = self.verify(token);
        if verified == Err(InvalidToken::UnknownKey) && self.keys.refresh().await.map_err(AuthError::Keys)? {
            verified = self.verify(token);
        }
        let grant = verified.map_err(Reason::from)?;
        self.verified.insert(hash, grant);
        Ok(grant)
    }

    fn verify(&self, token: &str) -> Result<Grant, InvalidToken> {
        token::verify(self.keys.current().verifying(), &self.settings.issuer, token)
    }
}
