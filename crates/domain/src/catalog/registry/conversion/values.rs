//! The options of a select, made from the texts that records have.

use std::collections::HashSet;

use rapport_tenancy::TenantTx;
use serde_json::Value as Json;

use super::{
    super::{FieldRow, held::Refusal, options},
    form::Form,
};
use crate::{
    catalog::{
        Choice, Object,
        types::cell::{Format, OptionNames},
    },
    record::{UserError, code},
};

/// Values that differ in more than what [`OptionNames`] makes of them.
const MOST_READ: i64 = 5_000;
const LONGEST_NAME: usize = 58;

/// One for each text that is there, in order; texts that differ in case alone are one option.
pub(super) async fn options(
    tx: &TenantTx,
    object: &Object,
    row: &FieldRow,
    type_name: &str,
) -> Result<Vec<Choice>, Refusal> {
    let sql = format!(
        "SELECT DISTINCT custom->$1::text FROM {} AS t WHERE custom ? $1 LIMIT {MOST_READ}",
        object.rows(tx.scope().schema())
    );
    let before = Form::of(row);
    let several = type_name == "MULTI_SELECT";
    let mut labels: Vec<String> = Vec::new();
    for found in tx.query(&sql, &[&row.key]).await? {
        let text = before.written(&found.get::<_, Json>(0));
        let parts: Vec<&str> = if several { text.split(Format::default().separator).collect() } else { vec![&text] };
        labels.extend(parts.into_iter().map(str::trim).filter(|part| options::can_be_label(part)).map(str::to_owned));
    }
    labels.sort_unstable_by_key(|label| (label.to_lowercase(), label.clone()));
    let refuse = |error: UserError| Refusal::from(error.under("optionsFromValues").under("input"));
    let choices = named(labels);
    match choices.len() {
        0 => Err(refuse(UserError::new(code::REQUIRED, "No record has a value that could be an option."))),
        many if many > options::MOST => Err(refuse(UserError::new(
            code::LIMIT_REACHED,
            format!("The records have more than {} values; a select has no more options.", options::MOST),
        ))),
        _ => Ok(choices),
    }
}

fn named(labels: Vec<String>) -> Vec<Choice> {
    let mut known = HashSet::new();
    let mut taken = HashSet::new();
    let mut choices = Vec::new();
    for label in labels {
        if !known.insert(OptionNames::folded(&label)) {
            continue;
        }
        let name = name_of(&label);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        let value = free.unwrap_or(name);
        taken.insert(value.clone());
        choices.push(Choice { value: value.as_str().into(), label: label.as_str().into(), color: None });
    }
    choices
}

/// `Cold call` is `COLD_CALL`, `42` is `V_42`.
fn name_of(label: &str) -> String {
    let letters = label.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { ' ' });
    let words: Vec<String> = letters.collect::<String>().split_whitespace().map(str::to_owned).collect();
    let mut name = words.join("_");
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) || !options::is_value(&name) {
        name = if name.is_empty() { "OPTION".to_owned() } else { format!("V_{name}") };
    }
    name.truncate(LONGEST_NAME);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_an_option_of_its_own_that_can_be_named() {
        let labels = ["Cold call", "cold-call", "42", "true", "Ärger", "é", "日本", "A B", "a/b"];
        let choices = named(labels.into_iter().map(str::to_owned).collect());
        let shown: Vec<_> = choices.iter().map(|choice| format!("{} {}", choice.value, choice.label)).collect();
        assert_eq!(
            shown,
            [
                "COLD_CALL Cold call",
                "V_42 42",
                "V_TRUE true",
                "RGER Ärger",
                "OPTION é",
                "OPTION_2 日本",
                "A_B A B",
                "A_B_2 a/b"
            ]
        );
    }
}
