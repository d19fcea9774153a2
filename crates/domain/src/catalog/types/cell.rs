//! Cells of a file: read as inputs, and written. What a type checks by itself when it takes an input (lengths, e-mail
//! addresses, ranges) is left to it.

pub(super) mod moment;
pub mod number;

use std::collections::HashMap;

use serde_json::Value as Json;

pub use crate::import::mapping::Format;
use crate::{
    catalog::Choices,
    import::{Problem, code, did_you_mean},
    record::Stored,
};
use number::Decimal;

/// The options of a select by whatever a file may call them: value or label, in any case.
#[derive(Debug, Clone, Default)]
pub struct OptionNames {
    values: HashMap<String, String>,
    shown: Vec<String>,
}

impl OptionNames {
    pub fn of(choices: &Choices) -> Self {
        let mut values = HashMap::new();
        for choice in &choices.0 {
            values.entry(Self::folded(&choice.label)).or_insert_with(|| choice.value.to_string());
        }
        for choice in &choices.0 {
            values.insert(Self::folded(&choice.value), choice.value.to_string());
        }
        Self { values, shown: choices.0.iter().map(|choice| choice.value.to_string()).collect() }
    }

    pub fn find(&self, text: &str) -> Option<&str> {
        self.values.get(&Self::folded(text)).map(String::as_str)
    }

    /// `Real estate`, `real-estate` and `REAL_ESTATE` are the same option.
    pub fn folded(text: &str) -> String {
        text.trim().chars().map(|c| if c == '_' || c == '-' { ' ' } else { c }).flat_map(char::to_lowercase).collect()
    }
}

/// A cell that is not empty, and how its file writes values.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    pub text: &'a str,
    pub format: &'a Format,
    pub options: &'a OptionNames,
    /// That of the row, for money.
    pub currency: Option<&'a str>,
}

/// A value as a cell, where its type has no way of its own.
pub(super) fn written(value: &Stored) -> String {
    match value {
        Stored::Money(money) => format!("{} {}", money.value(), money.currency),
        Stored::Options(values) => values.join(&Format::default().separator.to_string()),
        Stored::Document(document) => document.to_string(),
        // 10, not 10.0.
        Stored::Number(_) => value.to_custom().to_string(),
        other => match other.to_graph() {
            Json::String(text) => text,
            plain => plain.to_string(),
        },
    }
}

pub(super) fn number(&Cell { text, format, .. }: &Cell<'_>) -> Result<Decimal, Problem> {
    let read = Decimal::written(text, format.decimal, format.thousands);
    let read = read.and_then(|number| format.multiplier.map_or(Some(number), |factor| number.times(factor)));
    read.ok_or_else(|| {
        let thousands = format.thousands.map(|sign| format!(" and thousands separator `{sign}`")).unwrap_or_default();
        let message = format!("`{}` is not a number with decimal sign `{}`{thousands}.", short(text), format.decimal);
        Problem::new(code::INVALID_NUMBER, message)
    })
}

pub(super) fn whole(cell: &Cell<'_>) -> Result<Json, Problem> {
    let number = number(cell)?;
    let whole = number.is_whole().then(|| number.to_string().parse::<i32>().ok()).flatten();
    whole.map(Json::from).ok_or_else(|| {
        Problem::new(code::INVALID_NUMBER, format!("`{}` is not a whole number of 32 bits.", short(cell.text)))
    })
}

pub(super) fn option<'o>(text: &str, options: &'o OptionNames) -> Result<&'o str, Problem> {
    options.find(text).ok_or_else(|| {
        let hint = did_you_mean(text, options.shown.iter().map(String::as_str));
        let message =
            format!("`{}` is none of the options; translate it with `values`, or say `unmatched`.{hint}", short(text));
        Problem::new(code::UNKNOWN_OPTION, message)
    })
}

pub(super) fn no_date(&Cell { text, format, .. }: &Cell<'_>, what: &str) -> Problem {
    Problem::new(
        code::INVALID_DATE,
        format!("`{}` is not a {what} in the form {}.", short(text), moment::expected(format)),
    )
}

/// A cell as a message shows it.
pub fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut out: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
