//! What a change of one record means for others.

use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error,
    change::{Change, Record},
    follow::{self, Dependents},
    stamp, store,
    write::Write,
};
use crate::{
    catalog::{Field, Kind, Object, Source},
    plan,
};

/// How many records are loaded and written at a time.
const AT_A_TIME: i64 = 2_000;

/// Fields that follow a changed field are changed with it, each with its own events.
pub(super) async fn to_followers(write: Write<'_>, changes: &[Change]) -> Result<(), Error> {
    for dependents in follow::dependents(write.catalog, write.object) {
        let copied = |change: &&Change| dependents.copies.iter().any(|(_, original)| change.touches(*original));
        let sources: Vec<&Change> = changes.iter().filter(copied).collect();
        let ids: Vec<Uuid> = sources.iter().map(|source| source.after.id).collect();
        rewrite(write.on(&dependents.object), dependents.via, &ids, Whose::Live, |object, change| {
            copy(object, &dependents, &sources, change);
            stamp::apply(object, change, write.now);
        })
        .await?;
    }
    Ok(())
}

fn copy(object: &Object, dependents: &Dependents, sources: &[&Change], change: &mut Change) {
    let source =
        sources.iter().find(|source| change.after(dependents.via) == Some(&super::Stored::Id(source.after.id)));
    for ((at, original), source) in dependents.copies.iter().filter_map(|copy| Some((copy, source?))) {
        change.set(object, *at, source.after.slots[*original].clone());
    }
}

/// Relations to records that are about to be gone for good are cleared.
pub(super) async fn to_referrers(write: Write<'_>, gone: &[Uuid]) -> Result<(), Error> {
    for (object, via) in referring(write) {
        rewrite(write.on(object), via, gone, Whose::All, |object, change| change.set(object, via, None)).await?;
    }
    Ok(())
}

/// Every relation that points to the object of this write, by object and position.
pub(super) fn referring(write: Write<'_>) -> Vec<(&Object, usize)> {
    let mut found: Vec<(&Object, usize)> = Vec::new();
    for object in write.catalog.objects() {
        let points_here = |field: &Field| matches!(&field.kind, Kind::One(target) if *target == write.object.name);
        let relations = object
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.source != Source::System && points_here(field));
        found.extend(relations.map(|(at, _)| (&**object, at)));
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Live,
    /// With those in the bin.
    All,
}

/// Changes every record whose relation `via` is one of `targets`.
async fn rewrite(
    write: Write<'_>,
    via: usize,
    targets: &[Uuid],
    whose: Whose,
    edit: impl Fn(&Object, &mut Change),
) -> Result<(), Error> {
    let Some(pointer) = plan::pointer(&write.object.fields()[via], "t") else { return Ok(()) };
    let mut after = Uuid::nil();
    while !targets.is_empty() {
        let records = pointing(write.tx, write.object, &pointer, targets, after, whose).await?;
        let Some(last) = records.last() else { break };
        write.plan_for(records.len()).await?;
        after = last.id;
        let mut changes: Vec<Change> = records.into_iter().map(|record| Change::of(None, record)).collect();
        for change in &mut changes {
            edit(write.object, change);
        }
        changes.retain(|change| change.changed(write.object).next().is_some());
        for change in &mut changes {
            change.after.version += 1;
        }
        if !changes.is_empty() {
            store::update(write.tx, write.object, &changes, write.now).await?;
            write.log(&changes, "updated").await?;
            Box::pin(to_followers(write, &changes)).await?;
        }
    }
    Ok(())
}

async fn pointing(
    tx: &TenantTx,
    object: &Object,
    pointer: &str,
    targets: &[Uuid],
    after: Uuid,
    whose: Whose,
) -> Result<Vec<Record>, Error> {
    store::load_pointing(tx, object, pointer, targets, after, AT_A_TIME, whose == Whose::All).await
}
