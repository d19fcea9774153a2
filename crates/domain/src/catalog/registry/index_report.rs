//! Where the indexes of fields are on their way, and what is in it.

use std::collections::HashMap;

use rapport_tenancy::{DbError, Row, TenantConn, TenantTx};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::catalog::IndexState;

/// How far the index of a field is, and what keeps it from being built.
#[derive(Debug, Clone, Default)]
pub struct IndexReport {
    /// From 0 to 1, while it is being built.
    pub progress: Option<f32>,
    /// Values that several records have, each with some of them, where it would be unique.
    pub clashes: Vec<Clash>,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Clash {
    pub value: String,
    pub records: Vec<Uuid>,
}

/// What is to be said of the indexes of fields that are not ready, by object and key.
pub async fn index_reports(conn: &TenantConn) -> Result<HashMap<(String, String), IndexReport>, DbError> {
    let sql = format!(
        "SELECT object, key, index_progress, index_clashes FROM {}.metadata_field WHERE index_state IN ('BUILDING', 'FAILED')",
        conn.scope().schema()
    );
    let report = |row: &Row| IndexReport {
        progress: row.get(2),
        clashes: row
            .get::<_, Option<Json>>(3)
            .and_then(|clashes| serde_json::from_value(clashes).ok())
            .unwrap_or_default(),
    };
    Ok(conn.query(&sql, &[]).await?.iter().map(|row| ((row.get(0), row.get(1)), report(row))).collect())
}

/// Where a field's index is on its way. Raises the version: nodes learn of it as of any other change.
pub(in crate::catalog) async fn set_index_state(
    tx: &TenantTx,
    object: &str,
    key: &str,
    state: IndexState,
    error: Option<&str>,
) -> Result<(), DbError> {
    super::lock(tx).await?;
    let sql = format!(
        "UPDATE {}.metadata_field SET index_state = $3, index_error = $4, index_progress = NULL WHERE object = $1 AND key = $2",
        tx.scope().schema()
    );
    tx.execute(&sql, &[&object, &key, &state.as_str(), &error]).await?;
    super::raise_version(tx).await.map(|_| ())
}
