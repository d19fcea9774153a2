use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{self, Cell},
    digits,
    input::{expected, whole},
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

/// A whole number of 32 bits, in standard fields. People see a number like others.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "NUMBER"
    }

    fn description(&self) -> &'static str {
        "A whole number."
    }

    fn shape(&self) -> Shape {
        Shape::Integer
    }

    fn is_custom(&self) -> bool {
        false
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let number = whole(input).ok_or_else(|| expected(input, "a whole number from -2147483648 to 2147483647"))?;
        Ok(Some(Stored::Integer(number)))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        cell::whole(cell)
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.convert_text(place, &digits::of(from, value))
    }
}
