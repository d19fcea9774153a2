//! The tenant's own metadata: its rows, read into a [`Catalog`](super::Catalog), and the changes of them.
//!
//! Changes take the lock on the row of `metadata_version`, so that one follows the other, look at the registry as it is
//! then, and raise the version in the same transaction. None touches a record.

mod answer;
mod archive;
mod arrange;
mod build;
pub mod conversion;
mod create;
mod field_row;
mod held;
mod index_report;
mod input;
mod limit;
mod log;
mod name;
mod object;
mod object_bin;
mod object_row;
mod options;
mod relation;
mod secret;
mod sweep;
#[cfg(test)]
mod tests;
pub(super) mod update;
mod usage;

use std::collections::HashMap;

use futures::future::try_join3;
use rapport_tenancy::{DbError, TenantConn, TenantTx};

use super::{Catalog, Object, object::Section};

pub(crate) use self::held::Refusal;
pub use self::{
    answer::Answer,
    archive::{archive_field, delete_field, restore_field},
    arrange::arrange_fields,
    create::create_field,
    field_row::{FieldRow, Settings, State, custom_kind},
    index_report::{Clash, IndexReport, index_reports},
    object::{create_object, update_object},
    object_bin::{archive_object, delete_object, restore_object},
    object_row::ObjectRow,
    sweep::{has_leftovers, sweep},
    update::update_field,
    usage::{OnUse, Usage, UsageKind, field_usage, object_usage},
};
pub(super) use self::{index_report::set_index_state, name::Taken, object::create_bare_object, options::label_of};

/// The rows of a tenant's registry.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    pub objects: Vec<ObjectRow>,
    pub fields: Vec<FieldRow>,
    /// Sections of the pages of records, by object.
    pub layouts: HashMap<String, Vec<Section>>,
}

impl Registry {
    /// What is live or archived.
    pub async fn read(conn: &TenantConn) -> Result<Self, DbError> {
        let (objects, fields, layouts) =
            try_join3(object_row::read(conn, false), field_row::read(conn, false), arrange::read(conn)).await?;
        Ok(Self { objects, fields, layouts })
    }

    /// With what was deleted, so that no key is used a second time.
    async fn read_whole(conn: &TenantConn) -> Result<Self, DbError> {
        let (objects, fields, layouts) =
            try_join3(object_row::read(conn, true), field_row::read(conn, true), arrange::read(conn)).await?;
        Ok(Self { objects, fields, layouts })
    }

    /// An object whose records are there, live or archived. `None` where it is gone.
    fn standing_object(&self, catalog: &Catalog, name: &str) -> Option<Object> {
        let live = catalog.object(name).map(|object| Object::clone(object));
        live.or_else(|| {
            let row = self.objects.iter().find(|row| row.name == name && row.state == State::Archived);
            row.map(ObjectRow::object)
        })
    }

    /// Whether the tenant has nothing of its own.
    pub fn is_empty(&self) -> bool {
        let live_objects = self.objects.iter().any(|row| row.state == State::Live);
        let live_fields = self.fields.iter().any(|row| row.state == State::Live);
        !live_objects && !live_fields && self.layouts.is_empty()
    }
}

impl From<Vec<FieldRow>> for Registry {
    fn from(fields: Vec<FieldRow>) -> Self {
        Self { fields, ..Self::default() }
    }
}

pub async fn version(conn: &TenantConn) -> Result<i64, DbError> {
    let sql = format!("SELECT version FROM {}.metadata_version", conn.scope().schema());
    Ok(conn.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

/// Waits for other changes of the registry, and keeps them waiting until the transaction ends.
pub(crate) async fn lock(tx: &TenantTx) -> Result<i64, DbError> {
    let sql = format!("SELECT version FROM {}.metadata_version FOR UPDATE", tx.scope().schema());
    Ok(tx.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

async fn raise_version(tx: &TenantTx) -> Result<i64, DbError> {
    let sql = format!("UPDATE {}.metadata_version SET version = version + 1 RETURNING version", tx.scope().schema());
    Ok(tx.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}
