use serde_json::Value as Json;

use super::{FieldType, Place, Shape, ValueType, text};
use crate::record::{Slot, Stored, UserError};

const LONGEST: usize = 100_000;

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "LONG_TEXT"
    }

    fn description(&self) -> &'static str {
        "Text of several lines."
    }

    fn shape(&self) -> Shape {
        Shape::Text
    }

    fn is_groupable(&self) -> bool {
        false
    }

    fn can_be_unique(&self) -> bool {
        false
    }

    fn can_have_index(&self) -> bool {
        false
    }

    fn is_matchable(&self) -> bool {
        false
    }

    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        text::accept(place, input, LONGEST)
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.accept(place, &Json::String(text::label(from, value)))
    }
}
