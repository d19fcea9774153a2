use futures::future::try_join3;
use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, Input, Mode, Origin, Outcome, RowResult, UserError,
    change::{Change, Record},
    follow, input,
    outcome::Tally,
    refusal::code,
    relation,
    secret::Secrets,
    stamp, store,
    unique::{self, Which},
    write::{Write, keep},
};
use crate::{catalog::Object, rights::View};

/// Creates a record for each input.
#[tracing::instrument(name = "record.create", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = inputs.len()))]
pub async fn create(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    inputs: &[Input],
    mode: Mode,
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    let write = Write::new(tx, view, object, origin);
    let mut tally = match write.tally_of_new(inputs.len(), mode) {
        Ok(tally) => tally,
        Err(refused) => return Ok(refused.finish()),
    };
    write.plan_for(inputs.len()).await?;
    let object = write.object;
    let mut changes = Vec::with_capacity(inputs.len());
    let mut read = Vec::with_capacity(inputs.len());
    for (row, input) in inputs.iter().enumerate() {
        let (values, errors) = input::read(write, input);
        tally.refuse_for(row, errors);
        read.push(values);
    }
    let secrets = Secrets::of(tx, object, read.iter()).await?;
    for (row, values) in read.into_iter().enumerate() {
        let mut change = Change::creation(row, Record::new(object, Uuid::now_v7()));
        secrets.give(object, &mut change, secrets.conceal(object, values)?)?;
        changes.push(change);
    }
    match mode {
        Mode::Atomic => insert_all(write, changes, &mut tally).await?,
        Mode::Partial => {
            let taken = insert_some(write, changes, &mut tally).await?;
            explain(write, &taken, &mut tally).await?;
        }
    }
    Ok(tally.finish())
}

/// Settles what new records hold. Refusals of rows whose input was bad already are not looked for.
async fn decide(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    let object = write.object;
    for change in changes.iter_mut() {
        change.default(object);
    }
    if follow::has_followers(object) {
        follow::apply(write.tx, write.catalog, object, changes, tally).await?;
    }
    for change in changes.iter_mut() {
        stamp::apply(object, change, write.now);
        if let Some(row) = change.row {
            // A field whose value was refused is not missing as well.
            let refused = tally.fields_refused(row);
            let told = |error: &UserError| error.field.first().is_none_or(|field| !refused.contains(field));
            let missing = change.missing(write).into_iter().filter(told);
            tally.refuse_for(row, missing);
        }
    }
    keep(changes, tally);
    unique::check_batch(write, changes, tally);
    keep(changes, tally);
    // The order of keys, so that batches with the same new values wait for each other and never in a circle.
    if let Some(key) = object.position("externalId").filter(|_| changes.len() > 1) {
        changes.sort_by_cached_key(|change| change.after(key).map(|stored| stored.to_custom().to_string()));
    }
    Ok(())
}

/// All or none: statements are sent without waiting for each other, since a refusal undoes them all.
async fn insert_all(write: Write<'_>, mut changes: Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    let Write { tx, object, now, .. } = write;
    decide(write, &mut changes, tally).await?;
    if tally.is_lost() || changes.is_empty() {
        return Ok(());
    }
    if unique::has_unindexed(object) {
        unique::check(write, &changes, Which::Unindexed, tally).await?;
        if tally.is_lost() {
            return Ok(());
        }
    }
    let relations = relation::check(write, &changes, tally);
    let ((), inserted, ()) =
        try_join3(relations, store::insert(tx, object, &changes, now), write.log(&changes, "created")).await?;
    let (done, taken): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| inserted.contains(&change.after.id));
    tally.settle_all(&done, Outcome::Created);
    explain(write, &taken, tally).await
}

/// Whatever can be. Answers the changes whose unique values someone else has: see [`explain`].
pub(super) async fn insert_some(
    write: Write<'_>,
    mut changes: Vec<Change>,
    tally: &mut Tally,
) -> Result<Vec<Change>, Error> {
    let Write { tx, object, now, .. } = write;
    decide(write, &mut changes, tally).await?;
    relation::check(write, &changes, tally).await?;
    unique::check(write, &changes, Which::Unindexed, tally).await?;
    keep(&mut changes, tally);
    if tally.is_lost() || changes.is_empty() {
        return Ok(Vec::new());
    }
    let inserted = store::insert(tx, object, &changes, now).await?;
    let (done, taken): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| inserted.contains(&change.after.id));
    tally.settle_all(&done, Outcome::Created);
    write.log(&done, "created").await?;
    Ok(taken)
}

/// Says which of their values kept records from being inserted.
pub(super) async fn explain(write: Write<'_>, taken: &[Change], tally: &mut Tally) -> Result<(), Error> {
    if taken.is_empty() {
        return Ok(());
    }
    unique::check(write, taken, Which::All, tally).await?;
    for row in taken.iter().filter_map(|change| change.row) {
        if !tally.is_refused(row) {
            tally.refuse(row, UserError::new(code::CONFLICT, "Another change got in the way. Try again."));
        }
    }
    Ok(())
}
