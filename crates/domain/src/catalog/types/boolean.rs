use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Shape,
    cell::{Cell, short},
    input::expected,
};
use crate::{
    import::{Problem, code},
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "BOOLEAN"
    }

    fn description(&self) -> &'static str {
        "Yes or no."
    }

    fn shape(&self) -> Shape {
        Shape::Boolean
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        Ok(Some(Stored::Boolean(input.as_bool().ok_or_else(|| expected(input, "true or false"))?)))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        match cell.text.to_lowercase().as_str() {
            "true" | "yes" | "y" | "1" | "t" | "x" | "on" => Ok(json!(true)),
            "false" | "no" | "n" | "0" | "f" | "off" => Ok(json!(false)),
            _ => Err(Problem::new(
                code::INVALID_BOOLEAN,
                format!("`{}` is neither yes nor no; translate it with `values`.", short(cell.text)),
            )),
        }
    }
}
