//! Objects of a tenant's own: made and changed.

use std::sync::Arc;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    Answer, FieldRow, ObjectRow, State,
    held::{Done, Held, Refusal, fresh_key},
    input::Reader,
    limit::Limit,
    name::{self, Taken},
};
use crate::{
    catalog::{Field, Object, Storage, field::sentence_case, object::lower_first},
    record::{Origin, UserError, code, shown},
};

const CREATE: [&str; 6] = ["name", "plural", "label", "labelPlural", "description", "nameField"];
const UPDATE: [&str; 4] = ["label", "labelPlural", "description", "nameField"];
const STANDARD: [&str; 2] = ["label", "labelPlural"];

/// What stands for a record of a new object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    NewField,
    /// Nothing yet: whoever makes it brings the field later.
    Nothing,
}

/// Adds an object, with the text field that names its records. `taken` knows what else the graph calls by its names.
pub async fn create_object(
    tx: &TenantTx,
    origin: &Origin,
    input: &Map<String, Json>,
    taken: &Taken<'_>,
) -> Result<Answer, DbError> {
    create(tx, origin, input, taken, NamedBy::NewField).await
}

/// Adds an object without any field of its own.
pub(in crate::catalog) async fn create_bare_object(
    tx: &TenantTx,
    origin: &Origin,
    input: &Map<String, Json>,
    taken: &Taken<'_>,
) -> Result<Answer, DbError> {
    create(tx, origin, input, taken, NamedBy::Nothing).await
}

async fn create(
    tx: &TenantTx,
    origin: &Origin,
    input: &Map<String, Json>,
    taken: &Taken<'_>,
    named_by: NamedBy,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let rows = || held.registry.objects.iter().filter(|row| !row.standard);
        let count = rows().filter(|row| row.state != State::Deleted).count();
        Limit::Objects.allows(held, count, "objects of your own").await??;
        let mut reader = Reader::new("object", input, &CREATE, &[]);
        let mut row = read(&mut reader);
        let object = row.object();
        let unnamed = reader.errors.iter().any(|error| matches!(error.field[1].as_str(), "name" | "plural"));
        if !unnamed {
            for (key, error) in name::object_refusals(held, &object, taken) {
                reader.refuse(key, error);
            }
        }
        let name_field = reader.text("nameField").unwrap_or("name").to_owned();
        if named_by == NamedBy::NewField
            && let Some(error) = name::refusal(held, &object, &name_field, None)
        {
            reader.refuse("nameField", error);
        }
        if !reader.errors.is_empty() {
            return Err(reader.errors.into());
        }
        row.key = fresh_key(&row.name, rows().map(|row| row.key.as_str()));
        if named_by == NamedBy::Nothing {
            row.insert(tx).await?;
            return Ok(Done::object(Arc::new(object)));
        }
        let keys = held.registry.fields.iter().filter(|other| other.object == row.name).map(|other| other.key.as_str());
        let key = fresh_key(&name_field, keys);
        row.name_field = Some(key.clone());
        row.insert(tx).await?;
        let named_by = FieldRow {
            key,
            filterable: true,
            searchable: true,
            changed_in: held.next_version(),
            ..FieldRow::new(&row.name, &name_field, "TEXT")
        };
        named_by.insert(tx).await?;
        Ok(Done::object(Arc::new(object)))
    }
    .await;
    held.finish(done).await
}

fn read(reader: &mut Reader<'_>) -> ObjectRow {
    let mut text = |key: &str, message: &str| {
        let text = reader.text(key).unwrap_or_default().trim().to_owned();
        if reader.value(key).is_none() {
            reader.refuse(key, UserError::new(code::REQUIRED, message));
        }
        text
    };
    let name = text("name", "An object needs a name: `Membership`.");
    let plural = lower_first(&text("plural", "An object needs the name of several of its records: `memberships`."));
    ObjectRow {
        id: Uuid::now_v7(),
        label: reader.label("label").unwrap_or_else(|| sentence_case(&lower_first(&name))),
        label_plural: reader.label("labelPlural").unwrap_or_else(|| sentence_case(&plural)),
        description: reader.note("description"),
        key: name.clone(),
        name,
        plural,
        name_field: None,
        standard: false,
        state: State::Live,
    }
}

/// Changes an object of the tenant's own, or the labels of a standard one. Its name stays.
pub async fn update_object(
    tx: &TenantTx,
    origin: &Origin,
    name: &str,
    input: &Map<String, Json>,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        if let Some(object) = held.catalog.object(name).filter(|object| object.custom.is_none()) {
            return update_standard(held, object, input).await;
        }
        let mut row = held.own_object(name)?.clone();
        let mut reader = Reader::new("object", input, &UPDATE, &CREATE);
        row.label = reader.label("label").unwrap_or(row.label);
        row.label_plural = reader.label("labelPlural").unwrap_or(row.label_plural);
        row.description = reader.changed("description", row.description, |reader| reader.note("description"));
        if let Some(wanted) = reader.text("nameField") {
            match key_of_name_field(held, name, wanted) {
                Ok(key) => row.name_field = Some(key),
                Err(error) => reader.refuse("nameField", error),
            }
        }
        finish(held, reader, &row, true).await
    }
    .await;
    held.finish(done).await
}

async fn update_standard(held: &Held<'_>, object: &Arc<Object>, input: &Map<String, Json>) -> Result<Done, Refusal> {
    let mut reader = Reader::new("standard object", input, &STANDARD, &CREATE);
    let known = held.registry.objects.iter().find(|row| row.standard && row.name == *object.name);
    let mut row = known.cloned().unwrap_or_else(|| ObjectRow {
        id: Uuid::now_v7(),
        name: object.name.to_string(),
        plural: format!("standard:{}", object.plural),
        key: format!("standard:{}", object.name),
        label: object.label.to_string(),
        label_plural: object.label_plural.to_string(),
        description: None,
        name_field: None,
        standard: true,
        state: State::Live,
    });
    row.label = reader.label("label").unwrap_or(row.label);
    row.label_plural = reader.label("labelPlural").unwrap_or(row.label_plural);
    finish(held, reader, &row, known.is_some()).await
}

async fn finish(held: &Held<'_>, reader: Reader<'_>, row: &ObjectRow, exists: bool) -> Result<Done, Refusal> {
    if !reader.errors.is_empty() {
        return Err(reader.errors.into());
    }
    if exists {
        row.update(held.tx).await?;
    } else {
        row.insert(held.tx).await?;
    }
    Ok(Done::object(held.catalog.object(&row.name).cloned().unwrap_or_else(|| Arc::new(row.object()))))
}

/// The field that stands for a record is a text of the object's own.
fn key_of_name_field(held: &Held<'_>, object: &str, wanted: &str) -> Result<String, UserError> {
    let field = held.catalog.object(object).and_then(|object| object.field(wanted));
    // One that is on its way to another type may be no text soon.
    let can_name = |field: &Arc<Field>| field.kind.is_text() && !field.encrypted && field.shadow.is_none();
    match field.map(|field| (&field.storage, can_name(field))) {
        Some((Storage::Custom(key), true)) => Ok(key.to_string()),
        Some(_) => Err(UserError::invalid(format!("{} is no text of this object's own.", shown(&wanted.into())))),
        None => Err(UserError::new(code::NOT_FOUND, format!("There is no field {}.", shown(&wanted.into())))),
    }
}
