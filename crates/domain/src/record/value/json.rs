use serde_json::Value as Json;

use super::{super::refusal::code, UserError};

const LARGEST_BYTES: usize = 100_000;
const DEEPEST: usize = 32;

pub(super) fn accept(input: &Json) -> Result<Json, UserError> {
    check(input, 0)?;
    match input.to_string().len() {
        bytes if bytes > LARGEST_BYTES => Err(UserError::new(
            code::TOO_LONG,
            format!("A JSON document has at most {LARGEST_BYTES} bytes, this has {bytes}."),
        )),
        _ => Ok(input.clone()),
    }
}

fn check(value: &Json, depth: usize) -> Result<(), UserError> {
    if depth > DEEPEST {
        return Err(UserError::invalid(format!("A JSON document is at most {DEEPEST} levels deep.")));
    }
    match value {
        Json::String(text) => storable(text),
        Json::Array(items) => items.iter().try_for_each(|item| check(item, depth + 1)),
        Json::Object(members) => {
            members.iter().try_for_each(|(name, member)| storable(name).and_then(|()| check(member, depth + 1)))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => Ok(()),
    }
}

fn storable(text: &str) -> Result<(), UserError> {
    if text.contains('\0') { Err(UserError::invalid("A text cannot hold the character U+0000.")) } else { Ok(()) }
}
