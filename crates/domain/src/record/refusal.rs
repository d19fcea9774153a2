use serde_json::Value as Json;

/// Why something was not done, for whoever asked: an expected outcome, not a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserError {
    /// One of [`code`].
    pub code: &'static str,
    /// Path in the input: `["amount", "value"]`; in batches `["inputs", "3", "email"]`.
    pub field: Vec<String>,
    pub message: String,
}

/// The stable codes of refusals.
pub mod code {
    pub const BEYOND_YOURS: &str = "BEYOND_YOURS";
    pub const BUILT_IN: &str = "BUILT_IN";
    pub const CONFLICT: &str = "CONFLICT";
    pub const CYCLE: &str = "CYCLE";
    pub const DUPLICATE: &str = "DUPLICATE";
    pub const ENCRYPTION_UNAVAILABLE: &str = "ENCRYPTION_UNAVAILABLE";
    pub const FORBIDDEN: &str = "FORBIDDEN";
    pub const IN_USE: &str = "IN_USE";
    pub const INVALID_CURRENCY: &str = "INVALID_CURRENCY";
    pub const INVALID_NAME: &str = "INVALID_NAME";
    pub const INVALID_OPTION: &str = "INVALID_OPTION";
    pub const INVALID_RULE: &str = "INVALID_RULE";
    pub const INVALID_VALUE: &str = "INVALID_VALUE";
    pub const LAST_OWNER: &str = "LAST_OWNER";
    pub const LIMIT_REACHED: &str = "LIMIT_REACHED";
    pub const MISMATCH: &str = "MISMATCH";
    pub const NAME_TAKEN: &str = "NAME_TAKEN";
    pub const NOT_ARCHIVED: &str = "NOT_ARCHIVED";
    pub const NOT_FOUND: &str = "NOT_FOUND";
    pub const NOT_MASKABLE: &str = "NOT_MASKABLE";
    pub const NOT_SHAREABLE: &str = "NOT_SHAREABLE";
    pub const READ_ONLY: &str = "READ_ONLY";
    pub const REQUIRED: &str = "REQUIRED";
    pub const ROLE_IN_USE: &str = "ROLE_IN_USE";
    pub const TOO_LONG: &str = "TOO_LONG";
    pub const UNKNOWN_FIELD: &str = "UNKNOWN_FIELD";
    pub const UNSUPPORTED_TYPE: &str = "UNSUPPORTED_TYPE";
    pub const VERSION_CONFLICT: &str = "VERSION_CONFLICT";
    pub const YOURSELF: &str = "YOURSELF";
}

impl UserError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, field: Vec::new(), message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_VALUE, message)
    }

    /// The same refusal, one step further from the root of the input.
    #[must_use]
    pub fn under(mut self, step: impl Into<String>) -> Self {
        self.field.insert(0, step.into());
        self
    }
}

/// A value of an input as a message shows it: short, on one line, in quotes where it is text.
pub(crate) fn shown(value: &Json) -> String {
    const LONGEST: usize = 40;
    let (text, quote) = match value {
        Json::String(text) => (text.clone(), "\""),
        Json::Array(_) => return "a list".into(),
        Json::Object(_) => return "an object".into(),
        other => (other.to_string(), ""),
    };
    let mut short: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    format!("{quote}{short}{quote}")
}
