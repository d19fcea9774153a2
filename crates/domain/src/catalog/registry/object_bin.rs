//! Objects of a tenant's own: out of the graph, back into it, and gone.

use std::sync::Arc;

use rapport_tenancy::{DbError, TenantTx};

use super::{
    Answer, ObjectRow, OnUse, State,
    held::{Done, Held, Refusal, converting},
    usage,
};
use crate::{
    catalog::Object,
    record::{Origin, UserError, code},
};

/// Takes an object out of the graph, with the relations that point to it. Its records stay.
pub async fn archive_object(tx: &TenantTx, origin: &Origin, name: &str, on_use: OnUse) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let row = held.own_object(name)?;
        let object = present(held, row);
        if row.state == State::Archived {
            return Ok(Done::object(object).unchanged());
        }
        if let Some(field) = held.rows_of(&object.name).find(|field| field.shadow.is_some()) {
            return Err(converting(field).into());
        }
        usage::allows_object(held, on_use, &object).await?;
        row.set_state(tx, State::Archived).await?;
        Ok(Done::object(object))
    }
    .await;
    held.finish(done).await
}

/// Brings an archived object back, with its records and the relations that point to it.
pub async fn restore_object(tx: &TenantTx, origin: &Origin, name: &str) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let row = held.own_object(name)?;
        let object = present(held, row);
        if row.state == State::Live {
            return Ok(Done::object(object).unchanged());
        }
        row.set_state(tx, State::Live).await?;
        Ok(Done::object(object))
    }
    .await;
    held.finish(done).await
}

/// Deletes an archived object for good: its fields, the relations that point to it and, swept out later, its records.
pub async fn delete_object(tx: &TenantTx, origin: &Origin, name: &str, on_use: OnUse) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let row = held.own_object(name)?;
        let object = present(held, row);
        if row.state != State::Archived {
            return Err(UserError::new(code::NOT_ARCHIVED, "Archive the object first: deleting it cannot be undone.")
                .under("name")
                .into());
        }
        usage::allows_object(held, on_use, &object).await?;
        let fields = held.registry.fields.iter().filter(|field| {
            field.state != State::Deleted
                && (field.object == row.name || field.settings.target.as_deref() == Some(row.name.as_str()))
        });
        for field in fields {
            field.set_state(tx, State::Deleted).await?;
        }
        row.set_state(tx, State::Deleted).await?;
        Ok(Done::object(object))
    }
    .await;
    held.finish(done).await
}

fn present(held: &Held<'_>, row: &ObjectRow) -> Arc<Object> {
    held.catalog.object(&row.name).cloned().unwrap_or_else(|| Arc::new(row.object()))
}
