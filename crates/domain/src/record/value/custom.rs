//! Values of custom fields in the `custom` JSONB column.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value as Json, json};

use super::{Money, Stored, moment};
use crate::catalog::{Kind, types::Shape};

impl Stored {
    pub(crate) fn to_custom(&self) -> Json {
        match self {
            Self::Money(money) => json!({ "minor": money.minor, "currency": money.currency }),
            Self::Number(n) => number(*n),
            Self::DateTime(at) => Json::String(moment(*at)),
            other => other.to_graph(),
        }
    }

    /// `None` for what the kind cannot be: left from a field that was something else.
    pub(crate) fn from_custom(kind: &Kind, kept: &Json) -> Option<Self> {
        let text = || kept.as_str().map(str::to_owned);
        let stored = match kind.shape() {
            Shape::Text => Self::Text(text()?),
            Shape::Integer => Self::Integer(i32::try_from(kept.as_i64()?).ok()?),
            Shape::Number => Self::Number(kept.as_f64()?),
            Shape::Decimal => Self::Decimal(text()?),
            Shape::Money => {
                Self::Money(Money { minor: kept["minor"].as_i64()?, currency: kept["currency"].as_str()?.to_owned() })
            }
            Shape::Boolean => Self::Boolean(kept.as_bool()?),
            Shape::Date => Self::Date(kept.as_str()?.parse::<NaiveDate>().ok()?),
            Shape::DateTime => Self::DateTime(DateTime::parse_from_rfc3339(kept.as_str()?).ok()?.with_timezone(&Utc)),
            Shape::Options => Self::Options(
                kept.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            ),
            Shape::Document => Self::Document(kept.clone()),
            Shape::Id => Self::Id(kept.as_str()?.parse().ok()?),
        };
        Some(stored)
    }
}

/// One way to write each number, so that equal numbers are equal as text: whole ones without a fraction.
fn number(n: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if n.fract() == 0.0 && n.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of exact floats")]
        return (n as i64).into();
    }
    n.into()
}
