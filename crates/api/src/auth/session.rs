//! Sessions: opening one, spending a refresh token for the next pair, listing and ending them.

use chrono::{DateTime, SubsecRound as _, Utc};
use rapport_domain::event::{Event, security};
use rapport_tenancy::{
    Membership, NewSession, OpenSession, PersonId, Proved, Rotation, Session, SessionId, SessionsOf, Spending, UserId,
};

use super::{
    Auth, Caller, Error, Principal, Refusal, Workspace,
    opaque_token::OpaqueToken,
    token::{self, Grant},
};
use crate::{
    http::{Client, request_id},
    limits::Verdict,
};

/// What a sign-in hands out.
pub struct SignedIn {
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds for which the access token is valid.
    pub expires_in: i64,
    pub workspace: Workspace,
    pub caller: PersonId,
    pub session: SessionId,
}

impl Auth {
    /// Spends a refresh token for a new pair. Whoever spends the same one within seconds gets the same pair; a token that
    /// was spent longer ago ends its session: somebody has a copy. Only tokens that are none are charged: an office of
    /// people behind one address refreshes as often as it likes.
    pub async fn refresh(&self, refresh_token: &str, client: &Client) -> Result<SignedIn, Error> {
        let refreshed = self.rotate(refresh_token, client).await;
        let (session, next, at) = match refreshed {
            Err(Error::Refused(refusal)) => {
                self.charge(client).await?;
                return Err(refusal.into());
            }
            refreshed => refreshed?,
        };
        let memberships = self.tenancy.memberships(session.person).await?;
        let Some(membership) = memberships.into_iter().find(|member| member.tenant == session.tenant) else {
            self.revocation.end(SessionsOf::Session(session.id)).await?;
            return Err(Refusal::InvalidRefreshToken.into());
        };
        self.hand_out(&session, &next, at, membership)
    }

    /// Ends the caller's session and the one a refresh token belongs to. Asked again, or with a token that is not
    /// valid, it changes nothing.
    pub async fn sign_out(&self, caller: &Caller, refresh_token: Option<&str>, client: &Client) -> Result<(), Error> {
        let mut ended = Vec::new();
        if let Some(member) = caller.member() {
            let session = member.person().ok_or(Refusal::NotAPerson)?;
            ended.extend(self.revocation.end(SessionsOf::Session(session.session)).await?);
        }
        if let Some(token) = refresh_token.and_then(OpaqueToken::parse) {
            ended.extend(self.revocation.end(SessionsOf::Token(token.hash())).await?);
        }
        if ended.is_empty() {
            // Whoever tries tokens out meets the limit of those.
            self.charge(client).await?;
        }
        self.note_signed_out(ended, client).await
    }

    /// The person's sessions that go on, in all workspaces, the one used last first.
    pub async fn sessions(&self, person: PersonId) -> Result<Vec<OpenSession>, Error> {
        let mut sessions = self.tenancy.open_sessions(person, self.unused_since(Utc::now())).await?;
        for session in &mut sessions {
            // What this node holds back belongs in the answer.
            if let Some((at, address)) = self.recent.of(session.id) {
                session.last_seen_at = session.last_seen_at.max(at);
                session.address = Some(address.to_string());
            }
            session.expires_at = session.expires_at.min(session.last_seen_at + self.settings.session_idle);
        }
        Ok(sessions)
    }

    /// Ends one of the caller's sessions. False when it is none of theirs, or over: nobody can tell which.
    pub async fn end_session(&self, caller: &Principal, session: SessionId, client: &Client) -> Result<bool, Error> {
        let own = caller.person().ok_or(Refusal::NotAPerson)?;
        Ok(self.end_and_note(SessionsOf::OnePersons(own.person, session), caller, client).await? > 0)
    }

    /// Ends all of the caller's sessions but this one, in all workspaces: their password or second factor may be known to others.
    pub async fn end_other_sessions(&self, caller: &Principal, client: &Client) -> Result<usize, Error> {
        let own = caller.person().ok_or(Refusal::NotAPerson)?;
        self.end_and_note(SessionsOf::PersonBut(own.person, own.session), caller, client).await
    }

