use std::sync::Arc;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};

use super::{
    Answer, FieldRow, State, arrange,
    create::{check, check_indexes, has_options, privacy, region},
    held::{Done, Held, Refusal},
    input::Reader,
    name, options, relation,
};
use crate::{
    catalog::{Becomes, Catalog, Choice, Field, IndexState, Object, Source},
    record::{Origin, UserError, code},
    rights::FieldAccess,
};

/// What of a field of the tenant's own can change, its name aside.
pub(in crate::catalog) const CUSTOM: [&str; 14] = [
    "label",
    "description",
    "help",
    "required",
    "unique",
    "filterable",
    "searchable",
    "restricted",
    "privacy",
    "region",
    "default",
    "options",
    "inverse",
    "inverseLabel",
];
/// And of a standard one.
pub(in crate::catalog) const STANDARD: [&str; 2] = ["label", "options"];
/// What a field has from its creation on.
const FIXED: [&str; 4] = ["encrypted", "type", "target", "many"];

/// Changes a field of the tenant's own, or the label and the options of a standard one. Renaming touches no record.
/// With `if_version`, only where nobody changed the field since that version of the metadata.
pub async fn update_field(
    tx: &TenantTx,
    origin: &Origin,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
    if_version: Option<i64>,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        match object.field(name).filter(|field| !field.is_custom()) {
            Some(field) => update_standard(held, object, field, input, if_version).await,
            None => update_custom(held, object, name, input, if_version).await,
        }
    }
    .await;
    held.finish(done).await
}

async fn update_custom(
    held: &Held<'_>,
    object: &Arc<Object>,
    name: &str,
    input: &Map<String, Json>,
    if_version: Option<i64>,
) -> Result<Done, Refusal> {
    let before = held.own_field(object, name)?;
    Held::is_at(before, if_version)?;
    let mut reader = Reader::new("field", input, &[&["name"], &CUSTOM[..]].concat(), &FIXED);
    let mut row = before.clone();
    rename(&mut reader, held, object, &mut row);
    row.label = reader.label("label").unwrap_or(row.label);
    row.description = reader.changed("description", row.description, |reader| reader.note("description"));
    row.required = reader.flag("required").unwrap_or(row.required);
    row.unique = reader.flag("unique").unwrap_or(row.unique);
    row.filterable = reader.flag("filterable").unwrap_or(row.filterable);
    row.searchable = reader.flag("searchable").unwrap_or(row.searchable);
    row.restricted = reader.flag("restricted").unwrap_or(row.restricted);
    let reads = |field: &Field| held.rights.field(&held.catalog, object, field) >= FieldAccess::Read;
    if before.restricted && !row.restricted && !before.field().as_ref().is_some_and(reads) {
        let message = format!("You may not read {}, so you may not show it to others.", before.label);
        reader.refuse("restricted", UserError::new(code::BEYOND_YOURS, message));
    }
    let settings = &mut row.settings;
    settings.help = reader.changed("help", settings.help.take(), |reader| reader.note("help"));
    settings.region = reader.changed("region", settings.region.take(), region);
    settings.privacy = privacy(&mut reader).unwrap_or(settings.privacy);
    settings.default = reader.changed("default", settings.default.take(), |reader| reader.value("default").cloned());
    update_relation(&mut reader, held, object, &mut row);
    let field = before.field();
    if let (Some(choices), Some(field)) = (new_options(&mut reader, field.as_ref()), &field) {
        if let Some(error) = options::removal(held, object, field, &choices).await? {
            reader.refuse("options", error);
        }
        row.choices = choices;
    }
    check(&mut reader, object, &row);
    if !reader.errors.is_empty() {
        return Err(reader.errors.into());
    }
    check_indexes(held, object, &row).await?;
    if row.index == IndexState::Failed || row.unique != before.unique || row.filterable != before.filterable {
        (row.index, row.index_error) = (IndexState::None, None);
    }
    row.changed_in = held.next_version();
    row.update(held.tx).await?;
    if row.name != before.name {
        arrange::rename(held, &object.name, &before.name, &row.name).await?;
    }
    Ok(Done::field(object, &row))
}

