use futures::future::try_join;
use rapport_tenancy::{DbError, TenantTx};
use uuid::Uuid;

use super::{
    Error, Input, Mode, Origin, Outcome, RowResult, UserError, acyclic,
    change::Change,
    follow, input,
    lock::Locks,
    outcome::Tally,
    own_reach::OwnReach,
    owners, propagate,
    refusal::code,
    relation,
    secret::{Given, Secrets},
    stamp,
    store::{self, Loaded, Lock},
    takeover,
    unique::{self, Which},
    write::{Write, keep},
};
use crate::{
    catalog::Object,
    rights::{Action, View},
};

/// Changes one record. With `if_version` only where nobody has changed it since.
#[tracing::instrument(name = "record.update", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, record.id = %id))]
pub async fn update(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    id: Uuid,
    input: &Input,
    if_version: Option<i32>,
    origin: &Origin,
) -> Result<RowResult, Error> {
    let mut results = update_each(Write::new(tx, view, object, origin), &[id], input, if_version).await?;
    Ok(results.pop().unwrap_or_else(|| RowResult::refused(Vec::new())))
}

/// Writes the same values into many records: into each that can take them.
#[tracing::instrument(name = "record.update_many", skip_all, fields(tenant.id = %tx.scope().tenant(), object = %object.name, rows = ids.len()))]
pub async fn update_many(
    tx: &TenantTx,
    view: View<'_>,
    object: &Object,
    ids: &[Uuid],
    input: &Input,
    origin: &Origin,
) -> Result<Vec<RowResult>, Error> {
    update_each(Write::new(tx, view, object, origin), ids, input, None).await
}

async fn update_each(
    write: Write<'_>,
    ids: &[Uuid],
    input: &Input,
    if_version: Option<i32>,
) -> Result<Vec<RowResult>, Error> {
    let mut tally = match write.tally(Action::Update, ids.len(), Mode::Partial) {
        Ok(tally) => tally,
        Err(refused) => return Ok(refused.finish()),
    };
    let (values, errors) = input::read(write, input);
    for (row, error) in (0..ids.len()).flat_map(|row| errors.iter().map(move |error| (row, error))) {
        tally.refuse(row, error.clone());
    }
    if errors.is_empty() {
        write.plan_for(ids.len()).await?;
        let secrets = Secrets::of(write.tx, write.object, std::iter::once(&values)).await?;
        let given = secrets.conceal(write.object, values)?;
        let wanted =
            ids.iter().enumerate().map(|(row, id)| Wanted { row, id: *id, given: given.clone(), if_version }).collect();
        apply(write, &secrets, wanted, &mut tally).await?;
    }
    Ok(tally.finish())
}

/// Values for one record.
pub(super) struct Wanted {
    pub row: usize,
    pub id: Uuid,
    pub given: Given,
    pub if_version: Option<i32>,
}

pub(super) async fn apply(
    write: Write<'_>,
    secrets: &Secrets,
    wanted: Vec<Wanted>,
    tally: &mut Tally,
) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut changes = begin(write, secrets, wanted, tally).await?;
    decide(write, &mut changes, tally).await?;
    for change in changes.iter().filter(|change| change.changed(write.object).next().is_none()) {
        if let Some(row) = change.row {
            tally.settle(row, Outcome::Unchanged, change.after.id);
        }
    }
    changes.retain(|change| change.changed(write.object).next().is_some());
    save(write, &mut changes, tally, "updated", Outcome::Updated).await?;
    propagate::to_followers(write, &changes).await
}

