//! When sessions were used last, held back so that no request waits for it: written down once a minute by
//! [`upkeep`](super::upkeep). What a crash loses is a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use rapport_tenancy::{Seen, SessionId};

use crate::limits::ClientAddress;

/// More sessions than a node can serve in a minute.
const MOST: usize = 500_000;

/// The sessions that were used since they were last written down.
#[derive(Default)]
pub struct Recent(Mutex<HashMap<SessionId, (DateTime<Utc>, ClientAddress)>>);

impl Recent {
    pub fn note(&self, session: SessionId, from: ClientAddress) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() < MOST || recent.contains_key(&session) {
            recent.insert(session, (Utc::now(), from));
        }
    }

    /// All of them, which are then somebody else's to write down.
    pub fn take(&self) -> Vec<Seen> {
        let recent = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        recent.into_iter().map(|(id, (at, address))| Seen { id, at, address: address.to_string() }).collect()
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
        seen.sort_by_key(|seen| seen.id);
        let told: Vec<_> = seen.iter().map(|seen| (seen.id, seen.address.as_str())).collect();
        assert_eq!(told, [(ana, "192.0.2.3"), (ben, "192.0.2.2")]);
        assert!(recent.take().is_empty());
    }
}
