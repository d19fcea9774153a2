//! The one place that reads the environment.

/// The value of a variable; one that is not text counts as unset.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The names of all variables that are text.
pub fn names() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}
