//! The rows of `metadata_object` and the statements on them.

use rapport_tenancy::{DbError, Row, TenantConn, TenantTx};
use uuid::Uuid;

use super::State;
use crate::catalog::Object;

/// A tenant's own object; or the labels of a standard one, where the tenant changed them.
#[derive(Debug, Clone)]
pub struct ObjectRow {
    pub id: Uuid,
    /// Name of the type in the graph. It stays.
    pub name: String,
    /// Name of several in operations.
    pub plural: String,
    /// What marks its records in the table that such objects share.
    pub key: String,
    pub label: String,
    pub label_plural: String,
    pub description: Option<String>,
    /// The key of the field that stands for a record where one line must do.
    pub name_field: Option<String>,
    pub standard: bool,
    pub state: State,
}

impl ObjectRow {
    const COLUMNS: &str = "id, name, plural, key, label, label_plural, description, name_field, standard";

    fn read(row: &Row) -> Self {
        Self {
            id: row.get(0),
            name: row.get(1),
            plural: row.get(2),
            key: row.get(3),
            label: row.get(4),
            label_plural: row.get(5),
            description: row.get(6),
            name_field: row.get(7),
            standard: row.get(8),
            state: State::read(row, 9),
        }
    }

    /// The object without the fields of its own.
    pub fn object(&self) -> Object {
        Object::custom(&self.name, &self.plural, &self.key)
            .labels(&self.label, &self.label_plural)
            .describe(self.description.as_deref().unwrap_or_default())
    }

    pub(super) async fn insert(&self, tx: &TenantTx) -> Result<(), DbError> {
        let sql = format!(
            "INSERT INTO {}.metadata_object ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            tx.scope().schema(),
            Self::COLUMNS
        );
        let Self { id, name, plural, key, label, label_plural, description, name_field, standard, .. } = self;
        tx.execute(&sql, &[id, name, plural, key, label, label_plural, description, name_field, standard])
            .await
            .map(|_| ())
    }

    pub(super) async fn update(&self, tx: &TenantTx) -> Result<(), DbError> {
        let sql = format!(
            "UPDATE {}.metadata_object SET label = $2, label_plural = $3, description = $4, name_field = $5, updated_at = now() WHERE id = $1",
            tx.scope().schema()
        );
        let Self { id, label, label_plural, description, name_field, .. } = self;
        tx.execute(&sql, &[id, label, label_plural, description, name_field]).await.map(|_| ())
    }

    pub(super) async fn set_state(&self, tx: &TenantTx, state: State) -> Result<(), DbError> {
        let sets = match state {
            State::Live => "archived_at = NULL",
            State::Archived => "archived_at = now()",
            State::Deleted => "deleted_at = now()",
        };
        let sql =
            format!("UPDATE {}.metadata_object SET {sets}, updated_at = now() WHERE id = $1", tx.scope().schema());
        tx.execute(&sql, &[&self.id]).await.map(|_| ())
    }
}

pub(super) async fn read(conn: &TenantConn, deleted: bool) -> Result<Vec<ObjectRow>, DbError> {
    let sql = format!(
        "SELECT {}, {} FROM {}.metadata_object {} ORDER BY created_at, id",
        ObjectRow::COLUMNS,
        State::COLUMNS,
        conn.scope().schema(),
        if deleted { "" } else { "WHERE deleted_at IS NULL" },
    );
    Ok(conn.query(&sql, &[]).await?.iter().map(ObjectRow::read).collect())
}
