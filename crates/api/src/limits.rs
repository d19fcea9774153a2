//! How much one caller may ask: a GCRA bucket per user and per client address, kept in Redis by one script call, in
//! process when there is no Redis or it is lost. Also the limits of a GraphQL document.
//!
//! To add a lane (search, export): a [`Policy`] field in [`Limits`], a key, a method that charges it.

pub mod address;
mod breaker;
pub mod document;
mod local;
mod policy;
mod shared;
mod verdict;

use rapport_tenancy::{Subject, TenantId};
use uuid::Uuid;

pub use self::{
    address::ClientAddress,
    policy::Policy,
    verdict::{Limited, Verdict},
};
use self::{local::Local, shared::Shared};
use crate::{auth::Caller, metrics, redis_link::RedisLink};

/// What may be asked in an hour. 0 switches a limit off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// `RAPPORT_LIMIT_USER_HOUR`: requests of one user of one workspace; also of one address without a sign-in.
    pub user_hour: u32,
    /// `RAPPORT_LIMIT_ADDRESS_HOUR`: sign-ins, sign-ups and refreshes from one client address.
    pub address_hour: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { user_hour: 36_000, address_hour: 600 }
    }
}

/// Charges callers. With both limits off it does nothing at all.
pub struct Limits {
    user: Option<Lane>,
    address: Option<Lane>,
    shared: Option<Shared>,
}

struct Lane {
    policy: Policy,
    local: Local,
}

impl Limits {
    /// `redis` is shared by all nodes; without it each node counts on its own.
    pub fn new(settings: Settings, redis: Option<RedisLink>) -> Self {
        let lane = |name, per_hour, burst| {
            let policy = Policy::per_hour(name, per_hour, burst)?;
            let local = Local::new(&policy);
            Some(Lane { policy, local })
        };
        Self {
            user: lane("user", settings.user_hour, 600),
            address: lane("address", settings.address_hour, 100),
            shared: redis.map(Shared::new),
        }
    }

    /// Charges one request: to the user, or to the address of somebody who did not sign in.
    pub async fn request(&self, caller: &Caller, from: ClientAddress) -> Verdict {
        match caller.member().map(|member| (member.scope.tenant(), member.scope.actor().subject)) {
            Some((tenant, Subject::User(user))) => self.user(tenant, user.uuid()).await,
            Some((tenant, Subject::ApiKey(key))) => self.user(tenant, key.uuid()).await,
            Some((_, Subject::System)) => Verdict::Unlimited,
            None => self.anonymous(from).await,
        }
    }

    async fn user(&self, tenant: TenantId, user: Uuid) -> Verdict {
        let key = || format!("rapport:limit:{{t:{tenant}}}:u:{user}");
        self.charge(self.user.as_ref(), key).await
    }

    async fn anonymous(&self, from: ClientAddress) -> Verdict {
        let key = || format!("rapport:limit:{{a:{from}}}:anonymous");
        self.charge(self.user.as_ref(), key).await
    }

    /// Charges one attempt to sign in, to sign up or to refresh.
    pub async fn sign_in(&self, from: ClientAddress) -> Verdict {
        let key = || format!("rapport:limit:{{a:{from}}}:sign-in");
        self.charge(self.address.as_ref(), key).await
    }

    async fn charge(&self, lane: Option<&Lane>, key: impl FnOnce() -> String) -> Verdict {
        let Some(lane) = lane else {
            return Verdict::Unlimited;
        };
        let verdict = self.count(lane, key()).await;
        if !verdict.is_allowed() {
            metrics::limited(lane.policy.name());
        }
        verdict
    }

    async fn count(&self, lane: &Lane, key: String) -> Verdict {
        if let Some(shared) = &self.shared
            && let Some(verdict) = shared.charge(&lane.policy, &key).await
        {
            return verdict;
        }
        lane.local.charge(&lane.policy, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn with_limits_off_nothing_is_counted() {
        let limits = Limits::new(Settings { user_hour: 0, address_hour: 0 }, None);
        let from = ClientAddress::from("192.0.2.1".parse::<std::net::IpAddr>().expect("an address"));
        for _ in 0..1_000 {
            assert!(matches!(limits.sign_in(from).await, Verdict::Unlimited));
        }
    }

    #[tokio::test]
    async fn each_user_has_a_bucket_of_its_own() {
        let limits = Limits::new(Settings { user_hour: 3, address_hour: 0 }, None);
        let (tenant, ana, ben) = (TenantId::new(), Uuid::now_v7(), Uuid::now_v7());
        for _ in 0..3 {
            assert!(limits.user(tenant, ana).await.is_allowed());
        }
        assert!(!limits.user(tenant, ana).await.is_allowed());
        assert!(limits.user(tenant, ben).await.is_allowed());
        assert!(limits.user(TenantId::new(), ana).await.is_allowed());
    }

    #[tokio::test]
    async fn a_lost_redis_leaves_the_limit_standing() {
        let redis = RedisLink::new("redis://127.0.0.1:1/", crate::redis_link::PATIENCE).expect("a URL");
        let limits = Limits::new(Settings { user_hour: 0, address_hour: 5 }, Some(redis));
        let from = ClientAddress::from("192.0.2.1".parse::<std::net::IpAddr>().expect("an address"));
        let mut allowed = 0;
        for _ in 0..20 {
            allowed += u32::from(limits.sign_in(from).await.is_allowed());
        }
        assert_eq!(allowed, 5);
    }
}
