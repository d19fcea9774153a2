//! Values of fields: from the JSON of an input, checked and normalised, to what is kept.
//!
//! One file for each family of kinds. A value that is taken can be stored, read back and written again
//! unchanged; anything else is refused with what was expected. A missing value is `None`, never a null.

mod address;
mod amount;
mod choice;
mod contact_point;
mod currency;
mod custom;
mod graph;
mod json;
mod number;
#[cfg(test)]
mod tests;
mod text;
mod time;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::refusal::{UserError, shown};
use crate::catalog::{Field, Kind, Object};

pub(crate) use self::graph::moment;

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stored {
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
pub(crate) struct Money {
    pub minor: i64,
    pub currency: String,
}

/// What a field of a record holds.
pub(crate) type Slot = Option<Stored>;

/// Takes the value of an input for `field`. Null and its likes (an empty list of options) are `None`.
pub(crate) fn accept(object: &Object, field: &Field, input: &Json) -> Result<Slot, UserError> {
    if input.is_null() {
        return Ok(None);
    }
    let stored = match &field.kind {
        Kind::Text | Kind::LongText => Stored::Text(text::accept(object, field, input)?),
        Kind::Email => Stored::Text(contact_point::email(input)?),
        Kind::Phone => Stored::Text(contact_point::phone(input)?),
        Kind::Url => Stored::Text(contact_point::url(input)?),
        Kind::Integer => Stored::Integer(number::integer(input)?),
        Kind::Number => Stored::Number(number::number(input)?),
        Kind::Rating => Stored::Integer(number::rating(input)?),
        Kind::Decimal => Stored::Decimal(amount::decimal(input)?),
        Kind::Currency => Stored::Money(amount::money(input)?),
        Kind::Boolean => Stored::Boolean(input.as_bool().ok_or_else(|| expected(input, "true or false"))?),
        Kind::Date => Stored::Date(time::date(input)?),
        Kind::DateTime => Stored::DateTime(time::date_time(input)?),
        Kind::Select(choices) => Stored::Text(choice::one(choices, input)?),
        Kind::MultiSelect(choices) => match choice::many(choices, input)? {
            none if none.is_empty() => return Ok(None),
            some => Stored::Options(some),
        },
        Kind::Address => match address::accept(input)? {
            none if none.is_empty() => return Ok(None),
            parts => Stored::Document(Json::Object(parts)),
        },
        Kind::Json => Stored::Document(json::accept(input)?),
        Kind::Id | Kind::One(_) => Stored::Id(id(input)?),
        Kind::Many { .. } => return Err(UserError::invalid("A list of records is written from its other side.")),
    };
    Ok(Some(stored))
}

/// Whether `field` takes the value: what is wrong with it where not.
pub(crate) fn check(object: &Object, field: &Field, input: &Json) -> Result<(), UserError> {
    accept(object, field, input).map(drop)
}

fn id(input: &Json) -> Result<Uuid, UserError> {
    input.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(|| expected(input, "the id of a record"))
}

/// A refusal that says what was given and what would have been right.
fn expected(given: &Json, what: &str) -> UserError {
    UserError::invalid(format!("Expected {what}, got {}.", shown(given)))
}

fn string<'a>(input: &'a Json, what: &str) -> Result<&'a str, UserError> {
    let text = input.as_str().ok_or_else(|| expected(input, what))?;
    if text.contains('\0') {
        return Err(UserError::invalid("A text cannot hold the character U+0000."));
    }
    Ok(text)
}
