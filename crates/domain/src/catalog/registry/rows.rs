//! The statements on `metadata_field` and `metadata_version`.

use rapport_tenancy::{DbError, TenantTx};
use uuid::Uuid;

use super::FieldRow;
use crate::catalog::{Choice, IndexState};

/// One row, live or archived.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub row: FieldRow,
    pub archived: bool,
}

/// Waits for other changes of the registry, and keeps them waiting until the transaction ends.
pub(super) async fn lock(tx: &TenantTx) -> Result<i64, DbError> {
    let sql = format!("SELECT version FROM {}.metadata_version FOR UPDATE", tx.scope().schema());
    Ok(tx.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

pub(super) async fn raise_version(tx: &TenantTx) -> Result<i64, DbError> {
    let sql = format!("UPDATE {}.metadata_version SET version = version + 1 RETURNING version", tx.scope().schema());
    Ok(tx.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

pub(super) async fn of_object(tx: &TenantTx, object: &str) -> Result<Vec<Entry>, DbError> {
    let sql = format!(
        "SELECT {}, archived_at IS NOT NULL FROM {}.metadata_field WHERE object = $1 ORDER BY position, created_at, id",
        FieldRow::COLUMNS,
        tx.scope().schema()
    );
    let rows = tx.query(&sql, &[&object]).await?;
    Ok(rows.iter().map(|row| Entry { row: FieldRow::read(row), archived: row.get(15) }).collect())
}

pub(super) async fn insert(tx: &TenantTx, row: &FieldRow) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO {schema}.metadata_field
           (id, object, name, key, label, description, type, required, is_unique, filterable, searchable, restricted, options, position)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, coalesce(max(position), 0) + 1
         FROM {schema}.metadata_field WHERE object = $2",
        schema = tx.scope().schema()
    );
    let FieldRow {
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
        ..
    } = row;
    let options = json(&row.choices);
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
        ],
    )
    .await
    .map(|_| ())
}

pub(super) async fn update(tx: &TenantTx, row: &FieldRow) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE {}.metadata_field SET name = $2, label = $3, description = $4, required = $5, filterable = $6, searchable = $7,
                restricted = $8, options = $9, index_state = $10, index_error = $11, updated_at = now() WHERE id = $1",
        tx.scope().schema()
    );
    let FieldRow { id, name, label, description, required, filterable, searchable, restricted, index_error, .. } = row;
    let (options, index) = (json(&row.choices), row.index.as_str());
    tx.execute(
        &sql,
        &[id, name, label, description, required, filterable, searchable, restricted, &options, &index, index_error],
    )
    .await
    .map(|_| ())
}

pub(super) async fn set_archived(tx: &TenantTx, id: Uuid, archived: bool) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE {}.metadata_field SET archived_at = CASE WHEN $2 THEN now() END, index_state = 'NONE', index_error = NULL,
                updated_at = now() WHERE id = $1",
        tx.scope().schema()
    );
    tx.execute(&sql, &[&id, &archived]).await.map(|_| ())
}

/// Where a field's index is on its way. Raises the version: nodes learn of it as of any other change.
pub(in crate::catalog) async fn set_index_state(
    tx: &TenantTx,
    id: Uuid,
    state: IndexState,
    error: Option<&str>,
) -> Result<(), DbError> {
    lock(tx).await?;
    let sql =
        format!("UPDATE {}.metadata_field SET index_state = $2, index_error = $3 WHERE id = $1", tx.scope().schema());
    tx.execute(&sql, &[&id, &state.as_str(), &error]).await?;
    raise_version(tx).await.map(|_| ())
}

pub(super) async fn delete(tx: &TenantTx, id: Uuid) -> Result<(), DbError> {
    let sql = format!("DELETE FROM {}.metadata_field WHERE id = $1", tx.scope().schema());
    tx.execute(&sql, &[&id]).await.map(|_| ())
}

fn json(choices: &[Choice]) -> serde_json::Value {
    serde_json::to_value(choices).unwrap_or_default()
}
