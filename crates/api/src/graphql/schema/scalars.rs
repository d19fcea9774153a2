//! The scalars of the graph, with what they accept.

use async_graphql::{
    Value,
    dynamic::{self, TypeRef},
};
use async_graphql_value::Number;
use chrono::{DateTime, NaiveDate};

use super::types::Types;

/// Digits of a decimal number on each side of the point together.
const DECIMAL_DIGITS: usize = 131;

/// What a scalar's values are: those of the language, then those of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Decimal,
    Date,
    DateTime,
    Json,
}

impl Scalar {
    /// One without rules of its own takes anything.
    pub fn named(name: &str) -> Self {
        match name {
            TypeRef::INT => Self::Int,
            TypeRef::FLOAT => Self::Float,
            TypeRef::STRING => Self::String,
            TypeRef::BOOLEAN => Self::Boolean,
            TypeRef::ID => Self::Id,
            "Decimal" => Self::Decimal,
            "Date" => Self::Date,
            "DateTime" => Self::DateTime,
            _ => Self::Json,
        }
    }

    pub fn takes_text(self, text: &str) -> bool {
        match self {
            Self::String | Self::Id | Self::Json => true,
            Self::Decimal => is_decimal_text(text),
            Self::Date => text.len() == 10 && text.parse::<NaiveDate>().is_ok(),
            Self::DateTime => DateTime::parse_from_rfc3339(text).is_ok(),
            Self::Int | Self::Float | Self::Boolean => false,
        }
    }

    pub fn takes_number(self, number: &Number) -> bool {
        match self {
            // The library takes integers of 64 bits, the language of 32.
            Self::Int => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Id => number.is_i64(),
            Self::Float | Self::Decimal | Self::Json => true,
            Self::String | Self::Boolean | Self::Date | Self::DateTime => false,
        }
    }

    pub fn takes_boolean(self) -> bool {
        matches!(self, Self::Boolean | Self::Json)
    }

    /// Lists, objects and names too.
    pub fn takes_anything(self) -> bool {
        self == Self::Json
    }

    fn declared(self, name: &str) -> dynamic::Scalar {
        dynamic::Scalar::new(name).validator(move |value| match value {
            Value::String(text) => self.takes_text(text),
            Value::Number(number) => self.takes_number(number),
            _ => self.takes_anything(),
        })
    }
}

pub fn declare(types: &mut Types) {
    types.add(
        Scalar::Decimal.declared("Decimal").description(
            "An exact decimal number. Goes out as a string, `'1234.50'`; comes in as a string or a number.",
        ),
    );
    types.add(Scalar::Date.declared("Date").description("A day: `2026-11-20`."));
    types.add(
        Scalar::DateTime
            .declared("DateTime")
            .description("An instant, RFC 3339: `2026-11-20T09:30:00Z`.")
            .specified_by_url("https://scalars.graphql.org/andimarek/date-time"),
    );
    types.add(Scalar::Json.declared("JSON").description("Any JSON value."));
}

/// Digits with at most one point, after an optional sign: no exponent.
fn is_decimal_text(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(fraction) && digits.len() <= DECIMAL_DIGITS
}

#[cfg(test)]
mod tests {
    use super::is_decimal_text;

    #[test]
    fn decimals_are_digits_with_one_point() {
        for good in ["0", "-1", "+12.50", "1234567890.0987654321"] {
            assert!(is_decimal_text(good), "{good}");
        }
        for bad in ["", "-", ".5", "1.", "1e3", "1,5", "NaN", "1.2.3", " 1", &"9".repeat(200)] {
            assert!(!is_decimal_text(bad), "{bad}");
        }
    }
}
