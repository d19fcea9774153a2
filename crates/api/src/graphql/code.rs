//! The codes that errors carry in `extensions.code`. Clients and tools rely on them: none changes.

use async_graphql::{ErrorExtensionValues, ServerError, Value};

pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
pub const OPERATION_RESOLUTION: &str = "OPERATION_RESOLUTION_FAILURE";
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
pub const FORBIDDEN: &str = "FORBIDDEN";
pub const CONFLICT: &str = "CONFLICT";
pub const MIXED_CURRENCIES: &str = "MIXED_CURRENCIES";
/// A value that cannot be opened: it was not written here like this.
pub const UNREADABLE: &str = "UNREADABLE";
/// The server has no key for encrypted fields.
pub const ENCRYPTION_UNAVAILABLE: &str = "ENCRYPTION_UNAVAILABLE";
pub const OVERLOADED: &str = "OVERLOADED";
pub const TIMEOUT: &str = "TIMEOUT";
pub const STORAGE_FULL: &str = "STORAGE_FULL";
pub const UNAVAILABLE: &str = "UNAVAILABLE";
pub const INTERNAL: &str = "INTERNAL_SERVER_ERROR";

/// What a caller is told of a fault of ours; the log says more.
pub const INTERNAL_MESSAGE: &str = "Something went wrong on our side.";

pub const ENCRYPTION_UNAVAILABLE_MESSAGE: &str =
    "Encrypted fields cannot be used just now: the server cannot use their keys.";

/// Gives an error its code.
pub fn set(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
}

pub fn of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}
