//! Values of fields: from the JSON of an input, checked and normalised by the field's type, to what is kept.
//!
//! A value that is taken can be stored, read back and written again unchanged; anything else is refused with what was
//! expected. A missing value is `None`, never a null.

mod custom;
mod graph;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::refusal::{UserError, shown};
use crate::catalog::{Field, Kind, Object, types::Place};

pub(crate) use self::graph::moment;

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// Texts of every kind, and the value of a select.
    Text(String),
    /// Whole numbers and ratings.
    Integer(i32),
    Number(f64),
    /// Plain digits, without exponent, leading zeros or trailing zeros.
    Decimal(String),
    Money(Money),
    Boolean(bool),
    Date(NaiveDate),
    /// To the microsecond.
    DateTime(DateTime<Utc>),
    /// Values of a multi-select in the order of its options, never empty.
    Options(Vec<String>),
    /// An address or a JSON document.
    Document(Json),
    Id(Uuid),
}

/// An amount in minor units of an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    pub minor: i64,
    pub currency: String,
}

/// What a field of a record holds.
pub type Slot = Option<Stored>;

/// Takes the value of an input for `field`. Null and its likes (an empty list of options) are `None`.
pub(crate) fn accept(object: &Object, field: &Field, input: &Json) -> Result<Slot, UserError> {
    if input.is_null() {
        return Ok(None);
    }
    match &field.kind {
        Kind::Value(value) => value.accept(&Place { object, field }, input),
        Kind::Id | Kind::One(_) => Ok(Some(Stored::Id(id(input)?))),
        Kind::Many { .. } => Err(UserError::invalid("A list of records is written from its other side.")),
    }
}

/// Whether `field` takes the value: what is wrong with it where not.
pub(crate) fn check(object: &Object, field: &Field, input: &Json) -> Result<(), UserError> {
    accept(object, field, input).map(drop)
}

fn id(input: &Json) -> Result<Uuid, UserError> {
    input
        .as_str()
        .and_then(|text| Uuid::try_parse(text).ok())
        .ok_or_else(|| UserError::invalid(format!("Expected the id of a record, got {}.", shown(input))))
}
