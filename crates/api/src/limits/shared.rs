//! Buckets that all nodes share, in Redis.

use std::{sync::LazyLock, time::Duration};

use redis::Script;

use super::{
    breaker::Breaker,
    policy::Policy,
    verdict::{Limited, Verdict},
};
use crate::redis_link::{RedisLink, RedisLost};

static GCRA: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("gcra.lua")));

pub struct Shared {
    redis: RedisLink,
    breaker: Breaker,
}

impl Shared {
    pub fn new(redis: RedisLink) -> Self {
        Self { redis, breaker: Breaker::default() }
    }

    /// `None` when Redis cannot say: then the node counts on its own.
    pub async fn charge(&self, policy: &Policy, key: &str) -> Option<Verdict> {
        if !self.breaker.lets_through() {
            return None;
        }
        match self.ask(policy, key).await {
            Ok(verdict) => {
                if self.breaker.succeeded() {
                    tracing::info!("limits are shared through Redis again");
                }
                Some(verdict)
            }
            Err(error) => {
                if self.breaker.failed() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "limits are counted in this process: Redis is lost"
                    );
                }
                None
            }
        }
    }

    async fn ask(&self, policy: &Policy, key: &str) -> Result<Verdict, RedisLost> {
        let mut call = GCRA.prepare_invoke();
        call.key(key).arg(1).arg(policy.emission_us()).arg(policy.burst());
        let (allowed, wait_ms, remaining, full_ms): (u8, i64, i64, i64) = self.redis.script(&call).await?;
        let millis = |value: i64| Duration::from_millis(value.max(0).unsigned_abs());
        Ok(if allowed == 1 {
            Verdict::Counted {
                policy: policy.clone(),
                remaining: u32::try_from(remaining).unwrap_or(0),
                full_in: millis(full_ms),
            }
        } else {
            Verdict::Limited(Limited { policy: policy.clone(), retry_after: millis(wait_ms) })
        })
    }
}
