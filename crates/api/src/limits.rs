//! How much one caller may ask: GCRA buckets per user, per client address and per account, kept in Redis by one script
//! call that also says whether the caller's session stands; in process when there is no Redis or it is lost. Also the
//! limits of a GraphQL document.
//!
//! To add a lane (search, export): a [`Policy`] field in [`Limits`], a key, a method that charges it.

pub mod address;
mod breaker;
pub mod document;
mod local;
mod policy;
mod shared;
mod standing;
mod verdict;

use rapport_tenancy::{ApiKeyId, PersonId, SessionId, Subject, TenantId, TenantScope, Through};
use sha2::{Digest as _, Sha256};

pub use self::{
    address::ClientAddress,
    policy::Policy,
    standing::{Mark, Standing},
    verdict::{Limited, Verdict},
};
use self::{local::Local, shared::Shared};
use crate::{metrics, redis_link::RedisLink};

/// What may be asked in an hour. 0 switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// `RAPPORT_LIMIT_USER_HOUR`: requests of one user of one workspace.
    pub user_hour: u32,
    /// `RAPPORT_LIMIT_ADDRESS_HOUR`: requests of one client address without a sign-in; attempts to get one, as many.
    pub address_hour: u32,
    /// `RAPPORT_LIMIT_ACCOUNT_HOUR`: attempts to sign in to one account, to confirm its password, to enter its codes.
    pub account_hour: u32,
}

impl Settings {
    pub const DEFAULT: Self = Self { user_hour: 1_000, address_hour: 100, account_hour: 30 };
    /// For one machine and who works at it: the web app with its tests, a script in a loop.
    pub const DEVELOPMENT: Self = Self { user_hour: 36_000, address_hour: 3_600, account_hour: 600 };
    pub const OFF: Self = Self { user_hour: 0, address_hour: 0, account_hour: 0 };
}

/// Charges callers. With all limits off it counts nothing.
pub struct Limits {
    user: Option<Lane>,
    address: Option<Lane>,
    account: Option<Lane>,
    shared: Option<Shared>,
}

struct Lane {
    policy: Policy,
    local: Local,
}

impl Limits {
    /// `redis` is shared by all nodes; without it each node counts on its own.
    pub fn new(settings: Settings, redis: Option<RedisLink>) -> Self {
        let lane = |name, per_hour: u32, at_once: std::ops::RangeInclusive<u32>| {
            let policy = Policy::per_hour(name, per_hour, (per_hour / 5).clamp(*at_once.start(), *at_once.end()))?;
            let local = Local::new(&policy);
            Some(Lane { policy, local })
        };
        Self {
            user: lane("user", settings.user_hour, 200..=600),
            address: lane("address", settings.address_hour, 30..=100),
            account: lane("account", settings.account_hour, 10..=100),
            shared: redis.map(Shared::new),
        }
    }

    /// One request of a member: whether Redis knows their session to stand, or their key to have ended, and the bucket of the user. One round trip.
    pub async fn member(&self, scope: &TenantScope) -> (Standing, Verdict) {
        let actor = scope.actor();
        let subject = match actor.subject {
            Subject::User(user) => Some(user.uuid()),
            Subject::ApiKey(key) => Some(key.uuid()),
            Subject::System => None,
        };
        let tenant = scope.tenant();
        let mark = match actor.through {
            Through::Session(session) => Some(mark_of(tenant, session)),
            Through::ApiKey(key) => Some(mark_of(tenant, key)),
            Through::Inside => None,
        };
        let lane = self.user.as_ref().zip(subject);
        let bucket = lane.map(|(lane, subject)| (lane, format!("rapport:limit:{{t:{tenant}}}:u:{subject}")));
        self.pass(bucket, mark).await
    }

    /// One request of somebody who is not signed in.
    pub async fn anonymous(&self, from: ClientAddress) -> Verdict {
        self.charge(self.address.as_ref(), || format!("rapport:limit:{{a:{from}}}:anonymous")).await
    }

    /// One attempt to sign in or up, or to enter a code, from an address.
    pub async fn attempt(&self, from: ClientAddress) -> Verdict {
        self.charge(self.address.as_ref(), || format!("rapport:limit:{{a:{from}}}:attempt")).await
    }

    /// One attempt to sign in with an e-mail address, whether somebody has it or not. Where its owner was seen before
    /// they are counted apart: what strangers spend does not lock them out.
    pub async fn account(&self, email: &str, familiar: Option<ClientAddress>) -> Verdict {
        let key = || {
            let account =
                Sha256::digest(email).iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            match familiar {
                None => format!("rapport:limit:{{p:{account}}}:strangers"),
                Some(address) => format!("rapport:limit:{{p:{account}}}:from:{address}"),
            }
        };
        self.charge(self.account.as_ref(), key).await
    }

