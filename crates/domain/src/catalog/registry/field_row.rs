//! The rows of `metadata_field` and the statements on them.

use std::sync::Arc;

use rapport_tenancy::{DbError, Row, TenantConn, TenantTx};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::catalog::{
    Choice, Choices, Field, IndexState, Kind, Source, Storage,
    field::{Privacy, sentence_case},
    types,
};

/// A tenant's own field; or the label and the options of a standard one, where the tenant changed them.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub struct FieldRow {
    pub id: Uuid,
    pub object: String,
    pub name: String,
    /// Under which the values are kept. Stays when the name changes.
    pub key: String,
    /// The other key, while a conversion goes on.
    pub shadow: Option<String>,
    pub label: String,
    pub description: Option<String>,
    pub type_name: String,
    pub required: bool,
    pub unique: bool,
    pub filterable: bool,
    pub searchable: bool,
    pub restricted: bool,
    pub choices: Vec<Choice>,
    pub settings: Settings,
    pub standard: bool,
    pub state: State,
    /// The version of the metadata that its last change made.
    pub changed_in: i64,
    pub index: IndexState,
    /// Why it has no index, where building it failed.
    pub index_error: Option<String>,
}

/// Whether a row is in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    /// Out of the graph; its values stay and it can come back.
    Archived,
    /// Gone for good: only its key is still taken.
    Deleted,
}

impl State {
    pub(super) const COLUMNS: &str = "archived_at IS NOT NULL, deleted_at IS NOT NULL";

    /// From [`Self::COLUMNS`], which start at `at`.
    pub(super) fn read(row: &Row, at: usize) -> Self {
        match (row.get(at), row.get(at + 1)) {
            (_, true) => Self::Deleted,
            (true, false) => Self::Archived,
            (false, false) => Self::Live,
        }
    }
}

/// What only some fields have.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    #[serde(skip_serializing_if = "is_none")]
    pub privacy: Privacy,
    /// From its creation on, for good.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub encrypted: bool,
    /// Where phone numbers without a country code are from: `DE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The object that a relation points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The list at the other end of a relation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inverse: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inverse_label: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_none(privacy: &Privacy) -> bool {
    *privacy == Privacy::None
}

impl FieldRow {
    const COLUMNS: &str = "id, object, name, key, label, description, type, required, is_unique, filterable, searchable, restricted, options, \
        settings, standard, changed_in, index_state, index_error, shadow";

    /// A live field of this type, with nothing special about it.
    pub fn new(object: &str, name: &str, type_name: &str) -> Self {
        Self {
            id: Uuid::now_v7(),
            object: object.to_owned(),
            name: name.to_owned(),
            key: name.to_owned(),
            shadow: None,
            label: sentence_case(name),
            description: None,
            type_name: type_name.to_owned(),
            required: false,
            unique: false,
            filterable: false,
            searchable: false,
            restricted: false,
            choices: Vec::new(),
            settings: Settings::default(),
            standard: false,
            state: State::Live,
            changed_in: 1,
            index: IndexState::None,
            index_error: None,
        }
    }

