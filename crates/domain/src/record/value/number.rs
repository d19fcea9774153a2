use serde_json::Value as Json;

use super::{UserError, expected};

pub(super) fn integer(input: &Json) -> Result<i32, UserError> {
    whole(input)
        .and_then(|n| i32::try_from(n).ok())
        .ok_or_else(|| expected(input, "a whole number from -2147483648 to 2147483647"))
}

pub(super) fn rating(input: &Json) -> Result<i32, UserError> {
    whole(input)
        .and_then(|n| i32::try_from(n).ok())
        .filter(|n| (1..=5).contains(n))
        .ok_or_else(|| expected(input, "a rating from 1 to 5"))
}

/// `5` and `5.0` are the same whole number, as in GraphQL.
fn whole(input: &Json) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    input.as_i64().or_else(|| {
        let n = input.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of exact floats")]
        Some(n as i64)
    })
}

pub(super) fn number(input: &Json) -> Result<f64, UserError> {
    // Adding zero turns -0.0 into 0.0: one way to write each number.
    input.as_f64().filter(|n| n.is_finite()).map(|n| n + 0.0).ok_or_else(|| expected(input, "a number"))
}
