use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape, ValueType,
    input::{string, within},
};
use crate::record::{Slot, Stored, UserError, code};

/// Text that stands in B-tree indexes (some with a second text beside it) must stay below 2,700 bytes.
const OF_A_PERSON: usize = 255;
const INDEXED: usize = 500;
const PLAIN: usize = 10_000;

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "TEXT"
    }

    fn description(&self) -> &'static str {
        "One line of text."
    }

    fn shape(&self) -> Shape {
        Shape::Text
    }

    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        accept(place, input, limit(place))
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.accept(place, &Json::String(label(from, value)))
    }
}

/// What a value of any type reads.
pub(super) fn label(from: &ValueType, value: &Stored) -> String {
    from.label(from.settings(), value)
}

/// The longest text that a field takes, in characters.
fn limit(Place { object, field }: &Place<'_>) -> usize {
    if field.privacy.is_personal() && !field.is_custom() {
        OF_A_PERSON
    } else if field.unique
        || field.searchable
        || field.name == object.name_field
        || (field.is_custom() && field.filterable)
    {
        INDEXED
    } else {
        PLAIN
    }
}

pub(super) fn accept(Place { field, .. }: &Place<'_>, input: &Json, limit: usize) -> Result<Slot, UserError> {
    let text = string(input, "text")?;
    if field.required && text.trim().is_empty() {
        return Err(UserError::new(code::REQUIRED, format!("{} must not be blank.", field.label)));
    }
    if field.unique && text.is_empty() {
        return Err(UserError::invalid("A unique text must not be empty; use null for none."));
    }
    within(text, limit)?;
    Ok(Some(Stored::Text(text.to_owned())))
}
