//! Unique fields: no two live records share a value, also inside one batch and between writers at the same time.
//!
//! Columns have a partial unique index: inserts skip what is taken and ask afterwards who has it, updates ask
//! first. Custom fields may have no index yet: writers of the same value take turns and ask.

use std::collections::HashMap;

use futures::future::try_join_all;
use rapport_tenancy::{TenantTx, ToSql};
use uuid::Uuid;

use super::{
    Error, UserError,
    change::Change,
    column,
    lock::Locks,
    outcome::Tally,
    refusal::{code, shown},
    secret,
    value::{Slot, Stored},
    write::Write,
};
use crate::{
    catalog::{Field, Object, Storage},
    plan::Sql,
    rights::Action,
    wire::JsonText,
};

/// Whose values to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    /// Those without an index that would refuse a second one.
    Unindexed,
}

pub(super) fn has_unindexed(object: &Object) -> bool {
    object.fields().iter().any(|field| field.unique && field.is_custom())
}

/// Whether an index refuses a second live record with the same value.
pub(super) fn is_indexed(field: &Field) -> bool {
    field.unique && !field.is_custom()
}

/// A value that must be unique and that a change brings.
struct Claim<'a> {
    row: Option<usize>,
    record: Uuid,
    field: &'a Field,
    value: &'a Stored,
}

fn claims<'a>(object: &'a Object, changes: &'a [Change], which: Which) -> Vec<Claim<'a>> {
    let wanted = |field: &Field| field.unique && (which == Which::All || field.is_custom());
    let fields = object.fields().iter().enumerate().filter(|(_, field)| wanted(field));
    fields
        .flat_map(|(at, field)| {
            let bringing = changes.iter().filter(move |change| change.touches(at) || change.appears());
            bringing.filter_map(move |change| {
                Some(Claim { row: change.row, record: change.after.id, field, value: change.after(at)? })
            })
        })
        .collect()
}

/// The locks that a write of `values` needs, to be taken before it holds any record: else two writers could wait
/// for each other.
pub(super) fn want_locks(tx: &TenantTx, object: &Object, values: &[(usize, Slot)], locks: &mut Locks) {
    for (at, value) in values {
        let field = &object.fields()[*at];
        if let (true, true, Some(stored)) = (field.unique, field.is_custom(), value) {
            locks.want(tx, object, [(&**field, stored)]);
        }
    }
}

/// Refuses all but the first of the rows that bring the same value.
pub(super) fn check_batch(write: Write<'_>, changes: &[Change], tally: &mut Tally) {
    let mut first = HashMap::new();
    for claim in claims(write.object, changes, Which::All) {
        let holder = *first.entry((&*claim.field.name, claim.value.to_custom().to_string())).or_insert(claim.record);
        if let (true, Some(row)) = (holder != claim.record, claim.row) {
            tally.refuse(row, duplicate(write, &claim, "Another row of this batch"));
        }
    }
}

/// Refuses rows whose value a live record has that is not itself.
pub(super) async fn check(write: Write<'_>, changes: &[Change], which: Which, tally: &mut Tally) -> Result<(), Error> {
    let Write { tx, object, .. } = write;
    let claims = claims(object, changes, which);
    let mut locks = Locks::default();
    for claim in claims.iter().filter(|claim| claim.field.is_custom()) {
        locks.want(tx, object, [(claim.field, claim.value)]);
    }
    locks.take(tx).await?;
    let mut by_field: HashMap<&str, Vec<&Claim>> = HashMap::new();
    for claim in &claims {
        by_field.entry(&claim.field.name).or_default().push(claim);
    }
    let taken = try_join_all(by_field.into_values().map(|claims| taken(write, claims))).await?;
    for (claim, holder) in taken.into_iter().flatten() {
        if let Some(row) = claim.row {
            let label = object.label.to_lowercase();
            let holder = match holder {
                Some(id) => format!("Another {label} ({id})"),
                None => format!("Another {label}"),
            };
            tally.refuse(row, duplicate(write, claim, &holder));
        }
    }
    Ok(())
}

/// The claims, all on one field, whose value another live record has, with that record as far as it is in view.
async fn taken<'a>(write: Write<'_>, claims: Vec<&'a Claim<'a>>) -> Result<Vec<(&'a Claim<'a>, Option<Uuid>)>, Error> {
    let Write { tx, object, view, .. } = write;
    let Some(field) = claims.first().map(|claim| claim.field) else { return Ok(Vec::new()) };
    let (value, matches) = match &field.storage {
        Storage::Custom(key) => {
            let value =
                claims.iter().map(|claim| JsonText(secret::containment(claim.field, key, claim.value).to_string()));
            (Box::new(value.collect::<Vec<_>>()) as column::Parameter, ("jsonb[]", "t.custom @> u.value".to_owned()))
        }
        Storage::Column(name) => {
            let values = column::array(&field.kind, claims.iter().map(|claim| Some(claim.value)));
            (values, (column::array_type(&field.kind), format!("t.\"{name}\" = u.value")))
        }
        Storage::Money { .. } | Storage::Elsewhere => return Ok(Vec::new()),
    };
    let records: Vec<Uuid> = claims.iter().map(|claim| claim.record).collect();
    let mut guard = Sql::behind(tx.scope().schema(), view, 2);
    let seen = guard.within(object, Action::Read, "t");
    let sql = format!(
        "SELECT u.place, t.id FROM unnest($1::{}, $2::uuid[]) WITH ORDINALITY AS u(value, record, place) CROSS JOIN LATERAL \
         (SELECT CASE WHEN {} THEN id END AS id FROM {} AS t WHERE {} AND t.id <> u.record AND t.deleted_at IS NULL LIMIT 1) AS t",
        matches.0,
        seen.as_deref().unwrap_or("TRUE"),
        object.rows(tx.scope().schema()),
        matches.1,
    );
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&*value, &records];
    parameters.extend(guard.params());
    let rows = tx.query(&sql, &parameters).await?;
    let claim = |place: i64| usize::try_from(place - 1).ok().and_then(|at| claims.get(at).copied());
    Ok(rows.iter().filter_map(|row| Some((claim(row.get(0))?, row.get(1)))).collect())
}

fn duplicate(write: Write<'_>, claim: &Claim<'_>, holder: &str) -> UserError {
    let Claim { field, value, .. } = *claim;
    // A caller who restores a record may not see all of its fields.
    if !write.seen().and_then(|seen| seen.field(&field.name)).is_some_and(|field| field.is_comparable()) {
        let message = "A value that only one may have is taken by now, in a field that you do not see.";
        return UserError::new(code::CONFLICT, message).under("id");
    }
    let label = field.label.to_lowercase();
    let message = if field.encrypted {
        format!("{holder} has the same {label} already.")
    } else {
        format!("{holder} has the {label} {} already.", shown(&value.to_graph()))
    };
    UserError::new(code::DUPLICATE, message).under(super::change::input_name(field))
}

/// Whether a write could still be refused by a unique index.
pub(super) fn is_at_stake(object: &Object, changes: &[Change]) -> bool {
    !claims(object, changes, Which::All).is_empty()
}
