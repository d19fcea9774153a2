//! The options of a select.

use std::collections::HashSet;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::Value as Json;

use super::{
    held::Held,
    input::{Reader, text_error},
    secret,
};
use crate::{
    catalog::{Choice, Field, Object, Storage, types::Shape},
    record::{UserError, code, shown},
};

pub(super) const MOST: usize = 200;
const LONGEST_VALUE: usize = 63;
const LABEL: usize = 100;
const COLOR: usize = 30;
const NOT_VALUES: [&str; 3] = ["TRUE", "FALSE", "NULL"];

/// The options given in `input`, with everything that is wrong with them.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Vec<Choice>> {
    let given = reader.value("options")?;
    let before = reader.errors.len();
    let items = given.as_array().map(Vec::as_slice);
    match items {
        None => {
            reader.refuse("options", UserError::invalid(format!("Expected a list of options, got {}.", shown(given))));
        }
        Some([]) => {
            reader.refuse("options", UserError::new(code::REQUIRED, "A select has one option at least."));
        }
        Some(items) if items.len() > MOST => {
            let message = format!("A select has at most {MOST} options, this has {}.", items.len());
            reader.refuse("options", UserError::new(code::LIMIT_REACHED, message));
        }
        Some(_) => {}
    }
    let (mut choices, mut seen) = (Vec::new(), HashSet::new());
    for (at, item) in items.unwrap_or_default().iter().take(MOST).enumerate() {
        match option(item) {
            Ok(choice) if seen.insert(choice.value.clone()) => choices.push(choice),
            Ok(choice) => {
                let error = UserError::new(code::DUPLICATE, format!("{} is there twice.", choice.value));
                reader.refuse("options", error.under("value").under(at.to_string()));
            }
            Err(error) => reader.refuse("options", error.under(at.to_string())),
        }
    }
    (reader.errors.len() == before).then_some(choices)
}

fn option(item: &Json) -> Result<Choice, UserError> {
    const KEYS: [&str; 3] = ["value", "label", "color"];
    let parts =
        item.as_object().ok_or_else(|| UserError::invalid(format!("Expected an option, got {}.", shown(item))))?;
    if let Some(other) = parts.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(UserError::new(code::UNKNOWN_FIELD, format!("An option has no `{other}`.")).under(other));
    }
    let text = |key: &str, limit: usize| match parts.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => match text_error(text, limit) {
            Some(error) => Err(error.under(key)),
            None => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        },
        Some(other) => Err(UserError::invalid(format!("Expected text, got {}.", shown(other))).under(key)),
    };
    let value = text("value", LONGEST_VALUE)?
        .ok_or_else(|| UserError::new(code::REQUIRED, "An option needs its value.").under("value"))?;
    if !is_value(value) {
        let message = format!(
            "{} is not an option's value: write capitals, digits and _, as in COLD_CALL.",
            shown(&value.into())
        );
        return Err(UserError::new(code::INVALID_NAME, message).under("value"));
    }
    let label = text("label", LABEL)?.map_or_else(|| label_of(value), str::to_owned);
    Ok(Choice { value: value.into(), label: label.into(), color: text("color", COLOR)?.map(Into::into) })
}

pub(super) fn is_value(text: &str) -> bool {
    let mut letters = text.bytes();
    letters.next().is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && !NOT_VALUES.contains(&text)
}

/// Whether a text that is there already can stand for an option.
pub(super) fn can_be_label(text: &str) -> bool {
    !text.is_empty() && text_error(text, LABEL).is_none()
}

/// `COLD_CALL` reads `Cold call`.
pub(in crate::catalog) fn label_of(value: &str) -> String {
    let words = value.to_ascii_lowercase().replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Refuses to take away options that records have, in the bin or not. Numbers are for callers who read the field of every
/// record.
pub(super) async fn removal(
    held: &Held<'_>,
    object: &Object,
    field: &Field,
    kept: &[Choice],
) -> Result<Option<UserError>, DbError> {
    let error = used(held.tx, object, field, kept).await?;
    let is_told = || held.rights.shows_all(&held.catalog, object, field);
    Ok(error.map(|error| match error.code {
        code::IN_USE if !is_told() => UserError::new(code::IN_USE, "Records have options that would go."),
        _ => error,
    }))
}

async fn used(tx: &TenantTx, object: &Object, field: &Field, kept: &[Choice]) -> Result<Option<UserError>, DbError> {
    let is_kept = |value: &str| kept.iter().any(|choice| *choice.value == *value);
    let choices = field.kind.choices().map(|choices| choices.0.as_slice()).unwrap_or_default();
    let removed: Vec<&str> = choices.iter().map(|choice| &*choice.value).filter(|value| !is_kept(value)).collect();
    if removed.is_empty() {
        return Ok(None);
    }
    if field.encrypted {
        return secret::removal(tx, object, field, &removed).await;
    }
    let rows = object.rows(tx.scope().schema());
    let values = match (&field.storage, field.kind.shape()) {
        (Storage::Column(name), _) => {
            format!("SELECT \"{name}\" AS value FROM {rows} AS t")
        }
        (Storage::Custom(key), Shape::Options) => format!(
            "SELECT jsonb_array_elements_text(custom->'{key}') AS value FROM {rows} AS t WHERE custom ? '{key}'"
        ),
        (Storage::Custom(key), _) => {
            format!("SELECT custom->>'{key}' AS value FROM {rows} AS t")
        }
        _ => return Ok(None),
    };
    let sql =
        format!("SELECT value, count(*) FROM ({values}) AS held WHERE value = ANY($1) GROUP BY value ORDER BY value");
    let used: Vec<String> = tx
        .query(&sql, &[&removed])
        .await?
        .iter()
        .map(|row| format!("{} by {}", row.get::<_, String>(0), row.get::<_, i64>(1)))
        .collect();
    let refusal = || UserError::new(code::IN_USE, format!("Records have options that would go: {}.", used.join(", ")));
    Ok((!used.is_empty()).then(refusal))
}
