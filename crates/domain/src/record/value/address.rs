use serde_json::{Map, Value as Json};

use super::{super::refusal::code, UserError, expected, string, text::within};

const PARTS: [&str; 5] = ["street", "city", "region", "postalCode", "country"];
const LONGEST_PART: usize = 500;

/// The parts that are there; empty ones are left out.
pub(super) fn accept(input: &Json) -> Result<Map<String, Json>, UserError> {
    let given =
        input.as_object().ok_or_else(|| expected(input, "an address such as { street: \"…\", city: \"…\" }"))?;
    if let Some(other) = given.keys().find(|key| !PARTS.contains(&key.as_str())) {
        return Err(UserError::new(code::UNKNOWN_FIELD, format!("An address has {}, no `{other}`.", PARTS.join(", ")))
            .under(other));
    }
    let mut parts = Map::new();
    for name in PARTS {
        let Some(part) = given.get(name).filter(|part| !part.is_null()) else { continue };
        let text = string(part, "text")
            .and_then(|text| within(text, LONGEST_PART).map(|()| text))
            .map_err(|error| error.under(name))?;
        if !text.trim().is_empty() {
            parts.insert(name.to_owned(), Json::String(text.to_owned()));
        }
    }
    Ok(parts)
}
