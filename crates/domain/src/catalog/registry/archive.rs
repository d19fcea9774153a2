//! Fields: out of the graph, back into it, and gone.

use rapport_tenancy::{DbError, TenantTx};

use super::{
    Answer, OnUse, State,
    held::{Done, Held, Refusal},
    usage,
};
use crate::record::{Origin, UserError, code};

/// Takes a field of the tenant's own out of the graph, with the list at its other end. Its values stay.
pub async fn archive_field(
    tx: &TenantTx,
    origin: &Origin,
    object: &str,
    name: &str,
    on_use: OnUse,
) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        let row = held.own_field(object, name)?;
        if row.state == State::Archived {
            return Ok(Done::field(object, row).unchanged());
        }
        usage::allows_field(held, on_use, object, row).await?;
        row.set_state(tx, State::Archived).await?;
        Ok(Done::field(object, row))
    }
    .await;
    held.finish(done).await
}

/// Brings an archived field back with its values.
pub async fn restore_field(tx: &TenantTx, origin: &Origin, object: &str, name: &str) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        let row = held.own_field(object, name)?;
        if row.state == State::Live {
            return Ok(Done::field(object, row).unchanged());
        }
        row.set_state(tx, State::Live).await?;
        Ok(Done::field(object, row))
    }
    .await;
    held.finish(done).await
}

/// Deletes an archived field for good. Its values are no longer read from now on, and swept out of the records later:
/// doing that here would rewrite every record in one transaction.
pub async fn delete_field(tx: &TenantTx, origin: &Origin, object: &str, name: &str) -> Result<Answer, DbError> {
    let held = &Held::of(tx, origin).await?;
    let done: Result<Done, Refusal> = async {
        held.allowed()?;
        let object = held.object(object)?;
        let row = held.own_field(object, name)?;
        if row.state != State::Archived {
            return Err(UserError::new(code::NOT_ARCHIVED, "Archive the field first: deleting it cannot be undone.")
                .under("name")
                .into());
        }
        row.set_state(tx, State::Deleted).await?;
        Ok(Done::field(object, row))
    }
    .await;
    held.finish(done).await
}
