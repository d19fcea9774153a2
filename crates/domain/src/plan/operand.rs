//! Values of a request that filters compare with: checked by the kind of the field, bound as parameters.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{error::Error, expression::Expression, sql::Param};
use crate::{
    catalog::{Field, types::Shape},
    record::moment,
    wire::{Day, Moment},
};

/// Years with four digits, in UTC: others are written in ways that the database reads differently or not at all.
const YEARS: RangeInclusive<i32> = 1..=9_999;

/// A value of the field's kind as a parameter, with the cast that its place needs.
pub(super) fn one(field: &Field, expression: &Expression, value: &Value, at: &str) -> Result<(Param, String), Error> {
    let text = |text: String| (Param::Text(text), format!("text::{}", expression.ty));
    Ok(match field.kind.shape() {
        Shape::Id => (Param::Uuid(id(Some(value), at)?), "uuid".into()),
        Shape::Integer => (Param::Int(integer(value, at)?), "bigint".into()),
        Shape::Number => (Param::Float(number(value, at)?), "float8".into()),
        Shape::Decimal | Shape::Money => text(decimal(value, at)?),
        Shape::Boolean => (Param::Bool(boolean(value, at)?), "boolean".into()),
        Shape::Date => match date(value, at)? {
            date if expression.ty == "text" => (Param::Text(date.to_string()), "text".into()),
            date => (Param::Day(Day(date)), "date".into()),
        },
        Shape::DateTime => match date_time(value, at)? {
            instant if expression.ty == "text" => (Param::Text(moment(instant)), "text".into()),
            instant => (Param::Moment(Moment(instant)), "timestamptz".into()),
        },
        Shape::Text | Shape::Options | Shape::Document => {
            let value = string(value, at)?;
            if field.kind.choices().is_some_and(|choices| !choices.contains(value)) {
                return Err(Error::input(at, format!("`{value}` is not an option of {}", field.name)));
            }
            (Param::Text(field.kind.operand(value).unwrap_or_else(|| value.to_owned())), "text".into())
        }
    })
}

/// A list of values of the field's kind as one array parameter.
pub(super) fn many(field: &Field, expression: &Expression, value: &Value, at: &str) -> Result<(Param, String), Error> {
    let single;
    let items = match value {
        Value::Array(items) => items,
        Value::Null => return Err(Error::input(at, "needs a list")),
        other => {
            single = vec![other.clone()];
            &single
        }
    };
    let mut params = Vec::with_capacity(items.len());
    let mut cast = None;
    for (index, item) in items.iter().enumerate() {
        let (param, item_cast) = one(field, expression, item, &format!("{at}.{index}"))?;
        params.push(param);
        cast = Some(item_cast);
    }
    // An empty list goes out as text too: its binary form names the type of its items.
    let cast = cast.unwrap_or_else(|| format!("text::{}", expression.ty));
    let cast = cast.split("::").map(|ty| format!("{ty}[]")).collect::<Vec<_>>().join("::");
    Ok((array(params, &cast), cast))
}

fn array(params: Vec<Param>, cast: &str) -> Param {
    macro_rules! all {
        ($kind:ident) => {
            params
                .into_iter()
                .filter_map(|param| if let Param::$kind(value) = param { Some(value) } else { None })
                .collect()
        };
    }
    match cast {
        "uuid[]" => Param::Uuids(all!(Uuid)),
        "bigint[]" => Param::Ints(all!(Int)),
        "float8[]" => Param::Floats(all!(Float)),
        "date[]" => Param::Days(all!(Day)),
        "timestamptz[]" => Param::Moments(all!(Moment)),
        _ => Param::Texts(all!(Text)),
    }
}

pub(super) fn id(value: Option<&Value>, at: &str) -> Result<Uuid, Error> {
    match value {
        Some(Value::String(text)) => Uuid::try_parse(text).map_err(|_| Error::input(at, "is not an id")),
        Some(Value::Null) | None => Err(Error::input(at, "is required")),
        Some(_) => Err(Error::input(at, "is not an id")),
    }
}

pub(super) fn string<'a>(value: &'a Value, at: &str) -> Result<&'a str, Error> {
    let text = value.as_str().ok_or_else(|| wanted(value, "text", at))?;
    if text.contains('\0') {
        return Err(Error::input(at, "contains the character U+0000, which no text has"));
    }
    Ok(text)
}

pub(super) fn boolean(value: &Value, at: &str) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| wanted(value, "true or false", at))
}

pub(super) fn integer(value: &Value, at: &str) -> Result<i64, Error> {
    match value.as_i64() {
        Some(number) if i32::try_from(number).is_ok() => Ok(number),
        _ => Err(wanted(value, "a whole number of 32 bits", at)),
    }
}

fn number(value: &Value, at: &str) -> Result<f64, Error> {
    value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| wanted(value, "a number", at))
}

/// A decimal in plain notation, from text or a number.
fn decimal(value: &Value, at: &str) -> Result<String, Error> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(wanted(value, "a decimal number", at)),
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() <= 60 && is_number(whole) && is_number(fraction) {
        return Ok(text);
    }
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.abs() < 1e30 => Ok(format!("{float}")),
            _ => Err(wanted(value, "a decimal number", at)),
        },
        _ => Err(wanted(value, "a decimal number such as \"12.50\"", at)),
    }
}

fn date(value: &Value, at: &str) -> Result<NaiveDate, Error> {
    let parsed = value
        .as_str()
        .filter(|text| text.len() == 10)
        .and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
        .filter(|date| YEARS.contains(&date.year()));
    parsed.ok_or_else(|| wanted(value, "a date such as \"2026-01-31\"", at))
}

fn date_time(value: &Value, at: &str) -> Result<DateTime<Utc>, Error> {
    let parsed = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    parsed
        .map(|instant| instant.with_timezone(&Utc))
        .filter(|instant| YEARS.contains(&instant.year()))
        .ok_or_else(|| wanted(value, "a date and time with an offset, such as \"2026-01-31T09:00:00Z\"", at))
}

fn wanted(value: &Value, what: &str, at: &str) -> Error {
    let got = match value {
        Value::Null => "null".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => {
            let mut text = other.to_string();
            if let Some((cut, _)) = text.char_indices().nth(60) {
                text.truncate(cut);
                text.push('…');
            }
            text
        }
    };
    Error::input(at, format!("needs {what}, got {got}"))
}
