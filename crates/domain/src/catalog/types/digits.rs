//! Exact numbers: decimals and money. They come as text, or as JSON numbers in their shortest form.

use serde_json::Value as Json;

use super::{
    ValueType,
    input::{expected, string},
};
use crate::{
    catalog::currency::minor_digits,
    record::{Stored, UserError, shown},
};

const WHOLE_DIGITS: usize = 30;
const FRACTION_DIGITS: usize = 20;
const LONGEST: usize = 100;

/// What a value is as a number: an amount of money without its currency.
pub(super) fn of(from: &ValueType, value: &Stored) -> String {
    match value {
        Stored::Money(money) => money.value(),
        _ => from.write(value),
    }
}

/// An amount in minor units.
pub(super) fn minor(value: &Json, currency: &str) -> Result<i64, UserError> {
    let digits = Digits::read(value)?;
    let places = minor_digits(currency) as usize;
    if digits.fraction.len() > places {
        let allowed = match places {
            0 => "no decimals".to_owned(),
            n => format!("at most {n} decimals"),
        };
        return Err(UserError::invalid(format!(
            "{currency} has {allowed}, {} has {}.",
            shown(value),
            digits.fraction.len()
        )));
    }
    let sign = if digits.negative { "-" } else { "" };
    format!("{sign}{}{:0<places$}", digits.whole, digits.fraction)
        .parse()
        .map_err(|_| UserError::invalid(format!("{} is more than an amount can be.", shown(value))))
}

/// A decimal number without superfluous zeros: `whole` is `0` or starts with another digit, `fraction` may be empty.
pub(super) struct Digits {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Digits {
    pub fn read(input: &Json) -> Result<Self, UserError> {
        const WHAT: &str = "a decimal number such as \"1234.50\"";
        let number;
        let text = match input {
            Json::Number(n) => {
                number = n.to_string();
                &number
            }
            _ => string(input, WHAT)?.trim(),
        };
        let digits = Self::parse(text).ok_or_else(|| expected(input, WHAT))?;
        if digits.whole.len() > WHOLE_DIGITS || digits.fraction.len() > FRACTION_DIGITS {
            return Err(UserError::invalid(format!(
                "A decimal number has at most {WHOLE_DIGITS} digits before the point and {FRACTION_DIGITS} after it."
            )));
        }
        Ok(digits)
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || exponent.unsigned_abs() as usize > LONGEST {
            return None;
        }
        let (whole, fraction) = shifted(whole, fraction, exponent);
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        let fraction = fraction.trim_end_matches('0');
        let zero = whole == "0" && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole: whole.to_owned(), fraction: fraction.to_owned() })
    }
}

/// Moves the point by `exponent` digits to the right.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> (String, String) {
    let by = exponent.unsigned_abs() as usize;
    if exponent >= 0 {
        let padded = format!("{fraction:0<by$}");
        let (moved, rest) = padded.split_at(by);
        (format!("{whole}{moved}"), rest.to_owned())
    } else {
        let padded = format!("{whole:0>by$}");
        let (rest, moved) = padded.split_at(padded.len() - by);
        (rest.to_owned(), format!("{moved}{fraction}"))
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        f.write_str(&self.whole)?;
        match self.fraction.as_str() {
            "" => Ok(()),
            fraction => write!(f, ".{fraction}"),
        }
    }
}
