//! Tokens whose signature was checked before: the next request with the same one costs a hash, no signature check.

use chrono::Utc;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::token::Grant;
use crate::metrics;

/// Tokens remembered; about 130 bytes each.
const CAPACITY: usize = 50_000;

/// Bounded; keyed by the token's SHA-256, so that no token lies in memory.
pub struct Verified(Cache<[u8; 32], Grant>);

/// The name of a token in the cache.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl Verified {
    /// What the token grants, if it was checked before and has not expired since.
    pub fn get(&self, hash: TokenHash) -> Option<Grant> {
        let known = self.0.get(&hash.0);
        metrics::looked_up("token", known.is_some());
        let grant = known?;
        if grant.expires_at > Utc::now() {
            return Some(grant);
        }
        self.0.remove(&hash.0);
        None
    }

    /// Nothing is believed without a look at the keys again: one of them was taken back.
    pub fn forget(&self) {
        self.0.clear();
    }

    pub fn insert(&self, hash: TokenHash, grant: Grant) {
        self.0.insert(hash.0, grant);
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use rapport_tenancy::{PersonId, SessionId, TenantId};

    use super::*;

    fn grant(lives: Duration) -> Grant {
        let (person, tenant, session) = (PersonId::new(), TenantId::new(), SessionId::new());
        Grant { person, tenant, session, expires_at: Utc::now() + lives }
    }

    #[test]
    fn a_token_is_known_until_it_expires_and_no_other_one_is() {
        let verified = Verified::default();
        let (good, over) = (TokenHash::of("good"), TokenHash::of("over"));
        assert_eq!(verified.get(good), None);
        let granted = grant(Duration::minutes(1));
        verified.insert(good, granted);
        verified.insert(over, grant(Duration::zero()));
        assert_eq!(verified.get(good), Some(granted));
        assert_eq!(verified.get(over), None);
        assert_eq!(verified.get(TokenHash::of("good ")), None);
        verified.forget();
        assert_eq!(verified.get(good), None);
    }
}