    /// One attempt of a person to confirm their password or to enter a code.
    pub async fn proof(&self, person: PersonId) -> Verdict {
        self.charge(self.account.as_ref(), || format!("rapport:limit:{{p:{person}}}:proof")).await
    }

    /// Lets the other nodes know of sessions.
    pub async fn mark(&self, sessions: impl IntoIterator<Item = (TenantId, SessionId)>, mark: Mark) {
        if let Some(shared) = &self.shared {
            let keys: Vec<_> = sessions.into_iter().map(|(tenant, session)| mark_of(tenant, session)).collect();
            shared.mark(&keys, mark).await;
        }
    }

    /// Lets the other nodes know of a key that was revoked. They forget what they know of keys before the mark goes.
    pub async fn mark_revoked(&self, tenant: TenantId, key: ApiKeyId) {
        if let Some(shared) = &self.shared {
            shared.mark(&[mark_of(tenant, key)], Mark::Ended).await;
        }
    }

    async fn charge(&self, lane: Option<&Lane>, key: impl FnOnce() -> String) -> Verdict {
        let Some(lane) = lane else {
            return Verdict::Unlimited;
        };
        let key = key();
        let shared = match &self.shared {
            Some(shared) => shared.charge(&lane.policy, &key).await,
            None => None,
        };
        counted(shared.unwrap_or_else(|| lane.local.charge(&lane.policy, key)))
    }

    async fn pass(&self, bucket: Option<(&Lane, String)>, mark: Option<String>) -> (Standing, Verdict) {
        let named = bucket.as_ref().map(|(lane, key)| (&lane.policy, key.as_str()));
        let shared = match (&self.shared, named, mark) {
            (Some(shared), _, Some(mark)) => shared.pass(named, &mark).await,
            (Some(shared), Some((policy, key)), None) => {
                shared.charge(policy, key).await.map(|verdict| (Standing::Unheard, verdict))
            }
            _ => None,
        };
        let (standing, verdict) = shared.unwrap_or_else(|| {
            let charge = |(lane, key): (&Lane, String)| lane.local.charge(&lane.policy, key);
            (Standing::Unheard, bucket.map_or(Verdict::Unlimited, charge))
        });
        (standing, counted(verdict))
    }
}

/// The key of a session's or API key's mark: in one cluster slot with its user's bucket.
fn mark_of(tenant: TenantId, credential: impl std::fmt::Display) -> String {
    format!("rapport:session:{{t:{tenant}}}:{credential}")
}

fn counted(verdict: Verdict) -> Verdict {
    if let Verdict::Limited(limited) = &verdict {
        metrics::limited(limited.policy.name());
    }
    verdict
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn somewhere() -> ClientAddress {
        ClientAddress::from("192.0.2.1".parse::<std::net::IpAddr>().expect("an address"))
    }

    #[tokio::test]
    async fn with_limits_off_nothing_is_counted() {
        let limits = Limits::new(Settings::OFF, None);
        for _ in 0..1_000 {
            assert!(matches!(limits.attempt(somewhere()).await, Verdict::Unlimited));
            assert!(matches!(limits.account("ana@example.com", None).await, Verdict::Unlimited));
        }
    }

    #[tokio::test]
    async fn each_user_has_a_bucket_of_its_own() {
        let limits = Limits::new(Settings { user_hour: 3, ..Settings::OFF }, None);
        let user = async |user: Uuid| {
            let bucket = limits.user.as_ref().map(|lane| (lane, user.to_string()));
            limits.pass(bucket, None).await.1.is_allowed()
        };
        let (ana, ben) = (Uuid::now_v7(), Uuid::now_v7());
        for _ in 0..3 {
            assert!(user(ana).await);
        }
        assert!(!user(ana).await);
        assert!(user(ben).await);
    }

    #[tokio::test]
    async fn strangers_do_not_lock_out_whoever_was_here_before() {
        let limits = Limits::new(Settings { account_hour: 4, ..Settings::OFF }, None);
        while limits.account("ana@example.com", None).await.is_allowed() {}
        assert!(limits.account("ana@example.com", Some(somewhere())).await.is_allowed());
        assert!(limits.account("ben@example.com", None).await.is_allowed());
    }

    #[tokio::test]
    async fn a_lost_redis_leaves_the_limit_standing() {
        let redis = RedisLink::new("redis://127.0.0.1:1/", crate::redis_link::PATIENCE).expect("a URL");
        let limits = Limits::new(Settings { address_hour: 5, ..Settings::OFF }, Some(redis));
        let mut allowed = 0;
        for _ in 0..20 {
            allowed += u32::from(limits.attempt(somewhere()).await.is_allowed());
        }
        assert_eq!(allowed, 5);
    }
}
