use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::Value as Json;

use super::input::{expected, string};
use crate::record::UserError;

/// Years that PostgreSQL, JSON and every client write in four digits.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

pub(super) fn date(input: &Json) -> Result<NaiveDate, UserError> {
    const WHAT: &str = "a date such as 2026-03-31";
    let text = string(input, WHAT)?;
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    shaped
        .then(|| text.parse::<NaiveDate>().ok())
        .flatten()
        .filter(|date| YEARS.contains(&date.year()))
        .ok_or_else(|| expected(input, WHAT))
}

/// RFC 3339 with its offset. Kept in UTC to the microsecond; finer fractions are cut off.
pub(super) fn date_time(input: &Json) -> Result<DateTime<Utc>, UserError> {
    const WHAT: &str = "a date and time with its offset, such as 2026-03-31T09:30:00Z";
    let text = string(input, WHAT)?;
    DateTime::parse_from_rfc3339(text)
        .ok()
        // By microseconds: a leap second becomes the second that follows it.
        .and_then(|at| DateTime::from_timestamp_micros(at.timestamp_micros()))
        .filter(|at| YEARS.contains(&at.year()))
        .ok_or_else(|| expected(input, WHAT))
}
