use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Settings, Shape,
    cell::{self, Cell},
    choice,
};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "MULTI_SELECT"
    }

    fn description(&self) -> &'static str {
        "Any of several options."
    }

    fn shape(&self) -> Shape {
        Shape::Options
    }

    fn has_options(&self) -> bool {
        true
    }

    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        let chosen = choice::many(choice::of(place), input)?;
        Ok(if chosen.is_empty() { None } else { Some(Stored::Options(chosen)) })
    }

    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        let parts = cell.text.split(cell.format.separator).map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| cell::option(part, cell.options).map(|value| json!(value))).collect()
    }

    fn label(&self, settings: &Settings, value: &Stored) -> String {
        let Stored::Options(values) = value else { return self.write(value) };
        values.iter().map(|value| choice::label(settings, value)).collect::<Vec<_>>().join(", ")
    }
}
