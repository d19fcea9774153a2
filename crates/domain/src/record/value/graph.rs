//! Values as the graph shows them, whatever their storage: in events, and so to every consumer of the log.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::{Money, Stored};
use crate::catalog::currency::minor_digits;

impl Stored {
    pub fn to_graph(&self) -> Json {
        match self {
            Self::Text(text) | Self::Decimal(text) => Json::String(text.clone()),
            Self::Integer(n) => (*n).into(),
            Self::Number(n) => (*n).into(),
            Self::Money(money) => json!({ "value": money.value(), "currency": money.currency }),
            Self::Boolean(yes) => (*yes).into(),
            Self::Date(date) => Json::String(date.to_string()),
            Self::DateTime(at) => Json::String(moment(*at)),
            Self::Options(values) => values.iter().map(|value| Json::String(value.clone())).collect(),
            Self::Document(document) => document.clone(),
            Self::Id(id) => Json::String(id.to_string()),
        }
    }
}

impl Money {
    /// In major units with all its decimals: `100.00`.
    pub(crate) fn value(&self) -> String {
        let places = minor_digits(&self.currency) as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        match digits.split_at(digits.len() - places) {
            (whole, "") => format!("{sign}{whole}"),
            (whole, fraction) => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// `2026-03-31T09:30:00.000000Z`: always UTC and six digits, so that moments compare as text.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
