//! PostgreSQL's binary forms as JSON text.

use std::{error::Error as StdError, io::Write as _};

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _};
use postgres_types::{FromSql, Type};
use uuid::Uuid;

use super::super::record::Form;
use crate::catalog::currency::minor_digits;

/// A column's bytes as they came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'r>(pub &'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Appends the value, or null. `None` where the bytes are not of the form.
pub(super) fn write(out: &mut Vec<u8>, form: Form, raw: Option<Raw<'_>>) -> Option<()> {
    let Some(Raw(bytes)) = raw else {
        out.extend_from_slice(b"null");
        return Some(());
    };
    match form {
        Form::Text => text(out, std::str::from_utf8(bytes).ok()?),
        Form::Uuid => {
            let mut buffer = Uuid::encode_buffer();
            out.push(b'"');
            out.extend_from_slice(Uuid::from_slice(bytes).ok()?.hyphenated().encode_lower(&mut buffer).as_bytes());
            out.push(b'"');
        }
        Form::Int4 => {
            out.extend_from_slice(itoa::Buffer::new().format(i32::from_be_bytes(bytes.try_into().ok()?)).as_bytes());
        }
        Form::Float8 => float(out, f64::from_be_bytes(bytes.try_into().ok()?)),
        Form::Numeric => {
            out.push(b'"');
            out.extend_from_slice(numeric_text(bytes)?.as_bytes());
            out.push(b'"');
        }
        Form::Boolean => out.extend_from_slice(if *bytes.first()? == 0 { b"false" } else { b"true" }),
        Form::Date => {
            let date =
                epoch().checked_add_signed(TimeDelta::days(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))))?;
            write!(out, "\"{:04}-{:02}-{:02}\"", date.year(), date.month(), date.day()).ok()?;
        }
        Form::Timestamp => timestamp(out, int8(Raw(bytes))?)?,
        Form::Json => out.extend_from_slice(bytes.get(1..)?),
        Form::Masked => text(out, &masked(std::str::from_utf8(bytes).ok()?)),
    }
    Some(())
}

/// The end of a text that is long enough for the rest to stay untold.
pub(super) fn masked(text: &str) -> String {
    const TOLD: usize = 4;
    let letters = text.chars().count();
    let told = if letters >= 2 * TOLD { TOLD } else { 0 };
    std::iter::once("•••").map(str::to_owned).chain(text.chars().skip(letters - told).map(String::from)).collect()
}

pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        serde_json::to_writer(out, text).expect("writing to a vector cannot fail");
    }
}

pub(super) fn int8(raw: Raw<'_>) -> Option<i64> {
    Some(i64::from_be_bytes(raw.0.try_into().ok()?))
}

/// JSON has no infinities: they do not come in, so they do not go out.
fn float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        serde_json::to_writer(out, &value).expect("writing to a vector cannot fail");
    }
}

/// Microseconds since 2000 as RFC 3339 in UTC, without zeros at the end.
fn timestamp(out: &mut Vec<u8>, micros: i64) -> Option<()> {
    let since_1970 = micros.checked_add(EPOCH_MICROS)?;
    let instant = DateTime::from_timestamp_micros(since_1970)?;
    let (date, time) = (instant.date_naive(), instant.time());
    let mut buffer = *b"\"0000-00-00T00:00:00";
    digits(&mut buffer[1..5], u32::try_from(date.year()).ok()?);
    digits(&mut buffer[6..8], date.month());
    digits(&mut buffer[9..11], date.day());
    digits(&mut buffer[12..14], time.hour());
    digits(&mut buffer[15..17], time.minute());
    digits(&mut buffer[18..20], time.second());
    out.extend_from_slice(&buffer);
    let fraction = time.nanosecond() / 1_000;
    if fraction > 0 {
        let mut buffer = *b".000000";
        digits(&mut buffer[1..], fraction);
        let zeros = buffer.iter().rev().take_while(|byte| **byte == b'0').count();
        out.extend_from_slice(&buffer[..buffer.len() - zeros]);
    }
    out.extend_from_slice(b"Z\"");
    Some(())
}

fn digits(place: &mut [u8], mut number: u32) {
    for byte in place.iter_mut().rev() {
        *byte = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

const EPOCH_MICROS: i64 = 946_684_800_000_000;

fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date of the calendar")
}

/// A numeric as plain decimal text: base-10,000 digits, with the weight of the first and the digits shown after the point.
fn numeric_text(bytes: &[u8]) -> Option<String> {
    let word = |at: usize| Some(i16::from_be_bytes(bytes.get(at * 2..at * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign, scale) = (word(0)?, word(1)?, word(2)?, usize::try_from(word(3)?).ok()?);
    let negative = match sign.cast_unsigned() {
        0x0000 => false,
        0x4000 => true,
        _ => return None,
    };
    let group = |index: i16| if (0..count).contains(&index) { word(4 + usize::try_from(index).ok()?) } else { Some(0) };
    let mut text = String::new();
    for index in 0..=weight.max(0) {
        let digits = if weight < 0 { 0 } else { group(index)? };
        let width = if text.is_empty() { 1 } else { 4 };
        write_digits(&mut text, digits, width);
        if text == "0" && index < weight {
            text.clear();
        }
    }
    if scale > 0 {
        text.push('.');
        let start = text.len();
        let mut index = weight + 1;
        while text.len() - start < scale {
            write_digits(&mut text, if index < 0 { 0 } else { group(index)? }, 4);
            index += 1;
        }
        text.truncate(start + scale);
    }
    if negative {
        text.insert(0, '-');
    }
    Some(text)
}

fn write_digits(text: &mut String, digits: i16, width: usize) {
    use std::fmt::Write as _;
    write!(text, "{digits:0width$}").expect("writing to a string cannot fail");
}

/// An amount of minor units in major units, with all the digits of its currency.
pub(in super::super) fn major_units(minor: i128, currency: &str) -> String {
    let digits = minor_digits(currency) as usize;
    if digits == 0 {
        return minor.to_string();
    }
    let sign = if minor < 0 { "-" } else { "" };
    let padded = format!("{:0>width$}", minor.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = padded.split_at(padded.len() - digits);
    format!("{sign}{whole}.{fraction}")
}
