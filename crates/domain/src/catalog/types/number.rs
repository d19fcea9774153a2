use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{self, Cell},
    digits,
    input::expected,
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

/// Any number, as a 64-bit float.
pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "NUMBER"
    }

    fn description(&self) -> &'static str {
        "A number."
    }

    fn shape(&self) -> Shape {
        Shape::Number
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        // Adding zero turns -0.0 into 0.0: one way to write each number.
        let number = input.as_f64().filter(|n| n.is_finite()).map(|n| n + 0.0);
        number.map(|number| Some(Stored::Number(number))).ok_or_else(|| expected(input, "a number"))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        match cell::number(cell) {
            Ok(number) => Ok(json!(number.to_string().parse::<f64>().unwrap_or_default())),
            Err(problem) => far(cell).map(Json::from).ok_or(problem),
        }
    }

    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.convert_text(place, &digits::of(from, value))
    }
}

/// A number that has more places than people write, as programs do: `1e300`.
fn far(cell: &Cell<'_>) -> Option<f64> {
    let is_written = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let plain = cell.format.multiplier.is_none() && cell.format.decimal == '.' && is_written(cell.text);
    plain.then(|| cell.text.parse().ok()).flatten().filter(|number: &f64| number.is_finite())
}
