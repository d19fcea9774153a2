use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, Mode, Origin, Outcome, RowResult, UserError,
    bin::load,
    outcome::Tally,
    owners, propagate,
    refusal::code,
    store::{self, Lock},
    write::{Write, keep},
};
use crate::{
    catalog::Object,
    plan,
    rights::{Action, Administration, View},
};

/// Removes records for good, from the bin or not. Relations to them are cleared; a record that another one
/// cannot be without stays.
#[tracing::instrument(name = "record.destroy", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = ids.len()))]
pub async fn destroy(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    ids: &[Uuid],
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    let write = Write::new(tx, view, object, origin);
    let mut tally = Tally::new(ids.len(), Mode::Partial);
    if !view.catalog.may(Administration::Destroy) {
        tally.refuse_all(&UserError::new(code::FORBIDDEN, "You may not remove records for good."));
        return Ok(tally.finish());
    }
    let mut changes = load(write, Action::Delete, ids, Lock::Removal, &mut tally, |_| Ok(())).await?;
    owners::check(write, &mut changes, &mut tally, |_| true).await?;
    for change in &changes {
        if let (Some(row), Some(error)) = (change.row, needed(write, change.after.id).await?) {
            tally.refuse(row, error);
        }
    }
    keep(&mut changes, &tally);
    for change in &mut changes {
        change.after.version += 1;
    }
    let gone: Vec<Uuid> = changes.iter().map(|change| change.after.id).collect();
    propagate::to_referrers(write, &gone).await?;
    store::remove(tx, write.object, &gone).await?;
    write.log(&changes, "destroyed").await?;
    tally.settle_all(&changes, Outcome::Destroyed);
    Ok(tally.finish())
}

/// Who cannot be without the record, in the bin or not.
async fn needed(write: Write<'_>, id: Uuid) -> Result<Option<UserError>, Error> {
    for (object, at) in propagate::referring(write) {
        let field = &object.fields()[at];
        let Some(pointer) = plan::pointer(field, "t").filter(|_| field.required) else { continue };
        let sql = format!("SELECT count(*) FROM {} AS t WHERE {pointer} = $1", object.rows(write.tx.scope().schema()));
        let count: i64 = write.tx.query(&sql, &[&id]).await?.first().map_or(0, |row| row.get(0));
        if count > 0 {
            let message = if write.view.catalog.shows_all(&object.name, &field.name) {
                format!("{count} {} cannot be without it. Remove them first.", object.label_plural.to_lowercase())
            } else {
                "Other records cannot be without it. Remove them first.".to_owned()
            };
            return Ok(Some(UserError::new(code::CONFLICT, message).under("id")));
        }
    }
    Ok(None)
}
