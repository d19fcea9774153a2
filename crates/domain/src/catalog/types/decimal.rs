use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{self, Cell},
    digits::{self, Digits},
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "DECIMAL"
    }

    fn description(&self) -> &'static str {
        "An exact decimal number."
    }

    fn shape(&self) -> Shape {
        Shape::Decimal
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        Ok(Some(Stored::Decimal(Digits::read(input)?.to_string())))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        let plain = cell.format.multiplier.is_none() && cell.format.decimal == '.';
        // As it is where it can be: more digits than can be reckoned with.
        if plain && Digits::parse(cell.text).is_some() {
            return Ok(json!(cell.text));
        }
        cell::number(cell).map(|number| json!(number.to_string()))
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.convert_text(place, &digits::of(from, value))
    }
}
