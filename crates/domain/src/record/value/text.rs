use serde_json::Value as Json;

use super::{super::refusal::code, UserError, string};
use crate::catalog::{Field, Kind, Object};

/// Text that stands in B-tree indexes (some with a second text beside it) must stay below 2,700 bytes.
const OF_A_PERSON: usize = 255;
const INDEXED: usize = 500;
const PLAIN: usize = 10_000;
const LONG: usize = 100_000;

/// The longest text that `field` takes, in characters.
pub(crate) fn limit(object: &Object, field: &Field) -> usize {
    match field.kind {
        Kind::LongText => LONG,
        _ if field.privacy.is_personal() && !field.is_custom() => OF_A_PERSON,
        _ if field.unique
            || field.searchable
            || field.name == object.name_field
            || (field.is_custom() && field.filterable) =>
        {
            INDEXED
        }
        _ => PLAIN,
    }
}

pub(super) fn accept(object: &Object, field: &Field, input: &Json) -> Result<String, UserError> {
    let text = string(input, "text")?;
    if field.required && text.trim().is_empty() {
        return Err(UserError::new(code::REQUIRED, format!("{} must not be blank.", field.label)));
    }
    if field.unique && text.is_empty() {
        return Err(UserError::invalid("A unique text must not be empty; use null for none."));
    }
    within(text, limit(object, field))?;
    Ok(text.to_owned())
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
