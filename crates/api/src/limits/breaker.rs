//! Keeps a lost Redis from adding its time-out to every request.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

const FAILURES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Opens after three failures in a row; then one call a second may try.
pub struct Breaker {
    start: Instant,
    failures: AtomicU32,
    /// Milliseconds after `start` at which the next call may try; 0 while closed.
    retry_at: AtomicU64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { start: Instant::now(), failures: AtomicU32::new(0), retry_at: AtomicU64::new(0) }
    }
}

impl Breaker {
    pub fn lets_through(&self) -> bool {
        let retry_at = self.retry_at.load(Ordering::Relaxed);
        if retry_at == 0 {
            return true;
        }
        let now = self.now();
        // One caller wins the probe, the others go on without.
        now >= retry_at
            && self
                .retry_at
                .compare_exchange(retry_at, now + millis(PAUSE), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// True when this closed an open breaker.
    pub fn succeeded(&self) -> bool {
        self.failures.store(0, Ordering::Relaxed);
        self.retry_at.load(Ordering::Relaxed) != 0 && self.retry_at.swap(0, Ordering::Relaxed) != 0
    }

    /// True when this failure opened the breaker.
    pub fn failed(&self) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures >= FAILURES {
            let retry_at = self.now() + millis(PAUSE);
            self.retry_at.store(retry_at, Ordering::Relaxed);
        }
        failures == FAILURES
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_three_failures_and_lets_one_probe_through() {
        let breaker = Breaker::default();
        assert!(!breaker.failed());
        assert!(!breaker.failed());
        assert!(breaker.lets_through());
        assert!(breaker.failed());
        assert!(!breaker.lets_through());

        breaker.retry_at.store(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(2));
        assert!(breaker.lets_through());
        assert!(!breaker.lets_through());
        assert!(breaker.succeeded());
        assert!(breaker.lets_through());
    }
}