    fn read(row: &Row) -> Self {
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
            choices: serde_json::from_value(row.get(12)).unwrap_or_default(),
            settings: serde_json::from_value(row.get(13)).unwrap_or_default(),
            standard: row.get(14),
            changed_in: row.get(15),
            index: IndexState::read(row.get(16)),
            index_error: row.get(17),
            shadow: row.get(18),
            state: State::read(row, 19),
        }
    }

    /// The field in the graph. `None` for a type that this release does not know: it is left out, its values stay.
    pub fn field(&self) -> Option<Field> {
        let kind = match (&self.settings.target, self.type_name.as_str()) {
            (_, "USER") => Kind::One("User".into()),
            (Some(target), "RELATION") => Kind::One(target.as_str().into()),
            _ => types::named(&self.type_name, self.type_settings())?,
        };
        let mut field = Field::new(&self.name, kind);
        field.label = self.label.as_str().into();
        field.description = self.description.as_deref().map(Into::into);
        field.storage = Storage::Custom(self.key.as_str().into());
        field.shadow = self.shadow.as_deref().map(Into::into);
        field.required = self.required;
        field.unique = self.unique;
        field.filterable = self.filterable;
        field.index = self.index;
        field.index_error = self.index_error.as_deref().map(Into::into);
        field.searchable = self.searchable;
        field.restricted = self.restricted;
        field.encrypted = self.settings.encrypted;
        field.privacy = self.settings.privacy;
        field.help = self.settings.help.as_deref().map(Into::into);
        field.default.clone_from(&self.settings.default);
        field.source = Source::Caller;
        field.custom = true;
        Some(field)
    }

    fn type_settings(&self) -> types::Settings {
        types::Settings {
            choices: Some(Arc::new(Choices(self.choices.clone()))),
            region: self.settings.region.as_deref().map(Into::into),
        }
    }

    /// The other end of a relation: the object that has it, and the list.
    pub fn inverse(&self) -> Option<(String, Field)> {
        let target = if self.type_name == "USER" { "User" } else { self.settings.target.as_deref()? };
        let name = self.settings.inverse.as_deref()?;
        let mut field =
            Field::new(name, Kind::Many { target: self.object.as_str().into(), via: self.name.as_str().into() });
        if let Some(label) = &self.settings.inverse_label {
            field.label = label.as_str().into();
        }
        field.restricted = self.restricted;
        field.custom = true;
        Some((target.to_owned(), field))
    }

    pub(super) async fn insert(&self, tx: &TenantTx) -> Result<(), DbError> {
        let sql = format!(
            "INSERT INTO {schema}.metadata_field (id, object, name, key, label, description, type, required, is_unique, filterable, searchable, \
                restricted, options, settings, standard, changed_in, position) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, coalesce(max(position), 0) + 1 \
             FROM {schema}.metadata_field WHERE object = $2",
            schema = tx.scope().schema()
        );
        let (options, settings) = (json(&self.choices), json(&self.settings));
        let Self { id, object, name, key, label, description, type_name, required, unique, .. } = self;
        let Self { filterable, searchable, restricted, standard, changed_in, .. } = self;
        tx.execute(
            &sql,
            &[
                id,
                object,
                name,
                key,
                label,
                description,
                type_name,
                required,
                unique,
                filterable,
                searchable,
                restricted,
                &options,
                &settings,
                standard,
                changed_in,
            ],
        )
        .await
        .map(|_| ())
    }

    pub(super) async fn update(&self, tx: &TenantTx) -> Result<(), DbError> {
        let sql = format!(
            "UPDATE {}.metadata_field SET name = $2, label = $3, description = $4, required = $5, is_unique = $6, filterable = $7, \
                searchable = $8, restricted = $9, options = $10, settings = $11, index_state = $12, index_error = $13, changed_in = $14, \
                updated_at = now(), renamed = renamed OR name <> $2 WHERE id = $1",
            tx.scope().schema()
        );
        let (options, settings, index) = (json(&self.choices), json(&self.settings), self.index.as_str());
        let Self { id, name, label, description, required, unique, filterable, searchable, restricted, .. } = self;
        let Self { index_error, changed_in, .. } = self;
        tx.execute(
            &sql,
            &[
                id,
                name,
                label,
                description,
                required,
                unique,
                filterable,
                searchable,
                restricted,
                &options,
                &settings,
                &index,
                index_error,
                changed_in,
            ],
        )
        .await
        .map(|_| ())
    }

    pub(super) async fn set_state(&self, tx: &TenantTx, state: State) -> Result<(), DbError> {
        let sets = match state {
            State::Live => "archived_at = NULL, index_state = 'NONE', index_error = NULL",
            State::Archived => "archived_at = now(), index_state = 'NONE', index_error = NULL",
            State::Deleted => "deleted_at = now()",
        };
        let sql = format!("UPDATE {}.metadata_field SET {sets}, updated_at = now() WHERE id = $1", tx.scope().schema());
        tx.execute(&sql, &[&self.id]).await.map(|_| ())
    }
}

pub(super) async fn read(conn: &TenantConn, deleted: bool) -> Result<Vec<FieldRow>, DbError> {
    let sql = format!(
        "SELECT {}, {} FROM {}.metadata_field {} ORDER BY object, position, created_at, id",
        FieldRow::COLUMNS,
        State::COLUMNS,
        conn.scope().schema(),
        if deleted { "" } else { "WHERE deleted_at IS NULL" },
    );
    Ok(conn.query(&sql, &[]).await?.iter().map(FieldRow::read).collect())
}

pub(super) fn json(value: &impl serde::Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// The names of the types that custom fields can have, for messages.
pub(super) fn type_names() -> String {
    format!("{}, USER, RELATION", types::names())
}

/// The kind of a custom field of this type, or `None` where custom fields cannot have it.
pub fn custom_kind(type_name: &str, choices: Vec<Choice>) -> Option<Kind> {
    let choices = Some(Arc::new(Choices(choices)));
    types::named(type_name, types::Settings { choices, ..types::Settings::default() })
}
