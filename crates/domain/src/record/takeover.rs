//! A change of the owner allows its writer nothing more: a caller who may change a record but not delete it cannot get
//! there by becoming its owner.

use rapport_tenancy::ToSql;
use uuid::Uuid;

use super::{
    Error, UserError,
    change::{Change, input_name},
    outcome::Tally,
    refusal::code,
    value::Stored,
    write::{Write, keep},
};
use crate::{plan::Sql, rights::Action};

/// The key of the relation to whose a record is.
const OWNER: &str = "owner_id";
/// The actions that are compared. Sharing follows from `Update`.
const ACTIONS: [Action; 4] = [Action::Update, Action::Delete, Action::Restore, Action::Export];

/// Refuses changes of the owner that would allow their writer more actions than before, and leaves them out.
pub(super) async fn check(write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
    let Write { tx, object, view, .. } = write;
    let Some(at) = object.fields().iter().position(|field| &*field.key() == OWNER) else { return Ok(()) };
    let granted = view.catalog.granted(object);
    let depends = |action: &Action| !granted.reach(*action).is_none() && !granted.reach(*action).is_all();
    let moved: Vec<&Change> = changes.iter().filter(|change| !change.is_creation() && change.touches(at)).collect();
    if moved.is_empty() || !ACTIONS.iter().any(depends) {
        return Ok(());
    }
    let ids: Vec<Uuid> = moved.iter().map(|change| change.after.id).collect();
    let owners: Vec<Option<Uuid>> = moved
        .iter()
        .map(|change| match change.after(at) {
            Some(Stored::Id(id)) => Some(*id),
            _ => None,
        })
        .collect();
    let mut guard = Sql::behind(tx.scope().schema(), view, 2);
    let gains: Vec<String> = ACTIONS
        .into_iter()
        .filter(depends)
        .filter_map(|action| {
            let (before, after) = (guard.within(object, action, "b")?, guard.within(object, action, "a")?);
            Some(format!("(({after}) IS TRUE AND ({before}) IS NOT TRUE)"))
        })
        .collect();
    // `b` is the row as it is, `a` the same row with the new owner.
    let sql = format!(
        "SELECT u.id FROM unnest($1::uuid[], $2::uuid[]) AS u(id, owner) JOIN {schema}.\"{table}\" AS b ON b.id = u.id \
         CROSS JOIN LATERAL jsonb_populate_record(b, jsonb_build_object('{OWNER}', u.owner)) AS a WHERE {gained}",
        schema = tx.scope().schema(),
        table = object.table,
        gained = gains.join(" OR ")
    );
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids, &owners];
    parameters.extend(guard.params());
    let gained: Vec<Uuid> = tx.query(&sql, &parameters).await?.iter().map(|row| row.get(0)).collect();
    let message = format!(
        "With this owner you could do more with the {} than you may now. Ask somebody who has that right.",
        object.label.to_lowercase()
    );
    for row in changes.iter().filter(|change| gained.contains(&change.after.id)).filter_map(|change| change.row) {
        let error = UserError::new(code::BEYOND_YOURS, message.clone());
        tally.refuse(row, error.under(input_name(&object.fields()[at])));
    }
    keep(changes, tally);
    Ok(())
}