fn rename(reader: &mut Reader<'_>, held: &Held<'_>, object: &Object, row: &mut FieldRow) {
    let Some(wanted) = reader.text("name") else { return };
    let relation_refusal = || {
        let is_new = relation::is_relation(&row.type_name) && wanted != row.name;
        if is_new { name::relation_refusal(held, object, wanted) } else { None }
    };
    match name::refusal(held, object, wanted, Some(&row.name)).or_else(relation_refusal) {
        Some(error) => reader.refuse("name", error),
        None => wanted.clone_into(&mut row.name),
    }
}

fn update_relation(reader: &mut Reader<'_>, held: &Held<'_>, object: &Object, row: &mut FieldRow) {
    let target = match row.type_name.as_str() {
        "USER" => Some("User"),
        _ => row.settings.target.as_deref(),
    };
    let Some(target) = target.and_then(|target| held.catalog.object(target)) else {
        relation::refuse_parts(reader, &["inverse", "inverseLabel"]);
        return;
    };
    let own = row.settings.inverse.clone();
    row.settings.inverse = reader.changed("inverse", own.clone(), |reader| {
        relation::inverse(reader, held, object, target, &row.name, own.as_deref())
    });
    row.settings.inverse_label =
        reader.changed("inverseLabel", row.settings.inverse_label.take(), |reader| reader.label("inverseLabel"));
}

async fn update_standard(
    held: &Held<'_>,
    object: &Arc<Object>,
    field: &Arc<Field>,
    input: &Map<String, Json>,
    if_version: Option<i64>,
) -> Result<Done, Refusal> {
    let mut reader = Reader::new("standard field", input, &STANDARD, &[&["name"], &CUSTOM[..], &FIXED].concat());
    let rows = &held.registry.fields;
    let known = rows.iter().find(|row| row.standard && row.object == *object.name && row.name == *field.name);
    let mut row = match known {
        Some(row) => row.clone(),
        None => standard_row(object, field),
    };
    Held::is_at(&row, if_version)?;
    row.label = reader.label("label").unwrap_or(row.label);
    if let Some(choices) = new_options(&mut reader, Some(field)) {
        if is_ruled(&held.catalog, object, field) && !same_values(field, &choices) {
            let message = format!(
                "Rules depend on the options of {}: only their labels, colours and order can change.",
                field.label
            );
            reader.refuse("options", UserError::new(code::IN_USE, message));
        }
        if let Some(error) = options::removal(held, object, field, &choices).await? {
            reader.refuse("options", error);
        }
        row.choices = choices;
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors.into());
    }
    row.changed_in = held.next_version();
    if known.is_some() {
        row.update(held.tx).await?;
    } else {
        row.insert(held.tx).await?;
    }
    let mut changed = Field::clone(field);
    changed.label = row.label.as_str().into();
    if changed.kind.choices().is_some() && !row.choices.is_empty() {
        changed.kind = changed.kind.with_choices(row.choices);
    }
    Ok(Done { object: Some(object.clone()), field: Some(Arc::new(changed)), changed: true })
}

/// The row of a standard field whose label or options a tenant changes. Empty options: those of the release.
fn standard_row(object: &Object, field: &Field) -> FieldRow {
    FieldRow {
        key: format!("standard:{}", field.name),
        label: field.label.to_string(),
        required: field.required,
        unique: field.unique,
        filterable: field.filterable,
        searchable: field.searchable,
        restricted: field.restricted,
        standard: true,
        state: State::Live,
        ..FieldRow::new(&object.name, &field.name, field.kind.type_name())
    }
}

fn new_options(reader: &mut Reader<'_>, field: Option<&Field>) -> Option<Vec<Choice>> {
    if !field.is_some_and(has_options) && reader.value("options").is_some() {
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
