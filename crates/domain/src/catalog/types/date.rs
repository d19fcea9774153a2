use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape, ValueType,
    cell::{self, Cell, moment},
    time,
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "DATE"
    }

    fn description(&self) -> &'static str {
        "A day."
    }

    fn shape(&self) -> Shape {
        Shape::Date
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        Ok(Some(Stored::Date(time::date(input)?)))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        moment::date(cell.text, cell.format).map(Json::String).ok_or_else(|| cell::no_date(cell, "date"))
    }

    /// Of an instant the day that it was in UTC.
    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        match value {
            Stored::DateTime(at) => Ok(Some(Stored::Date(at.date_naive()))),
            _ => self.convert_text(place, &from.write(value)),
        }
    }
}
