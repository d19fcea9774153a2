//! The one place that reads the environment.

/// The value of a variable; one that is not text counts as unset.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
