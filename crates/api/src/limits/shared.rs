//! Buckets and marks of sessions that all nodes share, in Redis.

use std::{sync::LazyLock, time::Duration};

use redis::Script;

use super::{
    breaker::Breaker,
    policy::Policy,
    standing::{Mark, Standing},
    verdict::{Limited, Verdict},
};
use crate::redis_link::{RedisLink, RedisLost};

static GATE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("gate.lua")));

pub struct Shared {
    redis: RedisLink,
    breaker: Breaker,
}

/// What the script answers for one bucket or none.
struct Answer {
    standing: Standing,
    verdict: Verdict,
}

impl Shared {
    pub fn new(redis: RedisLink) -> Self {
        Self { redis, breaker: Breaker::default() }
    }

    /// `None` when Redis cannot say: then the node counts on its own.
    pub async fn charge(&self, policy: &Policy, key: &str) -> Option<Verdict> {
        self.ask(Some((policy, key)), None).await.map(|answer| answer.verdict)
    }

    /// The same, and whether the session behind `mark` stands.
    pub async fn pass(&self, bucket: Option<(&Policy, &str)>, mark: &str) -> Option<(Standing, Verdict)> {
        self.ask(bucket, Some(mark)).await.map(|Answer { standing, verdict }| (standing, verdict))
    }

    /// Writes marks of sessions. Lost ones are made up for by Postgres.
    pub async fn mark(&self, keys: &[String], mark: Mark) {
        if keys.is_empty() || !self.breaker.lets_through() {
            return;
        }
        let written = self.redis.set_all(keys, mark.value(), mark.lives(), mark.may_replace()).await;
        self.learn(&written);
    }

    async fn ask(&self, bucket: Option<(&Policy, &str)>, mark: Option<&str>) -> Option<Answer> {
        if !self.breaker.lets_through() {
            return None;
        }
        let asked = self.run(bucket, mark).await;
        self.learn(&asked);
        asked.ok()
    }

    fn learn<T>(&self, outcome: &Result<T, RedisLost>) {
        match outcome {
            Ok(_) if self.breaker.succeeded() => tracing::info!("limits are shared through Redis again"),
            Err(error) if self.breaker.failed() => tracing::warn!(
                error = error as &dyn std::error::Error,
                "limits are counted in this process: Redis is lost"
            ),
            Ok(_) | Err(_) => {}
        }
    }

    async fn run(&self, bucket: Option<(&Policy, &str)>, mark: Option<&str>) -> Result<Answer, RedisLost> {
        let mut call = GATE.prepare_invoke();
        call.arg(1);
        if let Some((policy, key)) = bucket {
            call.key(key).arg(policy.emission_us()).arg(policy.burst());
        }
        if let Some(mark) = mark {
            call.key(mark);
        }
        let numbers: Vec<i64> = self.redis.script(&call).await?;
        let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
        let millis = |at| Duration::from_millis(number(at).max(0).unsigned_abs());
        let verdict = match bucket {
            None => Verdict::Unlimited,
            Some((policy, _)) if number(1) == 1 => Verdict::Counted {
                policy: policy.clone(),
                remaining: u32::try_from(number(3)).unwrap_or(0),
                full_in: millis(4),
            },
            Some((policy, _)) => Verdict::Limited(Limited { policy: policy.clone(), retry_after: millis(2) }),
        };
        Ok(Answer { standing: Standing::of(number(0)), verdict })
    }
}
