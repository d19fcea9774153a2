//! Relations of an object to itself that never lead in a circle: a team is not below itself.
//!
//! Whoever writes such a relation takes a lock first, so that two writers cannot each make half of a circle. Only live
//! records count: whoever restores one asks as well. A new record is in no circle, since none points to it.

use rapport_tenancy::TenantTx;
use uuid::Uuid;

use super::{
    Error, UserError,
    change::{Change, input_name},
    lock::Locks,
    outcome::Tally,
    refusal::code,
    value::{Slot, Stored},
    write::{Write, keep},
};
use crate::{catalog::Object, plan};

/// The lock that a write of `values` needs, to be taken before it holds any record.
pub(super) fn want_locks(tx: &TenantTx, object: &Object, values: &[(usize, Slot)], locks: &mut Locks) {
    let fields = values.iter().filter(|(_, value)| value.is_some()).map(|(at, _)| &object.fields()[*at]);
    for field in fields.filter(|field| field.acyclic) {
        locks.want_field(tx, object, field);
    }
}

/// The same before records are restored, whose values are not known yet.
pub(super) async fn lock(tx: &TenantTx, object: &Object) -> Result<(), Error> {
    let mut locks = Locks::default();
    for field in object.fields().iter().filter(|field| field.acyclic) {
        locks.want_field(tx, object, field);
    }
    locks.take(tx).await
}

/// Refuses the changes that would close a circle, and leaves them out.
pub(super) async fn check(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    let fields = write.object.fields().iter().enumerate().filter(|(_, field)| field.acyclic);
    for (at, field) in fields {
        // What is refused keeps what it pointed to, and that may close another one.
        loop {
            let closing = closing(write, at, changes).await?;
            if closing.is_empty() {
                break;
            }
            let before = changes.len();
            for change in changes.iter().filter(|change| closing.contains(&change.after.id)) {
                if let Some(row) = change.row {
                    tally.refuse(row, refusal(write.object, change, field));
                }
            }
            keep(changes, tally);
            if changes.len() == before {
                break;
            }
        }
    }
    Ok(())
}

fn refusal(object: &Object, change: &Change, field: &crate::catalog::Field) -> UserError {
    let (one, relation) = (object.label.to_lowercase(), field.label.to_lowercase());
    if change.before.as_ref().is_some_and(|before| before.deleted) {
        let message =
            format!("The {one} would stand above itself: its {relation} is below it by now. Move that one first.");
        UserError::new(code::CYCLE, message).under("id")
    } else {
        let message = format!("The {one} stands above this {relation}: choose another one, or move that one first.");
        UserError::new(code::CYCLE, message).under(input_name(field))
    }
}

/// The records among the changed ones that would lead to themselves.
async fn closing(write: Write<'_>, at: usize, changes: &[Change]) -> Result<Vec<Uuid>, Error> {
    let target_of = |change: &Change| match change.after(at) {
        Some(Stored::Id(id)) => Some(*id),
        _ => None,
    };
    let written = changes.iter().filter(|change| change.touches(at) || change.appears());
    let (ids, targets): (Vec<Uuid>, Vec<Option<Uuid>>) =
        written.map(|change| (change.after.id, target_of(change))).unzip();
    let Some(pointer) = plan::pointer(&write.object.fields()[at], "t").filter(|_| targets.iter().any(Option::is_some))
    else {
        return Ok(Vec::new());
    };
    // `UNION` drops what was met before: a circle of long ago ends the walk.
    let sql = format!(
        "WITH RECURSIVE written AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS w(id, target)), \
           walk AS (SELECT id AS start, target AS at FROM written WHERE target IS NOT NULL \
             UNION SELECT walk.start, next.target FROM walk CROSS JOIN LATERAL ( \
               SELECT w.target FROM written AS w WHERE w.id = walk.at \
               UNION ALL SELECT {pointer} FROM {rows} AS t WHERE t.id = walk.at AND t.deleted_at IS NULL \
                 AND NOT EXISTS (SELECT FROM written AS w WHERE w.id = walk.at)) AS next(target) \
             WHERE walk.at <> walk.start AND next.target IS NOT NULL) \
         SELECT start FROM walk WHERE at = start",
        rows = write.object.rows(write.tx.scope().schema())
    );
    Ok(write.tx.query(&sql, &[&ids, &targets]).await?.iter().map(|row| row.get(0)).collect())
}