    /// Ends a member's sessions in the caller's workspace.
    pub async fn end_member_sessions(&self, caller: &Principal, user: UserId, client: &Client) -> Result<usize, Error> {
        self.end_and_note(SessionsOf::User(caller.scope.tenant(), user), caller, client).await
    }

    /// Each sign-in opens one of its own, whatever its caller held before.
    pub(super) async fn open_session(
        &self,
        by: Proved,
        membership: Membership,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        let (refresh, now, person) = (OpaqueToken::generate(), Utc::now(), by.person());
        let new = NewSession {
            by,
            tenant: membership.tenant,
            refresh_hash: refresh.hash(),
            expires_at: now + self.settings.session_lifetime,
            address: Some(client.address.to_string()),
            user_agent: client.user_agent.as_deref().map(str::to_owned),
        };
        let (tenant, session) = (new.tenant, self.tenancy.open_session(new).await?);
        // Before anybody gets a token: no session that the log does not know.
        self.note_session((person, tenant, session.id), client, Event::named(security::SIGNED_IN)).await?;
        self.tenancy.note_sign_in(tenant, person).await?;
        self.hand_out(&session, &refresh, now, membership)
    }

    /// Charges one attempt of a client address.
    pub(super) async fn charge(&self, client: &Client) -> Result<(), Refusal> {
        allowed(self.limits.attempt(client.address).await)
    }

    /// The session, its next refresh token, and when that was made.
    async fn rotate(
        &self,
        refresh_token: &str,
        client: &Client,
    ) -> Result<(Session, OpaqueToken, DateTime<Utc>), Error> {
        let token = OpaqueToken::parse(refresh_token).ok_or(Refusal::InvalidRefreshToken)?;
        // As exact as Postgres keeps it: those who race sign the very same token.
        let (child_salt, at) = (rand::random(), Utc::now().trunc_subsecs(6));
        let child = token.child(&child_salt);
        let spending = Spending {
            hash: token.hash(),
            child_hash: child.hash(),
            child_salt,
            at,
            unused_since: self.unused_since(at),
            address: Some(client.address.to_string()),
        };
        match self.tenancy.rotate_session(&spending).await? {
            Rotation::Rotated(session) => Ok((session, child, at)),
            Rotation::Repeated { session, child_salt, at } => Ok((session, token.child(&child_salt), at)),
            Rotation::Reused(ended) => {
                tracing::warn!(session.id = %ended.id, "A refresh token was used twice, its session is ended");
                self.tell_of(&[ended], "REFRESH_TOKEN_REUSED", None, client).await;
                Err(Refusal::InvalidRefreshToken.into())
            }
            Rotation::Unknown | Rotation::Expired => Err(Refusal::InvalidRefreshToken.into()),
        }
    }

    fn unused_since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - self.settings.session_idle
    }

    fn hand_out(
        &self,
        session: &Session,
        refresh: &OpaqueToken,
        at: DateTime<Utc>,
        membership: Membership,
    ) -> Result<SignedIn, Error> {
        request_id::came_from(session.person, session.tenant);
        let keys = self.keys.current();
        // A token never outlives its session.
        let expires_at = (at + token::LIFETIME).min(session.expires_at);
        let grant = Grant { person: session.person, tenant: session.tenant, session: session.id, expires_at };
        Ok(SignedIn {
            access_token: token::sign(keys.signing(Utc::now()).ok_or(Error::NoKey)?, &self.settings.issuer, &grant)?,
            refresh_token: refresh.expose(),
            expires_in: (expires_at - Utc::now()).num_seconds() + 1,
            workspace: workspace(membership),
            caller: session.person,
            session: session.id,
        })
    }
}

pub(super) fn allowed(verdict: Verdict) -> Result<(), Refusal> {
    match verdict {
        Verdict::Limited(limited) => Err(Refusal::RateLimited(limited)),
        Verdict::Unlimited | Verdict::Counted { .. } => Ok(()),
    }
}

pub(super) fn workspace(membership: Membership) -> Workspace {
    Workspace { id: membership.tenant, slug: membership.slug, name: membership.name }
}
