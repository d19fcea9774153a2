use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{Cell, short},
    input::storable,
};
use crate::{
    import::{self, Problem},
    record::{Slot, Stored, UserError, code},
};

const LARGEST_BYTES: usize = 100_000;
const DEEPEST: usize = 32;

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "JSON"
    }

    fn description(&self) -> &'static str {
        "Any JSON value."
    }

    fn shape(&self) -> Shape {
        Shape::Document
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        check(input, 0)?;
        match input.to_string().len() {
            bytes if bytes > LARGEST_BYTES => Err(UserError::new(
                code::TOO_LONG,
                format!("A JSON document has at most {LARGEST_BYTES} bytes, this has {bytes}."),
            )),
            _ => Ok(Some(Stored::Document(input.clone()))),
        }
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        serde_json::from_str(cell.text)
            .map_err(|_| Problem::new(import::code::INVALID_JSON, format!("`{}` is not JSON.", short(cell.text))))
    }

    fn convert(&self, place: &Place<'_>, _: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.accept(place, &value.to_graph())
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
