//! The tenant's own metadata: rows of `metadata_field`, read into a [`Catalog`](super::Catalog).
//!
//! A row whose name is a standard field's changes that field's label and choices; any other row is
//! a custom field, its values kept under `key` in the `custom` column. Changes take the lock on the row of
//! `metadata_version`, so that one follows the other, and raise the version in the same transaction.

mod answer;
mod archive;
mod change;
mod create;
mod input;
mod name;
mod options;
mod rows;
mod update;

use std::sync::Arc;

use rapport_tenancy::{DbError, Role, Row, TenantConn};
use uuid::Uuid;

use super::{
    Catalog,
    field::{Field, Source, Storage},
    index::IndexState,
    kind::{Choice, Choices, Kind},
    object::Object,
    standard, types,
};

pub(super) use self::rows::set_index_state;
pub use self::{
    answer::FieldAnswer,
    archive::{archive_field, delete_field, restore_field},
    create::create_field,
    update::update_field,
};

/// One live row of `metadata_field`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub struct FieldRow {
    pub id: Uuid,
    pub object: String,
    pub name: String,
    pub key: String,
    pub label: String,
    pub description: Option<String>,
    pub type_name: String,
    pub required: bool,
    pub unique: bool,
    pub filterable: bool,
    pub searchable: bool,
    pub restricted: bool,
    pub choices: Vec<Choice>,
    pub index: IndexState,
    /// Why it has no index, where building it failed.
    pub index_error: Option<String>,
}

pub async fn version(conn: &TenantConn) -> Result<i64, DbError> {
    let sql = format!("SELECT version FROM {}.metadata_version", conn.scope().schema());
    Ok(conn.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

pub async fn live_fields(conn: &TenantConn) -> Result<Vec<FieldRow>, DbError> {
    let sql = format!(
        "SELECT {} FROM {}.metadata_field WHERE archived_at IS NULL ORDER BY object, position, created_at, id",
        FieldRow::COLUMNS,
        conn.scope().schema()
    );
    Ok(conn.query(&sql, &[]).await?.iter().map(FieldRow::read).collect())
}

impl FieldRow {
    const COLUMNS: &str = "id, object, name, key, label, description, type, required, is_unique, filterable, searchable, restricted, options, index_state, index_error";

    fn read(row: &Row) -> Self {
        let choices: serde_json::Value = row.get(12);
        Self {
            id: row.get(0),
            object: row.get(1),
            name: row.get(2),
            key: row.get(3),
            label: row.get(4),
            description: row.get(5),
            type_name: row.get(6),
            required: row.get(7),
            unique: row.get(8),
            filterable: row.get(9),
            searchable: row.get(10),
            restricted: row.get(11),
            choices: serde_json::from_value(choices).unwrap_or_default(),
            index: IndexState::read(row.get(13)),
            index_error: row.get(14),
        }
    }

    /// `None` for a type that this release does not know: the field is left out of the graph, its values stay.
    fn field(&self) -> Option<Field> {
        let kind = custom_kind(&self.type_name, self.choices.clone())?;
        let mut field = Field::new(&self.name, kind);
        field.label = self.label.as_str().into();
        field.description = self.description.as_deref().map(Into::into);
        field.storage = Storage::Custom(self.key.as_str().into());
        field.required = self.required;
        field.unique = self.unique;
        field.filterable = self.filterable;
        field.index = self.index;
        field.searchable = self.searchable;
        field.restricted = self.restricted;
        field.source = Source::Caller;
        field.custom = Some(self.id);
        Some(field)
    }
}

/// The kind of a custom field of this type, or `None` where custom fields cannot have it.
pub fn custom_kind(type_name: &str, choices: Vec<Choice>) -> Option<Kind> {
    let choices = Some(Arc::new(Choices(choices)));
    types::named(type_name, types::Settings { choices, ..types::Settings::default() })
}

impl Catalog {
    /// The standard objects with a tenant's own rows, as an owner sees them.
    pub fn with(rows: &[FieldRow]) -> Self {
        let objects = standard::objects().into_iter().map(|object| customised(object, rows)).collect();
        Self::of(objects, Role::Owner)
    }
}

fn customised(mut object: Object, rows: &[FieldRow]) -> Object {
    let name = object.name.clone();
    for row in rows.iter().filter(|row| *row.object == *name) {
        match object.field(&row.name) {
            Some(standard) if !standard.is_custom() => {
                let mut field = Field::clone(standard);
                field.label = row.label.as_str().into();
                if field.kind.choices().is_some() && !row.choices.is_empty() {
                    field.kind = field.kind.with_choices(row.choices.clone());
                }
                object.replace(field);
            }
            _ => {
                if let Some(field) = row.field() {
                    object.push(field);
                }
            }
        }
    }
    object
}
