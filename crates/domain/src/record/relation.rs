//! To-one relations: what is pointed to is there, and stays there until the write is done.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    rights::Action,
};

/// Refuses rows that point to a record that is not there, is in the bin, or is someone else's: all the same to the caller.
/// The same for a relation that the record has already: its writer may not know it. A part of another record may be written
/// by those who may change that record.
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
    let held: HashMap<Uuid, Target> = held.await?.into_iter().flatten().collect();
    for pointer in pointers {
        let label = || catalog.object(pointer.target).map_or(pointer.target, |target| &*target.label).to_lowercase();
        // The present target may stay although it is in the bin.
        let target = held.get(&pointer.id).filter(|target| target.is_live || !pointer.is_new);
        let error = match target {
            _ if pointer.id == pointer.from => UserError::invalid("A record cannot point to itself."),
            None => UserError::new(code::NOT_FOUND, format!("There is no {} with the id {}.", label(), pointer.id)),
            Some(target) if pointer.to_whole && !target.is_writable => {
                let message = format!("You may see this {}, but not change it.", label());
                UserError::new(code::FORBIDDEN, message)
            }
            Some(_) => continue,
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
    /// The record did not point to it before.
    is_new: bool,
    /// The target is the record that this one is a part of.
    to_whole: bool,
}

fn pointers<'a>(object: &'a Object, change: &Change) -> Vec<Pointer<'a>> {
    // What the engine itself sets is there: it was just read from a record that points to it.
    let Some(row) = change.row else { return Vec::new() };
    let relations =
        object.fields().iter().enumerate().filter_map(|(at, field)| match (&field.kind, change.after(at)) {
            (Kind::One(target), Some(Stored::Id(id))) if change.gives(at) => Some(Pointer {
                row,
                from: change.after.id,
                name: input_name(field),
                target,
                id: *id,
                is_new: change.touches(at),
                to_whole: object.parent() == Some(&*field.name),
            }),
            _ => None,
        });
    relations.collect()
}

/// A record that the caller sees.
struct Target {
    is_live: bool,
    /// Whether the caller may change it.
    is_writable: bool,
}

/// Keeps those among `ids` that are there from being removed: removal takes the stronger lock first.
async fn hold(write: Write<'_>, target: &Object, ids: Vec<Uuid>) -> Result<Vec<(Uuid, Target)>, Error> {
    let mut guard = Sql::behind(write.tx.scope().schema(), write.view, 1);
    let rows = guard.rows(target);
    let writable = match write.object.parent().and_then(|parent| write.object.field(parent)?.kind.target()) {
        Some(whole) if **whole == *target.name => guard.within(target, Action::Update, "t"),
        _ => None,
    };
    let sql = format!(
        "SELECT id, deleted_at IS NULL, ({}) IS TRUE FROM {rows} AS t WHERE {} ORDER BY id FOR KEY SHARE",
        writable.as_deref().unwrap_or("TRUE"),
        store::is_one_of(&ids),
    );
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids];
    parameters.extend(guard.params());
    let rows = write.tx.query(&sql, &parameters).await?;
    Ok(rows.iter().map(|row| (row.get(0), Target { is_live: row.get(1), is_writable: row.get(2) })).collect())
}
