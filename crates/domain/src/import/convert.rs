//! Cells of a file as inputs of the record engine: text in, JSON out. What the engine checks by itself
//! (lengths, e-mail addresses, ranges) is left to it.

pub mod moment;
pub mod number;

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::{
    mapping::Format,
    problem::{Problem, code, did_you_mean},
};
use crate::catalog::{Choices, Kind};
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
            values.entry(folded(&choice.label)).or_insert_with(|| choice.value.to_string());
        }
        for choice in &choices.0 {
            values.insert(folded(&choice.value), choice.value.to_string());
        }
        Self { values, shown: choices.0.iter().map(|choice| choice.value.to_string()).collect() }
    }

    pub fn find(&self, text: &str) -> Option<&str> {
        self.values.get(&folded(text)).map(String::as_str)
    }
}

/// `Real estate`, `real-estate` and `REAL_ESTATE` are the same option.
fn folded(text: &str) -> String {
    text.trim().chars().map(|c| if c == '_' || c == '-' { ' ' } else { c }).flat_map(char::to_lowercase).collect()
}

/// A cell that is not empty as the value of a field of this kind. `currency` is that of the row, for money.
pub fn value(
    kind: &Kind,
    text: &str,
    format: &Format,
    options: &OptionNames,
    currency: Option<&str>,
) -> Result<Json, Problem> {
    match kind {
        Kind::Integer | Kind::Rating => whole(text, format),
        Kind::Number => number(text, format).map(|number| json!(number.to_string().parse::<f64>().unwrap_or_default())),
        Kind::Decimal => number(text, format).map(|number| json!(number.to_string())),
        Kind::Currency => money(text, format, currency),
        Kind::Boolean => boolean(text),
        Kind::Date => moment::date(text, format).map(Json::String).ok_or_else(|| no_date(text, "date", format)),
        Kind::DateTime => {
            moment::date_time(text, format).map(Json::String).ok_or_else(|| no_date(text, "date or time", format))
        }
        Kind::Select(_) => option(text, options).map(|value| json!(value)),
        Kind::MultiSelect(_) => {
            let parts = text.split(format.separator).map(str::trim).filter(|part| !part.is_empty());
            parts
                .map(|part| option(part, options).map(|value| json!(value)))
                .collect::<Result<Vec<_>, _>>()
                .map(Json::Array)
        }
        Kind::Json => serde_json::from_str(text)
            .map_err(|_| Problem::new(code::INVALID_JSON, format!("`{}` is not JSON.", short(text)))),
        _ => Ok(Json::String(text.to_owned())),
    }
}

fn number(text: &str, format: &Format) -> Result<Decimal, Problem> {
    let read = Decimal::written(text, format.decimal, format.thousands);
    let read = read.and_then(|number| format.multiplier.map_or(Some(number), |factor| number.times(factor)));
    read.ok_or_else(|| {
        let thousands = format.thousands.map(|sign| format!(" and thousands separator `{sign}`")).unwrap_or_default();
        let message = format!("`{}` is not a number with decimal sign `{}`{thousands}.", short(text), format.decimal);
        Problem::new(code::INVALID_NUMBER, message)
    })
}

fn whole(text: &str, format: &Format) -> Result<Json, Problem> {
    let number = number(text, format)?;
    let whole = number.is_whole().then(|| number.to_string().parse::<i32>().ok()).flatten();
    whole.map(Json::from).ok_or_else(|| {
        Problem::new(code::INVALID_NUMBER, format!("`{}` is not a whole number of 32 bits.", short(text)))
    })
}

fn money(text: &str, format: &Format, currency: Option<&str>) -> Result<Json, Problem> {
    let currency = currency.filter(|code| !code.is_empty()).ok_or_else(|| {
        Problem::new(
            code::INVALID_CURRENCY,
            "The amount has no currency; say `currency` or `currency_column` in the mapping.",
        )
    })?;
    let text = text.strip_suffix(currency).or_else(|| text.strip_prefix(currency)).unwrap_or(text);
    Ok(json!({ "value": number(text, format)?.to_string(), "currency": currency }))
}

fn boolean(text: &str) -> Result<Json, Problem> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "t" | "x" | "on" => Ok(json!(true)),
        "false" | "no" | "n" | "0" | "f" | "off" => Ok(json!(false)),
        _ => Err(Problem::new(
            code::INVALID_BOOLEAN,
            format!("`{}` is neither yes nor no; translate it with `values`.", short(text)),
        )),
    }
}

fn option<'o>(text: &str, options: &'o OptionNames) -> Result<&'o str, Problem> {
    options.find(text).ok_or_else(|| {
        let hint = did_you_mean(text, options.shown.iter().map(String::as_str));
        let message =
            format!("`{}` is none of the options; translate it with `values`, or say `unmatched`.{hint}", short(text));
        Problem::new(code::UNKNOWN_OPTION, message)
    })
}

fn no_date(text: &str, what: &str, format: &Format) -> Problem {
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
