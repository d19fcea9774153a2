//! The sessions that ended lately, held in memory: what Postgres told, for whenever Redis is silent or has forgotten.
//! See `docs/decisions/session-marks.md`.

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
pub struct EndedSessions(RwLock<HashMap<SessionId, Instant>>);

impl EndedSessions {
    pub fn contains(&self, session: SessionId) -> bool {
        self.read().contains_key(&session)
    }

    pub fn add(&self, ended: impl IntoIterator<Item = SessionId>) {
        let until = Instant::now() + KEEP;
        let mut sessions = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for session in ended {
            sessions.entry(session).or_insert(until);
        }
    }

    /// Drops what no longer needs to be remembered.
    pub fn forget_old(&self) {
        let now = Instant::now();
        let mut sessions = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        sessions.retain(|_, until| *until > now);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<SessionId, Instant>> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_session_is_remembered_and_another_is_not() {
        let sessions = EndedSessions::default();
        let (ended, running) = (SessionId::new(), SessionId::new());
        sessions.add([ended]);
        sessions.forget_old();
        assert!(sessions.contains(ended));
        assert!(!sessions.contains(running));
    }
}
