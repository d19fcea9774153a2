//! Into the bin and out of it.

use std::collections::HashSet;

use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, Mode, Origin, Outcome, RowResult, acyclic,
    change::{Change, Record},
    outcome::Tally,
    owners, propagate,
    store::{self, Lock},
    update,
    write::Write,
};
use crate::{
    catalog::Object,
    rights::{Action, View},
};

/// Puts records into the bin, each that is there.
#[tracing::instrument(name = "record.delete", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = ids.len()))]
pub async fn delete(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    ids: &[Uuid],
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    let write = Write::new(tx, view, object, origin);
    let mut tally = match write.tally(Action::Delete, ids.len(), Mode::Partial) {
        Ok(tally) => tally,
        Err(refused) => return Ok(refused.finish()),
    };
    let standing = |record: &Record| (!record.deleted).then_some(()).ok_or(Standing::Absent);
    let mut changes = load(write, Action::Delete, ids, Lock::Removal, &mut tally, standing).await?;
    for change in &mut changes {
        change.after.deleted = true;
    }
    owners::check(write, &mut changes, &mut tally, |change| owners::stops(write, change)).await?;
    update::save(write, &mut changes, &mut tally, "deleted", Outcome::Deleted).await?;
    Ok(tally.finish())
}

/// Takes records out of the bin. Their unique values must still be free; what they follow is brought up to date.
#[tracing::instrument(name = "record.restore", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = ids.len()))]
pub async fn restore(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    ids: &[Uuid],
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    let write = Write::new(tx, view, object, origin);
    let mut tally = match write.tally(Action::Restore, ids.len(), Mode::Partial) {
        Ok(tally) => tally,
        Err(refused) => return Ok(refused.finish()),
    };
    let standing = |record: &Record| record.deleted.then_some(()).ok_or(Standing::Done);
    acyclic::lock(tx, write.object).await?;
    let mut changes = load(write, Action::Restore, ids, Lock::Update, &mut tally, standing).await?;
    for change in &mut changes {
        change.after.deleted = false;
    }
    update::decide(write, &mut changes, &mut tally).await?;
    update::save(write, &mut changes, &mut tally, "restored", Outcome::Restored).await?;
    propagate::to_followers(write, &changes).await?;
    Ok(tally.finish())
}

/// Why a record is not taken.
pub(super) enum Standing {
    /// As good as not there.
    Absent,
    /// It is as it should be already.
    Done,
}

pub(super) async fn load(
    write: Write<'_>,
    action: Action,
    ids: &[Uuid],
    lock: Lock,
    tally: &mut Tally,
    standing: impl Fn(&Record) -> Result<(), Standing>,
) -> Result<Vec<Change>, Error> {
    write.plan_for(ids.len()).await?;
    let mut records = store::load(write, action, ids, lock).await?;
    let mut taken = HashSet::new();
    let mut changes = Vec::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        let found = records.get(id);
        match found.map(|found| standing(&found.record)) {
            None | Some(Err(Standing::Absent)) if !taken.contains(id) => tally.refuse(row, write.not_found()),
            Some(_) if found.is_some_and(|found| !found.within_reach) => tally.refuse(row, write.beyond_reach(action)),
            Some(Ok(())) => {
                taken.insert(*id);
                changes.extend(records.remove(id).map(|found| Change::of(Some(row), found.record)));
            }
            _ => tally.settle(row, Outcome::Unchanged, *id),
        }
    }
    Ok(changes)
}