/// Loads and holds the records, and puts what the caller wrote into them.
async fn begin(
    write: Write<'_>,
    secrets: &Secrets,
    wanted: Vec<Wanted>,
    tally: &mut Tally,
) -> Result<Vec<Change>, Error> {
    let mut locks = Locks::default();
    for wanted in &wanted {
        unique::want_locks(write.tx, write.object, &wanted.given.values, &mut locks);
        acyclic::want_locks(write.tx, write.object, &wanted.given.values, &mut locks);
    }
    locks.take(write.tx).await?;
    let ids: Vec<Uuid> = wanted.iter().map(|wanted| wanted.id).collect();
    let records = store::load(write, Action::Update, &ids, Lock::Update).await?;
    let mut changes: Vec<Change> = Vec::with_capacity(wanted.len());
    let mut seen = std::collections::HashSet::new();
    for wanted in wanted {
        let Some(Loaded { record, .. }) = records.get(&wanted.id).filter(|found| !found.record.deleted) else {
            tally.refuse(wanted.row, write.not_found());
            continue;
        };
        if !records[&wanted.id].within_reach {
            tally.refuse(wanted.row, write.beyond_reach(Action::Update));
            continue;
        }
        if !seen.insert(wanted.id) {
            tally.settle(wanted.row, Outcome::Unchanged, wanted.id);
            continue;
        }
        if let Some(version) = wanted.if_version.filter(|version| *version != record.version) {
            let message =
                format!("The record is at version {} now, not {version}: someone changed it since.", record.version);
            tally.refuse(wanted.row, UserError::new(code::VERSION_CONFLICT, message).under("ifVersion"));
            continue;
        }
        let mut change = Change::of(Some(wanted.row), record.clone());
        secrets.give(write.object, &mut change, wanted.given)?;
        changes.push(change);
    }
    Ok(changes)
}

/// Applies the rules to changed records and looks for what they forbid.
pub(super) async fn decide(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    let object = write.object;
    if follow::has_followers(object) {
        follow::apply(write.tx, write.catalog, object, changes, tally).await?;
    }
    for change in changes.iter_mut() {
        stamp::apply(object, change, write.now);
        if let Some(row) = change.row {
            tally.refuse_for(row, change.missing(write));
        }
    }
    unique::check_batch(write, changes, tally);
    keep(changes, tally);
    relation::check(write, changes, tally).await?;
    takeover::check(write, changes, tally).await?;
    unique::check(write, changes, Which::All, tally).await?;
    keep(changes, tally);
    owners::check(write, changes, tally, |change| owners::stops(write, change)).await?;
    acyclic::check(write, changes, tally).await
}

/// Writes what is left of the changes, and the log.
pub(super) async fn save(
    write: Write<'_>,
    changes: &mut Vec<Change>,
    tally: &mut Tally,
    what: &'static str,
    outcome: Outcome,
) -> Result<(), Error> {
    if tally.is_lost() {
        changes.clear();
    }
    for change in changes.iter_mut() {
        change.after.version += 1;
    }
    let Write { tx, object, now, .. } = write;
    let own_reach = OwnReach::before(write, changes).await?;
    if unique::is_at_stake(object, changes) {
        save_guarded(write, changes, tally).await?;
        write.log(changes, what).await?;
    } else if !changes.is_empty() {
        try_join(store::update(tx, object, changes, now), write.log(changes, what)).await?;
    }
    if let Some(own_reach) = own_reach {
        own_reach.stays(write, changes, tally).await?;
    }
    tally.settle_all(changes, outcome);
    Ok(())
}

/// Someone may take a unique value between the check and the write: then the write is undone and checked again.
async fn save_guarded(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    const TRIES: usize = 3;
    let Write { tx, object, now, .. } = write;
    for _ in 0..TRIES {
        if tally.is_lost() {
            changes.clear();
        }
        if changes.is_empty() {
            return Ok(());
        }
        tx.execute("SAVEPOINT before_update", &[]).await?;
        match store::update(tx, object, changes, now).await {
            Err(Error::Database(DbError::UniqueViolation { .. })) => {
                tx.execute("ROLLBACK TO SAVEPOINT before_update", &[]).await?;
                unique::check(write, changes, Which::All, tally).await?;
                keep(changes, tally);
                acyclic::check(write, changes, tally).await?;
            }
            done => return done,
        }
    }
    Err(Error::Database(DbError::Conflict))
}
