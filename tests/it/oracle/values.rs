//! Values as the graph writes them: random ones, and how they compare.

use chrono::DateTime;
use serde_json::{Value, json};

use super::objects::Kind;
use crate::support::Tape;

/// Few, so that ties are common; hard ones among them.
const TEXTS: &[&str] =
    &["ada", "Ada", "ADA", "bert", "Bert Ernst", "cleo", "zoe", "zoë", "50%", "a_b", "axb", "o'x", "q\"\\n"];
const INTS: &[i32] = &[0, 1, 2, 7, -3, 1_000, 2_147_483_647];
const DECIMALS: &[&str] = &["0", "1.5", "-2.25", "12.5", "12.51", "1000000000000.000001"];
const AMOUNTS: &[(&str, &str)] = &[
    ("100.00", "EUR"),
    ("99.99", "EUR"),
    ("100.00", "USD"),
    ("100", "JPY"),
    ("1.500", "KWD"),
    ("-5.00", "EUR"),
    ("0.00", "EUR"),
];
const DATES: &[&str] = &["2023-12-31", "2024-01-01", "2024-02-29", "2024-03-31", "2025-01-06", "1899-05-04"];
/// Around the hours that clocks in Berlin skip and repeat, and around New Year.
const MOMENTS: &[&str] = &[
    "2024-03-31T00:30:00Z",
    "2024-03-31T01:30:00Z",
    "2024-10-27T00:30:00Z",
    "2024-10-27T01:30:00.123456Z",
    "2024-10-27T22:59:59.999999Z",
    "2023-12-31T23:30:00Z",
    "2024-01-01T00:00:00.5Z",
];

/// A value of the kind; of tags, one.
pub fn value(tape: &mut Tape, kind: Kind) -> Value {
    match kind {
        Kind::Text => json!(tape.pick(TEXTS)),
        Kind::Int => json!(tape.pick(INTS)),
        Kind::Number => {
            [json!(0), json!(1.5), json!(-2), json!(10_000_000_000_i64), json!(0.25)][tape.below(5)].clone()
        }
        Kind::Decimal => json!(tape.pick(DECIMALS)),
        Kind::Money => {
            let (value, currency) = tape.pick(AMOUNTS);
            json!({"value": value, "currency": currency})
        }
        Kind::Flag => json!(tape.below(2) == 1),
        Kind::Date => json!(tape.pick(DATES)),
        Kind::Moment => json!(tape.pick(MOMENTS)),
        Kind::Choice(options) | Kind::Tags(options) => json!(tape.pick(options.values)),
        Kind::Id | Kind::One(_) | Kind::Many { .. } => panic!("{kind:?} has no values of its own"),
    }
}

/// Some of the options, in their order, at least one.
pub fn tags(tape: &mut Tape, options: &[&str]) -> Value {
    let picked = tape.below((1 << options.len()) - 1) + 1;
    options.iter().enumerate().filter(|(at, _)| picked & (1 << at) != 0).map(|(_, option)| json!(option)).collect()
}

/// The place of a value among those of its kind.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Rank {
    Text(String),
    Exact(i128),
    Number(f64),
    Option(usize),
    Flag(bool),
}

/// `None` for a missing value.
pub fn rank(kind: Kind, value: &Value) -> Option<Rank> {
    let text = || value.as_str().unwrap_or_else(|| panic!("{value} is no text"));
    if value.is_null() {
        return None;
    }
    Some(match kind {
        // For the texts above, the collation of the product is this.
        Kind::Text => Rank::Text(text().to_lowercase()),
        Kind::Id | Kind::Date | Kind::One(_) => Rank::Text(text().to_owned()),
        Kind::Int => Rank::Exact(value.as_i64().expect("a whole number").into()),
        Kind::Number => Rank::Number(value.as_f64().expect("a number")),
        Kind::Decimal => Rank::Exact(exact(value)),
        Kind::Money => Rank::Exact(exact(value.get("value").unwrap_or(value))),
        Kind::Flag => Rank::Flag(value.as_bool().expect("true or false")),
        Kind::Moment => {
            Rank::Exact(DateTime::parse_from_rfc3339(text()).expect("an instant").timestamp_micros().into())
        }
        Kind::Choice(options) => {
            Rank::Option(options.values.iter().position(|option| *option == text()).expect("an option"))
        }
        Kind::Tags(_) | Kind::Many { .. } => panic!("{kind:?} has no order"),
    })
}

/// A decimal in billionths.
pub fn exact(value: &Value) -> i128 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (sign, digits) = text.strip_prefix('-').map_or((1, &*text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = format!("{fraction:0<9}");
    sign * (whole.parse::<i128>().expect("digits") * 1_000_000_000 + fraction.parse::<i128>().expect("nine digits"))
}
