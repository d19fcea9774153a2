//! One limit: how fast a bucket refills and how much it holds.

/// A GCRA bucket's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    name: &'static str,
    per_hour: u32,
    burst: u32,
}

impl Policy {
    /// `per_hour` requests on average, at most `burst` at once (all of them when the hour holds fewer). `None` for 0.
    pub fn per_hour(name: &'static str, per_hour: u32, burst: u32) -> Option<Self> {
        (per_hour > 0).then_some(Self { name, per_hour, burst: burst.min(per_hour).max(1) })
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn requests_per_hour(&self) -> u32 {
        self.per_hour
    }

    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Microseconds until one more request fits.
    pub fn emission_us(&self) -> u64 {
        3_600_000_000 / u64::from(self.per_hour)
    }

    /// Seconds in which an empty bucket is full again.
    pub fn window_seconds(&self) -> u64 {
        (self.emission_us() * u64::from(self.burst)).div_ceil(1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_hour_may_be_spent_at_once_a_large_one_not() {
        let small = Policy::per_hour("user", 5, 600).expect("a limit");
        assert_eq!((small.burst(), small.window_seconds()), (5, 3600));
        let large = Policy::per_hour("user", 36_000, 600).expect("a limit");
        assert_eq!((large.burst(), large.window_seconds()), (600, 60));
        assert_eq!(Policy::per_hour("user", 0, 600), None);
    }
}
