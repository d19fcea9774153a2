use chrono::{DateTime, Utc};

use crate::{Error, PersonId, SessionId, Tenancy, TenantId};

/// A sign-in of a person to a tenant. It keeps its id through refreshes: it is the family of its refresh tokens.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    pub tenant: TenantId,
    pub expires_at: DateTime<Utc>,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug)]
pub enum Rotation {
    Rotated(Session),
    /// The token was spent before: someone has a copy, so the whole session is revoked.
    Reused,
    Unknown,
    Expired,
}

impl Tenancy {
    pub async fn open_session(
        &self,
        _person: PersonId,
        _tenant: TenantId,
        _refresh_hash: [u8; 32],
        _expires_at: DateTime<Utc>,
    ) -> Result<Session, Error> {
        todo!()
    }

    /// Spends one refresh token for the next. Of any number of callers with the same token one at most succeeds.
    pub async fn rotate_session(&self, _old_hash: [u8; 32], _new_hash: [u8; 32]) -> Result<Rotation, Error> {
        todo!()
    }

    pub async fn revoke_session(&self, _id: SessionId) -> Result<(), Error> {
        todo!()
    }

    pub async fn sessions_revoked_since(&self, _at: DateTime<Utc>) -> Result<Vec<SessionId>, Error> {
        todo!()
    }
}
