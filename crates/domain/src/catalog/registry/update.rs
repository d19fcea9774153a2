use std::sync::Arc;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{FieldAnswer, FieldRow, change::Held, input::Reader, name, options, rows};
use crate::{
    catalog::{Becomes, Catalog, Choice, Field, IndexState, Object, Source},
    record::{UserError, code},
};

const CUSTOM: [&str; 8] =
    ["name", "label", "description", "options", "required", "filterable", "searchable", "restricted"];
const STANDARD: [&str; 2] = ["label", "options"];
const EVER: [&str; 10] =
    ["name", "label", "description", "options", "required", "filterable", "searchable", "restricted", "type", "unique"];

/// Changes a custom field, or the label and the options of a standard one. Renaming touches no record.
pub async fn update_field(
    tx: &TenantTx,
    catalog: &Catalog,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
) -> Result<FieldAnswer, DbError> {
    let held = match Held::of(tx, catalog, object).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    match held.object.field(name).filter(|field| !field.is_custom()) {
        Some(field) => update_standard(tx, catalog, &held, field, input).await,
        None => update_custom(tx, &held, name, input).await,
    }
}

async fn update_custom(
    tx: &TenantTx,
    held: &Held,
    name: &str,
    input: &Map<String, Json>,
) -> Result<FieldAnswer, DbError> {
    let entry = match held.custom(name) {
        Ok(entry) => entry,
        Err(error) => return Ok(held.refused(error)),
    };
    let mut reader = Reader::new(input, &CUSTOM, &EVER);
    let mut row = entry.row.clone();
    if let Some(wanted) = reader.text("name") {
        let refusal = name::refusal(&held.object, &held.entries, wanted, Some(name));
        if let Some(error) = refusal {
            reader.refuse("name", error);
        }
        row.name = wanted.to_owned();
    }
    row.label = reader.label().unwrap_or(row.label);
    if reader.is_given("description") {
        row.description = reader.description();
    }
    row.required = reader.flag("required").unwrap_or(row.required);
    row.filterable = reader.flag("filterable").unwrap_or(row.filterable);
    row.searchable = reader.flag("searchable").unwrap_or(row.searchable);
    row.restricted = reader.flag("restricted").unwrap_or(row.restricted);
    let field = entry.row.field();
    if row.searchable && !field.as_ref().is_some_and(|field| field.kind.is_text()) {
        reader
            .refuse("searchable", UserError::invalid(format!("A field of type {} cannot be searched.", row.type_name)));
    }
    if let (Some(choices), Some(field)) = (new_options(&mut reader, field.as_ref()), &field) {
        if let Some(error) = options::removal(tx, &held.object, field, &choices).await? {
            reader.refuse("options", error);
        }
        row.choices = choices;
    }
    if !reader.errors.is_empty() {
        return Ok(FieldAnswer::refused(held.version, reader.errors));
    }
    if row.index == IndexState::Failed || !(row.filterable || row.unique) {
        (row.index, row.index_error) = (IndexState::None, None);
    }
    rows::update(tx, &row).await?;
    held.changed(tx, &row).await
}

async fn update_standard(
    tx: &TenantTx,
    catalog: &Catalog,
    held: &Held,
    field: &Arc<Field>,
    input: &Map<String, Json>,
) -> Result<FieldAnswer, DbError> {
    let mut reader = Reader::new(input, &STANDARD, &EVER);
    let known = held.entries.iter().find(|entry| *entry.row.name == *field.name).map(|entry| entry.row.clone());
    let exists = known.is_some();
    let mut row = known.unwrap_or_else(|| standard_row(&held.object, field));
    row.label = reader.label().unwrap_or(row.label);
    if let Some(choices) = new_options(&mut reader, Some(field)) {
        if is_ruled(catalog, &held.object, field) && !same_values(field, &choices) {
            let message = format!(
                "Rules depend on the options of {}: only their labels, colours and order can change.",
                field.label
            );
            reader.refuse("options", UserError::new(code::IN_USE, message));
        }
        if let Some(error) = options::removal(tx, &held.object, field, &choices).await? {
            reader.refuse("options", error);
        }
        row.choices = choices;
    }
    if !reader.errors.is_empty() {
        return Ok(FieldAnswer::refused(held.version, reader.errors));
    }
    if exists {
        rows::update(tx, &row).await?;
    } else {
        rows::insert(tx, &row).await?;
    }
    let mut changed = Field::clone(field);
    changed.label = row.label.as_str().into();
    if changed.kind.choices().is_some() && !row.choices.is_empty() {
        changed.kind = changed.kind.with_choices(row.choices);
    }
    let metadata_version = rows::raise_version(tx).await?;
    Ok(FieldAnswer { field: Some(Arc::new(changed)), metadata_version, user_errors: Vec::new() })
}

/// The row of a standard field whose label or options a tenant changes. Empty options: those of the release.
fn standard_row(object: &Object, field: &Field) -> FieldRow {
    FieldRow {
        id: Uuid::now_v7(),
        object: object.name.to_string(),
        name: field.name.to_string(),
        key: field.name.to_string(),
        label: field.label.to_string(),
        description: None,
        type_name: field.kind.type_name().to_owned(),
        required: field.required,
        unique: field.unique,
        filterable: field.filterable,
        searchable: field.searchable,
        restricted: field.restricted,
        choices: Vec::new(),
        index: IndexState::None,
        index_error: None,
    }
}

fn new_options(reader: &mut Reader<'_>, field: Option<&Field>) -> Option<Vec<Choice>> {
    let has_options = field.is_some_and(|field| field.kind.choices().is_some());
    if !has_options && reader.value("options").is_some() {
        reader.refuse("options", UserError::invalid("A field of this type has no options."));
        return None;
    }
    options::read(reader)
}

/// Whether the engine acts on the values of a field.
fn is_ruled(catalog: &Catalog, object: &Object, field: &Field) -> bool {
    let follows = |other: &Object, follower: &Field| match &follower.source {
        Source::Follows { via, field: followed } => {
            (other.name == object.name && follower.name == field.name)
                || (*followed == field.name
                    && other.field(via).and_then(|via| via.kind.target()).is_some_and(|target| *target == object.name))
        }
        _ => false,
    };
    let acts = |value: &Becomes| matches!(value, Becomes::Value(_));
    object.stamps.iter().any(|stamp| stamp.when == field.name)
        || object
            .announcements
            .iter()
            .any(|announcement| announcement.field == field.name && acts(&announcement.becomes))
        || catalog.objects().iter().any(|other| other.fields().iter().any(|follower| follows(other, follower)))
}

fn same_values(field: &Field, choices: &[Choice]) -> bool {
    field.kind.choices().is_some_and(|known| {
        known.0.len() == choices.len() && choices.iter().all(|choice| known.contains(&choice.value))
    })
}
