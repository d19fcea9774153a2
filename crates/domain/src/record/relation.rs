//! To-one relations: what is pointed to is there, and stays there until the write is done.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::try_join_all;
use rapport_tenancy::ToSql;
use uuid::Uuid;

use super::{
    Error, UserError,
    change::{Change, input_name},
    outcome::Tally,
    refusal::code,
    store,
    value::Stored,
    write::Write,
};
use crate::{
    catalog::{Kind, Object},
    plan::Sql,
};

/// Refuses rows that point to a record that is not there, is in the bin, or is someone else's: all the same to the caller.
pub(super) async fn check(write: Write<'_>, changes: &[Change], tally: &mut Tally) -> Result<(), Error> {
    let Write { catalog, object, .. } = write;
    let pointers: Vec<Pointer> = changes.iter().flat_map(|change| pointers(object, change)).collect();
    let mut wanted: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    for pointer in &pointers {
        wanted.entry(pointer.target).or_default().insert(pointer.id);
    }
    let held = try_join_all(wanted.into_iter().filter_map(|(target, ids)| {
        let target = catalog.object(target)?;
        Some(hold(write, target, ids.into_iter().collect()))
    }));
    let there: HashSet<Uuid> = held.await?.into_iter().flatten().collect();
    for pointer in pointers {
        let error = if pointer.id == pointer.from {
            UserError::invalid("A record cannot point to itself.")
        } else if there.contains(&pointer.id) {
            continue;
        } else {
            let label = catalog.object(pointer.target).map_or(pointer.target, |target| &*target.label);
            UserError::new(code::NOT_FOUND, format!("There is no {} with the id {}.", label.to_lowercase(), pointer.id))
        };
        tally.refuse(pointer.row, error.under(pointer.name));
    }
    Ok(())
}

struct Pointer<'a> {
    row: usize,
    from: Uuid,
    name: String,
    target: &'a str,
    id: Uuid,
}

fn pointers<'a>(object: &'a Object, change: &Change) -> Vec<Pointer<'a>> {
    // What the engine itself sets is there: it was just read from a record that points to it.
    let Some(row) = change.row else { return Vec::new() };
    let relations =
        object.fields().iter().enumerate().filter_map(|(at, field)| match (&field.kind, change.after(at)) {
            (Kind::One(target), Some(Stored::Id(id))) if change.gives(at) && change.touches(at) => {
                Some(Pointer { row, from: change.after.id, name: input_name(field), target, id: *id })
            }
            _ => None,
        });
    relations.collect()
}

/// Keeps the live ones among `ids` from being removed: removal takes the stronger lock first.
async fn hold(write: Write<'_>, target: &Object, ids: Vec<Uuid>) -> Result<Vec<Uuid>, Error> {
    let mut guard = Sql::behind(write.tx.scope().schema(), write.view, 1);
    let sql = format!(
        "SELECT id FROM {} AS t WHERE {} AND deleted_at IS NULL ORDER BY id FOR KEY SHARE",
        guard.rows(target),
        store::is_one_of(&ids),
    );
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids];
    parameters.extend(guard.params());
    Ok(write.tx.query(&sql, &parameters).await?.iter().map(|row| row.get(0)).collect())
}
