//! What goes with a field that is encrypted.

use rapport_tenancy::{DbError, KeyError, TenantTx};

use super::{FieldRow, held::Refusal, input::Reader};
use crate::{
    catalog::{Field, Kind, Object, types::Shape},
    record::{Stored, UserError, code},
};

const UNAVAILABLE: &str = "Nothing can be encrypted here: the server has no master key that it can use.";

/// Refuses what would show the values.
pub(super) fn check(reader: &mut Reader<'_>, row: &FieldRow, field: &Field) {
    if !field.encrypted {
        return;
    }
    if matches!(field.kind, Kind::One(_)) {
        reader.refuse("encrypted", UserError::invalid("A relation cannot be encrypted."));
    }
    if row.searchable {
        reader.refuse("searchable", UserError::invalid("An encrypted field cannot be searched."));
    }
    if row.settings.default.is_some() {
        let message = "An encrypted field cannot have a default: that would be kept in the open.";
        reader.refuse("default", UserError::invalid(message));
    }
}

/// Makes the workspace's keys with its first encrypted field.
pub(super) async fn ensure_keys(tx: &TenantTx) -> Result<(), Refusal> {
    match tx.ensure_data_keys().await {
        Ok(()) => Ok(()),
        Err(KeyError::Database(error)) => Err(error.into()),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "An encrypted field could not be made");
            Err(UserError::new(code::ENCRYPTION_UNAVAILABLE, UNAVAILABLE).under("encrypted").under("input").into())
        }
    }
}

/// Refuses to take away options that records have, in the bin or not. Who has which of several cannot be told.
pub(super) async fn removal(
    tx: &TenantTx,
    object: &Object,
    field: &Field,
    removed: &[&str],
) -> Result<Option<UserError>, DbError> {
    let Some(key) = field.sealed_as() else { return Ok(None) };
    let rows = object.rows(tx.scope().schema());
    if field.kind.shape() == Shape::Options {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {rows} AS t WHERE custom ? $1)");
        let is_used = tx.query(&sql, &[&key]).await?.first().is_some_and(|row| row.get(0));
        let refusal =
            || UserError::new(code::IN_USE, "Records have values, and it cannot be told who has which option.");
        return Ok(is_used.then(refusal));
    }
    let ring = match tx.keyring().await {
        Ok(ring) => ring,
        Err(KeyError::Database(error)) => return Err(error),
        Err(_) => return Ok(Some(UserError::new(code::ENCRYPTION_UNAVAILABLE, UNAVAILABLE))),
    };
    let mut used = Vec::new();
    let sql = format!("SELECT count(*) FROM {rows} AS t WHERE custom->$1::text->>'b' = $2");
    for option in removed {
        let value = Stored::Text((*option).to_owned()).to_custom().to_string();
        let index = ring.index(&object.key(), key, value.as_bytes());
        let count: i64 = tx.query(&sql, &[&key, &index]).await?.first().map_or(0, |row| row.get(0));
        if count > 0 {
            used.push(format!("{option} by {count}"));
        }
    }
    let refusal = || UserError::new(code::IN_USE, format!("Records have options that would go: {}.", used.join(", ")));
    Ok((!used.is_empty()).then(refusal))
}
