//! What types say of inputs that are not what they take.

use serde_json::Value as Json;

use crate::record::{UserError, code, shown};

/// A refusal that says what was given and what would have been right.
pub(crate) fn expected(given: &Json, what: &str) -> UserError {
    UserError::invalid(format!("Expected {what}, got {}.", shown(given)))
}

pub(super) fn string<'a>(input: &'a Json, what: &str) -> Result<&'a str, UserError> {
    let text = input.as_str().ok_or_else(|| expected(input, what))?;
    storable(text)?;
    Ok(text)
}

pub(super) fn storable(text: &str) -> Result<(), UserError> {
    if text.contains('\0') { Err(UserError::invalid("A text cannot hold the character U+0000.")) } else { Ok(()) }
}

pub(super) fn within(text: &str, limit: usize) -> Result<(), UserError> {
    // Bytes first: counting characters is only needed near the limit.
    if text.len() <= limit {
        return Ok(());
    }
    match text.chars().count() {
        length if length > limit => {
            Err(UserError::new(code::TOO_LONG, format!("At most {limit} characters are kept, this has {length}.")))
        }
        _ => Ok(()),
    }
}

/// A whole number: `5` and `5.0` are the same, as in GraphQL.
pub(super) fn whole(input: &Json) -> Option<i32> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = input.as_i64().or_else(|| {
        let n = input.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of exact floats")]
        Some(n as i64)
    });
    whole.and_then(|n| i32::try_from(n).ok())
}
