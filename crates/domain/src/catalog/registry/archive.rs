//! Out of the graph, back into it, and gone.

use rapport_tenancy::{DbError, TenantTx};

use super::{FieldAnswer, change::Held, rows};
use crate::{
    catalog::Catalog,
    record::{UserError, code},
};

/// Takes a custom field out of the graph. Its values stay.
pub async fn archive_field(tx: &TenantTx, catalog: &Catalog, object: &str, name: &str) -> Result<FieldAnswer, DbError> {
    set_archived(tx, catalog, object, name, true).await
}

/// Brings an archived field back with its values.
pub async fn restore_field(tx: &TenantTx, catalog: &Catalog, object: &str, name: &str) -> Result<FieldAnswer, DbError> {
    set_archived(tx, catalog, object, name, false).await
}

async fn set_archived(
    tx: &TenantTx,
    catalog: &Catalog,
    object: &str,
    name: &str,
    archived: bool,
) -> Result<FieldAnswer, DbError> {
    let held = match Held::of(tx, catalog, object).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    match held.custom(name) {
        Err(error) => Ok(held.refused(error)),
        Ok(entry) if entry.archived == archived => Ok(held.unchanged(&entry.row)),
        Ok(entry) => {
            rows::set_archived(tx, entry.row.id, archived).await?;
            held.changed(tx, &entry.row).await
        }
    }
}

/// Deletes an archived field for good.
///
/// Its values stay in the records under a key that is never used again, where nothing reads them: taking them
/// out would rewrite every record in one transaction. They go with the record, or by a sweep in the background.
pub async fn delete_field(tx: &TenantTx, catalog: &Catalog, object: &str, name: &str) -> Result<FieldAnswer, DbError> {
    let held = match Held::of(tx, catalog, object).await? {
        Ok(held) => held,
        Err(refused) => return Ok(refused),
    };
    match held.custom(name) {
        Err(error) => Ok(held.refused(error)),
        Ok(entry) if !entry.archived => {
            let error = UserError::new(code::NOT_ARCHIVED, "Archive the field first: deleting it cannot be undone.");
            Ok(held.refused(error.under("name")))
        }
        Ok(entry) => {
            rows::delete(tx, entry.row.id).await?;
            held.changed(tx, &entry.row).await
        }
    }
}
