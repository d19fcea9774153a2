//! What a bucket answered, and how a client is told.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header::RETRY_AFTER};

use super::policy::Policy;

/// May the caller go on?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No limit is set.
    Unlimited,
    Counted {
        policy: Policy,
        /// Requests that fit right now.
        remaining: u32,
        /// Until the bucket is full again.
        full_in: Duration,
    },
    Limited(Limited),
}

/// The bucket is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    pub policy: Policy,
    /// Until one request fits.
    pub retry_after: Duration,
}

impl Verdict {
    pub fn is_allowed(&self) -> bool {
        !matches!(self, Self::Limited(_))
    }

    /// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers); a refusal has `Retry-After` too.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Unlimited => Vec::new(),
            Self::Counted { policy, remaining, full_in } => headers(policy, *remaining, seconds(*full_in)),
            Self::Limited(limited) => limited.headers(),
        }
    }
}

impl Limited {
    /// Whole seconds to wait, at least 1.
    pub fn retry_after_seconds(&self) -> u64 {
        seconds(self.retry_after).max(1)
    }

    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let wait = self.retry_after_seconds();
        let mut headers = headers(&self.policy, 0, wait);
        headers.push((RETRY_AFTER, HeaderValue::from(wait)));
        headers
    }
}

fn headers(policy: &Policy, remaining: u32, reset: u64) -> Vec<(HeaderName, HeaderValue)> {
    let name = policy.name();
    let quota = format!("\"{name}\";q={};w={}", policy.burst(), policy.window_seconds());
    let left = format!("\"{name}\";r={remaining};t={reset}");
    let header = |name, value| {
        let value = HeaderValue::try_from(value).expect("digits and a name are visible ASCII");
        (HeaderName::from_static(name), value)
    };
    vec![header("ratelimit-policy", quota), header("ratelimit", left)]
}

fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let policy = Policy::per_hour("address", 600, 100).expect("a limit");
        let limited = Limited { policy, retry_after: Duration::from_millis(5_200) };
        let headers: HeaderMap = Verdict::Limited(limited).headers().into_iter().collect();
        assert_eq!(headers["retry-after"], "6");
        assert_eq!(headers["ratelimit-policy"], "\"address\";q=100;w=600");
        assert_eq!(headers["ratelimit"], "\"address\";r=0;t=6");
    }
}
