//! What every change of the registry begins with.

use std::sync::Arc;

use rapport_tenancy::{DbError, Role, TenantTx};

use super::{
    FieldAnswer, FieldRow,
    rows::{self, Entry},
};
use crate::{
    catalog::{Catalog, Object},
    record::{UserError, code},
};

/// The registry of one object, held for a change.
pub(super) struct Held {
    pub object: Arc<Object>,
    pub version: i64,
    pub entries: Vec<Entry>,
}

impl Held {
    /// Refused to all but owners, and where there is no such object.
    pub async fn of(tx: &TenantTx, catalog: &Catalog, object: &str) -> Result<Result<Self, FieldAnswer>, DbError> {
        if catalog.role() != Role::Owner {
            let error = UserError::new(code::FORBIDDEN, "Only owners of the workspace may change its fields.");
            return Ok(Err(FieldAnswer::refused(super::version(tx).await?, vec![error])));
        }
        let version = rows::lock(tx).await?;
        let Some(object) = catalog.object(object) else {
            let error = UserError::new(code::NOT_FOUND, "There is no object of this name.").under("object");
            return Ok(Err(FieldAnswer::refused(version, vec![error])));
        };
        let entries = rows::of_object(tx, &object.name).await?;
        Ok(Ok(Self { object: object.clone(), version, entries }))
    }

    pub fn refused(&self, error: UserError) -> FieldAnswer {
        FieldAnswer::refused(self.version, vec![error])
    }

    /// The registry's row of a custom field.
    pub fn custom(&self, name: &str) -> Result<&Entry, UserError> {
        let standard = self.object.field(name).is_some_and(|field| !field.is_custom());
        match self.entries.iter().find(|entry| entry.row.name == name) {
            _ if standard => Err(UserError::new(code::READ_ONLY, "A standard field stays as it is.").under("name")),
            Some(entry) => Ok(entry),
            None => Err(UserError::new(code::NOT_FOUND, format!("{} has no field of this name.", self.object.label))
                .under("name")),
        }
    }

    /// The answer to a change that left nothing to do.
    pub fn unchanged(&self, row: &FieldRow) -> FieldAnswer {
        FieldAnswer { field: row.field().map(Arc::new), metadata_version: self.version, user_errors: Vec::new() }
    }

    /// The answer to a change that was made.
    pub async fn changed(&self, tx: &TenantTx, row: &FieldRow) -> Result<FieldAnswer, DbError> {
        Ok(FieldAnswer { metadata_version: rows::raise_version(tx).await?, ..self.unchanged(row) })
    }
}
