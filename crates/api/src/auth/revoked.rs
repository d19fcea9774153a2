//! The sessions that ended lately, held in memory: what makes a sign-out act at once without asking anybody on the way
//! of a request. See `docs/decisions/sessions-revocation.md`.

use std::{
    collections::HashMap,
    sync::RwLock,
    time::{Duration, Instant},
};

use rapport_tenancy::SessionId;

/// Longer than any access token lives, leeway and clock differences included. An older revocation needs no memory: no
/// token of that session can be valid any more.
pub const KEEP: Duration = Duration::from_mins(11);

/// Session ids with the moment after which they can be forgotten.
#[derive(Default)]
pub struct Revoked(RwLock<HashMap<SessionId, Instant>>);

impl Revoked {
    pub fn contains(&self, session: SessionId) -> bool {
        self.read().contains_key(&session)
    }

    /// Adds sessions; true when one of them was not known yet.
    pub fn add(&self, sessions: impl IntoIterator<Item = SessionId>) -> bool {
        let until = Instant::now() + KEEP;
        let mut news = false;
        let mut revoked = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for session in sessions {
            revoked.entry(session).or_insert_with(|| {
                news = true;
                until
            });
        }
        news
    }

    /// Drops what no longer needs to be remembered.
    pub fn forget_old(&self) {
        let now = Instant::now();
        let mut revoked = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        revoked.retain(|_, until| *until > now);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<SessionId, Instant>> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revoked_session_is_remembered_and_another_is_not() {
        let revoked = Revoked::default();
        let (ended, running) = (SessionId::new(), SessionId::new());
        assert!(revoked.add([ended]));
        assert!(!revoked.add([ended]));
        revoked.forget_old();
        assert!(revoked.contains(ended));
        assert!(!revoked.contains(running));
    }
}
