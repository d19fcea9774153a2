//! Fields that follow a field of another record: the pipeline and the status of an opportunity are those of its stage.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, UserError,
    change::{Change, input_name},
    column,
    outcome::Tally,
    refusal::code,
    store,
    value::{Slot, Stored},
};
use crate::catalog::{Catalog, Object, Source};

/// One field of `object` that follows: positions of itself and of the relation, and the position of what it copies.
struct Follower {
    at: usize,
    via: usize,
    copied: usize,
    source: Arc<Object>,
}

fn followers(catalog: &Catalog, object: &Object) -> Vec<Follower> {
    let followers = object.fields().iter().enumerate().filter_map(|(at, field)| {
        let Source::Follows { via, field } = &field.source else { return None };
        let via = object.position(via)?;
        let source = catalog.target(&object.fields()[via])?;
        Some(Follower { at, via, copied: source.position(field)?, source: source.clone() })
    });
    followers.collect()
}

pub(super) fn has_followers(object: &Object) -> bool {
    object.fields().iter().any(|field| matches!(field.source, Source::Follows { .. }))
}

/// Sets what follows. A caller may say it too, but nothing else.
pub(super) async fn apply(
    tx: &TenantTx,
    catalog: &Catalog,
    object: &Object,
    changes: &mut [Change],
    tally: &mut Tally,
) -> Result<(), Error> {
    let followers = followers(catalog, object);
    let mut sources: HashMap<(usize, Uuid), Vec<Slot>> = HashMap::new();
    for via in followers.iter().map(|follower| follower.via).collect::<BTreeSet<_>>() {
        let of_via: Vec<_> = followers.iter().filter(|follower| follower.via == via).collect();
        let asks = |change: &Change| {
            change.touches(via) || change.appears() || of_via.iter().any(|follower| change.gives(follower.at))
        };
        let ids: BTreeSet<Uuid> =
            changes.iter().filter(|change| asks(change)).filter_map(|change| points_to(change, via)).collect();
        let Some(follower) = of_via.first().filter(|_| !ids.is_empty()) else { continue };
        for (id, slots) in read(tx, &follower.source, ids.into_iter().collect()).await? {
            sources.insert((via, id), slots);
        }
    }
    for change in changes {
        for follower in &followers {
            let source = points_to(change, follower.via).and_then(|id| sources.get(&(follower.via, id)));
            let Some(followed) = source.map(|slots| slots[follower.copied].clone()) else { continue };
            let contradicts = change.gives(follower.at) && change.after(follower.at) != followed.as_ref();
            if let (true, Some(row)) = (contradicts, change.row) {
                tally.refuse(row, mismatch(object, follower, followed.as_ref()));
            }
            change.set(object, follower.at, followed);
        }
    }
    Ok(())
}

fn points_to(change: &Change, via: usize) -> Option<Uuid> {
    match change.after(via) {
        Some(Stored::Id(id)) => Some(*id),
        _ => None,
    }
}

fn mismatch(object: &Object, follower: &Follower, original: Option<&Stored>) -> UserError {
    let (field, via) = (&object.fields()[follower.at], &object.fields()[follower.via]);
    let value = original.map_or("null".into(), |stored| stored.to_graph().to_string());
    UserError::new(
        code::MISMATCH,
        format!("{} follows the {}, where it is {value}.", field.label, via.label.to_lowercase()),
    )
    .under(input_name(field))
}

/// The records followed, held so that they cannot change before the write is done.
async fn read(tx: &TenantTx, source: &Object, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Vec<Slot>)>, Error> {
    let sql = format!(
        "SELECT {} FROM {} AS t WHERE {} ORDER BY id FOR SHARE",
        column::selection(source),
        source.rows(tx.scope().schema()),
        store::is_one_of(&ids),
    );
    tx.query(&sql, &[&ids])
        .await?
        .iter()
        .map(|row| column::read(source, row).map(|record| (record.id, record.slots)))
        .collect()
}

/// A relation through which records of `object` copy fields of another, and what they copy.
pub(super) struct Dependents {
    pub object: Arc<Object>,
    pub via: usize,
    /// Positions of the copy and of the original.
    pub copies: Vec<(usize, usize)>,
}

/// Everything in the catalog that follows fields of `source`.
pub(super) fn dependents(catalog: &Catalog, source: &Object) -> Vec<Dependents> {
    let mut found = Vec::new();
    for object in catalog.objects() {
        let of_source: Vec<_> =
            followers(catalog, object).into_iter().filter(|follower| follower.source.name == source.name).collect();
        for via in of_source.iter().map(|follower| follower.via).collect::<BTreeSet<_>>() {
            let copies = of_source
                .iter()
                .filter(|follower| follower.via == via)
                .map(|follower| (follower.at, follower.copied))
                .collect();
            found.push(Dependents { object: object.clone(), via, copies });
        }
    }
    found
}
