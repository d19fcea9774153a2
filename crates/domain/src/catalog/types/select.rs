use serde_json::{Value as Json, json};

use super::{
    FieldType, Place, Settings, Shape,
    cell::{self, Cell},
    choice,
};
use crate::{
    catalog::Operators,
    import::Problem,
    record::{Slot, Stored, UserError},
};

pub struct Type;

impl FieldType for Type {
    fn name(&self) -> &'static str {
        "SELECT"
    }

    fn description(&self) -> &'static str {
        "One of several options."
    }

    fn shape(&self) -> Shape {
        Shape::Text
    }

    fn has_options(&self) -> bool {
        true
    }

    fn operators(&self) -> Operators {
        Operators::Equality
    }

    fn can_be_unique(&self) -> bool {
        false
    }

    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError> {
        Ok(Some(Stored::Text(choice::one(choice::of(place), input)?)))
    }

    /// By value or label, in any case.
    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        cell::option(cell.text, cell.options).map(|value| json!(value))
    }

    fn label(&self, settings: &Settings, value: &Stored) -> String {
        choice::label(settings, &self.write(value))
    }
}
