//! The types that the values of fields have. To add one: a file in `types/`, and its line in the list below.
//!
//! A type says how it is called, which [`Shape`] its values have, and what it takes; what it does not say follows from the
//! shape. SQL, the answers' JSON and the binding of parameters know shapes only, and nothing outside this module
//! and the standard objects names a type.

pub mod cell;
mod choice;
mod country;
mod digits;
mod host;
mod input;
mod shape;
#[cfg(test)]
mod tests;
mod time;
mod value_type;

use serde_json::Value as Json;

use self::cell::Cell;
pub use self::{
    shape::{Graph, Parts, Shape},
    value_type::{Settings, ValueType},
};
use super::{Field, Kind, Object, Operators};
use crate::{
    import::Problem,
    record::{Slot, Stored, UserError, shown},
};

/// Each has a module with its `Type`.
macro_rules! types {
    ($($name:ident,)*) => {
        $(pub(super) mod $name;)*

        /// Those that people choose from, in the order they are shown, with those of standard fields alone.
        static ALL: &[&dyn FieldType] = &[$(&$name::Type),*];
    };
}

types! {
    text,
    long_text,
    number,
    integer,
    decimal,
    currency,
    boolean,
    date,
    date_time,
    select,
    multi_select,
    email,
    phone,
    url,
    address,
    rating,
    json,
}

/// What a field type is.
pub trait FieldType: Send + Sync {
    /// Name in the metadata API: `EMAIL`.
    fn name(&self) -> &'static str;

    fn description(&self) -> &'static str;

    /// How its values are kept.
    fn shape(&self) -> Shape;

    /// Whether fields of a workspace's own can have it.
    fn is_custom(&self) -> bool {
        true
    }

    /// Whether each field has its own list of values.
    fn has_options(&self) -> bool {
        false
    }

    /// Texts that a document consists of, each with a place of its own in the graph, in filters and in files.
    fn parts(&self) -> Option<&'static Parts> {
        None
    }

    /// Its types in the graph.
    fn graph(&self) -> Graph {
        self.shape().graph()
    }

    fn operators(&self) -> Operators {
        self.shape().operators()
    }

    fn is_sortable(&self) -> bool {
        self.shape().is_scalar()
    }

    fn is_groupable(&self) -> bool {
        self.shape().is_scalar()
    }

    /// Whether no two records may share a value, where the field says so.
    fn can_be_unique(&self) -> bool {
        matches!(self.shape(), Shape::Text | Shape::Number | Shape::Decimal | Shape::Date | Shape::DateTime)
    }

    /// Whether values fit into a B-tree and are worth looking up one by one.
    fn can_have_index(&self) -> bool {
        self.shape().is_scalar() && self.shape() != Shape::Boolean
    }

    /// Whether records can be told apart by it: in upserts, in imports.
    fn is_matchable(&self) -> bool {
        self.shape().is_scalar() && self.shape() != Shape::Money
    }

    /// Takes the value of an input, checked and in its normal form. What is taken, shown and given again is the same.
    fn accept(&self, place: &Place<'_>, input: &Json) -> Result<Slot, UserError>;

    /// Gets ready what is costly the first time.
    fn prepare(&self) {}

    /// The normal form of a text that values are compared with, where they have one.
    fn operand(&self, _settings: &Settings, _text: &str) -> Option<String> {
        None
    }

    /// Reads a cell of a file that is not empty, as an input.
    fn read(&self, cell: &Cell<'_>) -> Result<Json, Problem> {
        Ok(Json::String(cell.text.to_owned()))
    }

    /// The value as a cell of a file, from which it is read back.
    fn write(&self, value: &Stored) -> String {
        cell::written(value)
    }

    /// The value as people read it.
    fn label(&self, _settings: &Settings, value: &Stored) -> String {
        self.write(value)
    }

    /// Takes a value that a field of the type `from` has.
    fn convert(&self, place: &Place<'_>, from: &ValueType, value: &Stored) -> Result<Slot, UserError> {
        self.convert_text(place, &from.write(value))
    }

    /// Takes what a cell of a file would hold.
    fn convert_text(&self, place: &Place<'_>, text: &str) -> Result<Slot, UserError> {
        let options = place.field.kind.choices().map(|choices| cell::OptionNames::of(choices)).unwrap_or_default();
        let read = self.read(&Cell { text, format: &cell::Format::default(), options: &options, currency: None });
        let input = read.map_err(|_| {
            UserError::invalid(format!("{} cannot become a value of type {}.", shown(&text.into()), self.name()))
        })?;
        self.accept(place, &input)
    }
}

/// The field that a value is for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub object: &'a Object,
    pub field: &'a Field,
}

impl Place<'_> {
    fn settings(&self) -> &Settings {
        self.field.kind.settings()
    }
}

/// Gets all types ready, so that no request waits for it. Takes some tenths of a second.
pub fn prepare() {
    for ty in ALL {
        ty.prepare();
    }
}

/// All types by name, each once.
pub fn all() -> impl Iterator<Item = &'static dyn FieldType> {
    ALL.iter().copied().filter(|ty| ty.is_custom())
}

/// The names of all types, for messages.
pub fn names() -> String {
    all().map(FieldType::name).collect::<Vec<_>>().join(", ")
}

/// The kind of fields of this type, or `None` where there is none of this name.
pub fn named(name: &str, settings: Settings) -> Option<Kind> {
    let ty = all().find(|ty| ty.name() == name)?;
    Some(Kind::Value(ValueType::new(ty, settings)))
}

/// Plain text, as parts of values are.
pub fn plain() -> Kind {
    Kind::of(&text::Type)
}
