//! Scalars beside those of the language, with what they accept.

use async_graphql::{Value, dynamic::Scalar};
use chrono::{DateTime, NaiveDate};

use super::types::Types;

/// Digits of a decimal number on each side of the point together.
const DECIMAL_DIGITS: usize = 131;

pub fn declare(types: &mut Types) {
    types.add(
        Scalar::new("Decimal")
            .description(
                "An exact decimal number. Goes out as a string, `'1234.50'`; comes in as a string or a number.",
            )
            .validator(is_decimal),
    );
    types.add(Scalar::new("Date").description("A day: `2026-11-20`.").validator(
        |value| matches!(value, Value::String(text) if text.len() == 10 && text.parse::<NaiveDate>().is_ok()),
    ));
    types.add(
        Scalar::new("DateTime")
            .description("An instant, RFC 3339: `2026-11-20T09:30:00Z`.")
            .specified_by_url("https://scalars.graphql.org/andimarek/date-time")
            .validator(|value| matches!(value, Value::String(text) if DateTime::parse_from_rfc3339(text).is_ok())),
    );
    types.add(Scalar::new("JSON").description("Any JSON value."));
}

fn is_decimal(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => is_decimal_text(text),
        _ => false,
    }
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
