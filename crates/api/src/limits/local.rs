//! Buckets of this process alone, for when there is no Redis.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use super::{
    policy::Policy,
    verdict::{Limited, Verdict},
};

/// How many charges between two clean-ups of buckets that are full again.
const CLEAN_EVERY: u32 = 10_000;

pub struct Local {
    limiter: RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>,
    charges: AtomicU32,
}

impl Local {
    pub fn new(policy: &Policy) -> Self {
        let number = |value| NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_hour(number(policy.requests_per_hour())).allow_burst(number(policy.burst()));
        Self { limiter: RateLimiter::keyed(quota).with_middleware(), charges: AtomicU32::new(0) }
    }

    #[expect(clippy::needless_pass_by_value, reason = "mirrors the shared buckets: the key is made for one charge")]
    pub fn charge(&self, policy: &Policy, key: String) -> Verdict {
        if self.charges.fetch_add(1, Ordering::Relaxed) % CLEAN_EVERY == CLEAN_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let policy = policy.clone();
        match self.limiter.check_key(&key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let spent = u64::from(policy.burst().saturating_sub(remaining));
                let full_in = Duration::from_micros(policy.emission_us() * spent);
                Verdict::Counted { policy, remaining, full_in }
            }
            Err(until) => {
                let retry_after = until.wait_time_from(DefaultClock::default().now());
                Verdict::Limited(Limited { policy, retry_after })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_says_how_long_to_wait() {
        let policy = Policy::per_hour("user", 3_600, 2).expect("a limit");
        let local = Local::new(&policy);
        let remaining = |verdict| match verdict {
            Verdict::Counted { remaining, .. } => remaining,
            other => panic!("{other:?}"),
        };
        assert_eq!(remaining(local.charge(&policy, "a".to_owned())), 1);
        assert_eq!(remaining(local.charge(&policy, "a".to_owned())), 0);
        let Verdict::Limited(limited) = local.charge(&policy, "a".to_owned()) else {
            panic!("the third fits");
        };
        assert!((900..=1_000).contains(&limited.retry_after.as_millis()), "{limited:?}");
        assert_eq!(remaining(local.charge(&policy, "b".to_owned())), 1);
    }
}
