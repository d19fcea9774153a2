use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{FieldAnswer, FieldRow, change::Held, custom_kind, input::Reader, name, options, rows};
use crate::{
    catalog::{Catalog, IndexState, Kind, field::sentence_case, types},
    record::{UserError, code, shown},
};

/// Custom fields of one object, archived ones included.
const MOST: usize = 500;
const KEYS: [&str; 10] =
    ["name", "label", "description", "type", "required", "unique", "filterable", "searchable", "restricted", "options"];

/// Adds a custom field. A required one is asked of what is written from now on; records that are there may lack it.
pub async fn create_field(
    tx: &TenantTx,
    catalog: &Catalog,
    object: &str,
    input: &Map<String, Json>,
) -> Result<FieldAnswer, DbError> {
    let held = match Held::of(tx, catalog, object).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    if held.entries.len() >= MOST {
        let message = format!("{} has {MOST} fields of your own, the most there can be.", held.object.label);
        return Ok(held.refused(UserError::new(code::LIMIT_REACHED, message)));
    }
    match read(&held, input) {
        Ok(row) => {
            rows::insert(tx, &row).await?;
            held.changed(tx, &row).await
        }
        Err(errors) => Ok(FieldAnswer::refused(held.version, errors)),
    }
}

fn read(held: &Held, input: &Map<String, Json>) -> Result<FieldRow, Vec<UserError>> {
    // What belongs to types that are not there yet is not an error of its own.
    let unsupported =
        input.get("type").and_then(Json::as_str).is_some_and(|name| custom_kind(name, Vec::new()).is_none());
    let known: Vec<&str> = KEYS.into_iter().chain(["target", "inverse"].into_iter().filter(|_| unsupported)).collect();
    let mut reader = Reader::new(input, &known, &[]);
    let name = reader.text("name").unwrap_or_default().to_owned();
    if !reader.errors.iter().any(|error| error.field == ["input", "name"]) {
        match reader.value("name") {
            None => reader.refuse("name", UserError::new(code::REQUIRED, "A field needs a name.")),
            Some(_) => {
                if let Some(error) = name::refusal(&held.object, &held.entries, &name, None) {
                    reader.refuse("name", error);
                }
            }
        }
    }
    let (type_name, choices) = kind(&mut reader);
    let kind = custom_kind(&type_name, choices.clone());
    let row = FieldRow {
        id: Uuid::now_v7(),
        object: held.object.name.to_string(),
        label: reader.label().unwrap_or_else(|| sentence_case(&name)),
        description: reader.description(),
        required: reader.flag("required").unwrap_or(false),
        unique: reader.flag("unique").unwrap_or(false),
        filterable: reader.flag("filterable").unwrap_or(false),
        searchable: reader.flag("searchable").unwrap_or(false),
        restricted: reader.flag("restricted").unwrap_or(false),
        key: key(),
        name,
        type_name,
        choices,
        index: IndexState::None,
        index_error: None,
    };
    if let Some(kind) = kind {
        if row.unique && !can_be_unique(&kind) {
            reader.refuse("unique", UserError::invalid(format!("A field of type {} cannot be unique.", row.type_name)));
        }
        if row.searchable && !kind.is_text() {
            reader.refuse(
                "searchable",
                UserError::invalid(format!("A field of type {} cannot be searched.", row.type_name)),
            );
        }
    }
    if reader.errors.is_empty() { Ok(row) } else { Err(reader.errors) }
}

/// The type, with its options where it has some.
fn kind(reader: &mut Reader<'_>) -> (String, Vec<crate::catalog::Choice>) {
    let choices = options::read(reader);
    let Some(type_name) = reader.text("type") else {
        if reader.value("type").is_none() {
            reader.refuse(
                "type",
                UserError::new(code::REQUIRED, format!("A field needs a type: one of {}.", types::names())),
            );
        }
        return (String::new(), Vec::new());
    };
    match custom_kind(type_name, Vec::new()) {
        None => {
            let message = format!(
                "{} is not a type of custom fields. The types are {}.",
                shown(&type_name.into()),
                types::names()
            );
            reader.refuse("type", UserError::new(code::UNSUPPORTED_TYPE, message));
        }
        Some(kind) if kind.choices().is_some() && reader.value("options").is_none() => {
            reader.refuse("options", UserError::new(code::REQUIRED, "A select needs its options."));
        }
        Some(kind) if kind.choices().is_none() && reader.value("options").is_some() => {
            reader.refuse("options", UserError::invalid(format!("A field of type {type_name} has no options.")));
        }
        Some(_) => {}
    }
    (type_name.to_owned(), choices.unwrap_or_default())
}

pub(super) fn can_be_unique(kind: &Kind) -> bool {
    kind.value().is_some_and(|value| value.can_be_unique())
}

/// Under which the values are kept. Short, since every record repeats it, and never used a second time, since
/// the values of a deleted field stay behind.
fn key() -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("f{}", &random[..10])
}
