//! When sessions were used last, held back so that no request waits for it: written down once a minute by
//! [`upkeep`](super::upkeep). What a crash loses is a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use rapport_tenancy::SessionId;

use crate::limits::ClientAddress;

/// More sessions than a node can serve in a minute.
const MOST: usize = 500_000;

/// When a session was used last, and from where.
pub type Last = (DateTime<Utc>, ClientAddress);

/// The sessions that were used since they were last written down.
#[derive(Default)]
pub struct Recent(Mutex<HashMap<SessionId, Last>>);

impl Recent {
    pub fn note(&self, session: SessionId, from: ClientAddress) {
        let mut recent = self.lock();
        if recent.len() < MOST || recent.contains_key(&session) {
            recent.insert(session, (Utc::now(), from));
        }
    }

    /// When the session was last used, and from where, where that is not written down yet.
    pub fn of(&self, session: SessionId) -> Option<Last> {
        self.lock().get(&session).copied()
    }

    /// All of them, which are then the caller's to write down.
    pub fn take(&self) -> Vec<(SessionId, Last)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    /// What could not be written down; what was used meanwhile stays as it is.
    pub fn put_back(&self, unwritten: impl IntoIterator<Item = (SessionId, Last)>) {
        let mut recent = self.lock();
        for (session, last) in unwritten {
            recent.entry(session).or_insert(last);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_written_down_once_with_where_it_was_last() {
        let recent = Recent::default();
        let (ana, ben) = (SessionId::new(), SessionId::new());
        let at = |last| ClientAddress::from(std::net::IpAddr::from([192, 0, 2, last]));
        recent.note(ana, at(1));
        recent.note(ben, at(2));
        recent.note(ana, at(3));
        let mut seen = recent.take();
        seen.sort_by_key(|&(session, _)| session);
        let places: Vec<_> = seen.iter().map(|&(session, (_, address))| (session, address)).collect();
        assert_eq!(places, [(ana, at(3)), (ben, at(2))]);
        assert!(recent.take().is_empty());

        recent.note(ana, at(4));
        recent.put_back(seen);
        assert_eq!(recent.of(ana).map(|(_, address)| address), Some(at(4)));
        assert_eq!(recent.of(ben).map(|(_, address)| address), Some(at(2)));
    }
}
