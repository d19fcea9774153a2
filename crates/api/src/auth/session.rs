//! Sessions: opening one, spending a refresh token for the next pair, ending one.

use chrono::{Duration, Utc};
use rapport_domain::event::{Event, security};
use rapport_tenancy::{Membership, PersonId, Rotation, Session, SessionId};

use super::{
    Auth, Caller, Error, Principal, Refusal, Workspace,
    refresh_token::RefreshToken,
    token::{self, Grant},
};
use crate::{
    http::request_id,
    limits::{ClientAddress, Verdict},
};

/// A session ends this long after its sign-in, however often it is refreshed.
const LIFETIME: Duration = Duration::days(60);

/// What a sign-in hands out.
pub struct SignedIn {
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds for which the access token is valid.
    pub expires_in: i64,
    pub workspace: Workspace,
    pub caller: PersonId,
}

impl Auth {
    /// Spends a refresh token for a new pair. A token that was spent before ends its session: somebody has a copy.
    pub async fn refresh(&self, refresh_token: &str, from: ClientAddress) -> Result<SignedIn, Error> {
        self.charge(from).await?;
        let (session, next) = self.rotate(refresh_token).await?;
        let memberships = self.tenancy.memberships(session.person).await?;
        let Some(membership) = memberships.into_iter().find(|member| member.tenant == session.tenant) else {
            self.revocation.revoke(session.id).await?;
            return Err(Refusal::InvalidRefreshToken.into());
        };
        self.hand_out(&session, &next, membership)
    }

    /// Ends the caller's session and the one a refresh token belongs to. Asked again, or with a token that is not
    /// valid, it changes nothing.
    pub async fn sign_out(
        &self,
        caller: &Caller,
        refresh_token: Option<&str>,
        from: ClientAddress,
    ) -> Result<(), Error> {
        let signed_out = || Event::named(security::SIGNED_OUT);
        if let Some(member) = caller.member() {
            let session = member.person().ok_or(Refusal::NoSession)?;
            self.revocation.revoke(session.session).await?;
            self.note_session((session.person, member.scope.tenant(), session.session), from, signed_out()).await?;
        }
        if let Some(token) = refresh_token {
            match self.rotate(token).await {
                Ok((session, _)) => {
                    self.revocation.revoke(session.id).await?;
                    if caller.member().and_then(Principal::person).is_none_or(|own| own.session != session.id) {
                        self.note_session((session.person, session.tenant, session.id), from, signed_out()).await?;
                    }
                }
                Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) async fn open_session(
        &self,
        person: PersonId,
        membership: Membership,
        from: ClientAddress,
    ) -> Result<SignedIn, Error> {
        let refresh = RefreshToken::generate();
        let expires_at = Utc::now() + LIFETIME;
        let session = self.tenancy.open_session(person, membership.tenant, refresh.hash(), expires_at).await?;
        let signed_in = Event::named(security::SIGNED_IN).with("method", "PASSWORD");
        self.note_session((person, membership.tenant, session.id), from, signed_in).await?;
        self.tenancy.note_sign_in(membership.tenant, person).await?;
        self.hand_out(&session, &refresh, membership)
    }

    /// The nodes are told of sessions that ended in Postgres.
    pub async fn hear_of_ended(&self, sessions: Vec<SessionId>) {
        self.revocation.tell(sessions).await;
    }

    /// Charges one attempt of a client address.
    pub(super) async fn charge(&self, from: ClientAddress) -> Result<(), Refusal> {
        match self.limits.sign_in(from).await {
            Verdict::Limited(limited) => Err(Refusal::RateLimited(limited)),
            Verdict::Unlimited | Verdict::Counted { .. } => Ok(()),
        }
    }

    async fn rotate(&self, refresh_token: &str) -> Result<(Session, RefreshToken), Error> {
        let Some(old) = RefreshToken::parse(refresh_token) else {
            return Err(Refusal::InvalidRefreshToken.into());
        };
        let next = RefreshToken::generate();
        match self.tenancy.rotate_session(old.hash(), next.hash()).await? {
            Rotation::Rotated(session) => Ok((session, next)),
            Rotation::Reused => {
                tracing::warn!("a refresh token was used twice, its session is ended");
                self.revocation.hear_of_ended().await?;
                Err(Refusal::InvalidRefreshToken.into())
            }
            Rotation::Unknown | Rotation::Expired => Err(Refusal::InvalidRefreshToken.into()),
        }
    }

    fn hand_out(&self, session: &Session, refresh: &RefreshToken, membership: Membership) -> Result<SignedIn, Error> {
        request_id::came_from(session.person, session.tenant);
        let keys = self.keys.current();
        // A token never outlives its session.
        let expires_at = (Utc::now() + token::LIFETIME).min(session.expires_at);
        let grant = Grant { person: session.person, tenant: session.tenant, session: session.id, expires_at };
        Ok(SignedIn {
            access_token: token::sign(keys.signing().ok_or(Error::NoKey)?, &self.issuer, &grant)?,
            refresh_token: refresh.expose(),
            expires_in: (expires_at - Utc::now()).num_seconds() + 1,
            workspace: workspace(membership),
            caller: session.person,
        })
    }
}

pub(super) fn workspace(membership: Membership) -> Workspace {
    Workspace { id: membership.tenant, slug: membership.slug, name: membership.name }
}
