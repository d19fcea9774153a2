use serde_json::Value as Json;

use super::{
    FieldType, Place, Shape,
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
        "DATE_TIME"
    }

    fn description(&self) -> &'static str {
        "An instant."
    }

    fn shape(&self) -> Shape {
        Shape::DateTime
    }

    fn accept(&self, _: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        Ok(Some(Stored::DateTime(time::date_time(input)?)))
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        moment::date_time(cell.text, cell.format).map(Json::String).ok_or_else(|| cell::no_date(cell, "date or time"))
    }
}
