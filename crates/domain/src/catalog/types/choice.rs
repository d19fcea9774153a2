//! Values out of a list of options.

use serde_json::Value as Json;

use super::{Place, Settings, input::expected};
use crate::{
    catalog::Choices,
    record::{UserError, code, shown},
};

/// How many options a message lists.
const LISTED: usize = 30;

pub(super) fn of<'a>(place: &Place<'a>) -> &'a Choices {
    static NONE: Choices = Choices(Vec::new());
    place.field.kind.choices().map_or(&NONE, |choices| choices)
}

pub(super) fn one(choices: &Choices, input: &Json) -> Result<String, UserError> {
    let value = input.as_str().ok_or_else(|| unknown(choices, input))?;
    if choices.contains(value) { Ok(value.to_owned()) } else { Err(unknown(choices, input)) }
}

/// The chosen values in the order of the options, each once.
pub(super) fn many(choices: &Choices, input: &Json) -> Result<Vec<String>, UserError> {
    // The language takes one value for a list of one.
    let given = match input {
        Json::Array(given) => given.as_slice(),
        Json::String(_) => std::slice::from_ref(input),
        _ => return Err(expected(input, "a list of options")),
    };
    for (at, value) in given.iter().enumerate() {
        one(choices, value).map_err(|error| error.under(at.to_string()))?;
    }
    let chosen = |value: &str| given.iter().any(|given| given.as_str() == Some(value));
    Ok(choices.0.iter().filter(|choice| chosen(&choice.value)).map(|choice| choice.value.to_string()).collect())
}

/// What people call the option.
pub(super) fn label(settings: &Settings, value: &str) -> String {
    let known = settings.choices.iter().flat_map(|choices| &choices.0).find(|choice| *choice.value == *value);
    known.map_or(value, |choice| &choice.label).to_owned()
}

fn unknown(choices: &Choices, input: &Json) -> UserError {
    let mut listed: Vec<&str> = choices.0.iter().take(LISTED).map(|choice| &*choice.value).collect();
    let more = choices.0.len().saturating_sub(LISTED);
    let more_text = format!("{more} more");
    if more > 0 {
        listed.push(&more_text);
    }
    UserError::new(
        code::INVALID_OPTION,
        format!("{} is not an option. The options are {}.", shown(input), listed.join(", ")),
    )
}
