//! Whoever arranges people and teams does not put more within their own reach by it: not by joining a team, not by leading
//! it, not by what their own record says.

use rapport_tenancy::UserId;

use super::{
    Error, UserError,
    change::{Change, input_name},
    outcome::Tally,
    refusal::code,
    write::Write,
};
use crate::{
    catalog::{Kind, Object},
    rights::Standing,
};

const SAVEPOINT: &str = "before_own_reach";

/// Where the caller stands before a write.
pub(super) struct OwnReach(Standing);

impl OwnReach {
    /// `None` where the write cannot change it, or nothing is beyond it.
    pub async fn before(write: Write<'_>, changes: &[Change]) -> Result<Option<Self>, Error> {
        let is_about_people = matches!(&*write.object.key(), "users" | "team");
        let caller = write.tx.scope().actor().user_id().map(UserId::uuid);
        let caller = caller.filter(|_| is_about_people && !changes.is_empty());
        let Some(caller) = caller.filter(|_| !write.view.catalog.rights().is_everything()) else { return Ok(None) };
        write.tx.execute(&format!("SAVEPOINT {SAVEPOINT}"), &[]).await?;
        Ok(Some(Self(Standing::of(write.tx, caller).await?)))
    }

    /// Takes the write back where it made them reach more, and refuses it.
    pub async fn stays(self, write: Write<'_>, changes: &mut Vec<Change>, tally: &mut Tally) -> Result<(), Error> {
        let Some(caller) = write.tx.scope().actor().user_id() else { return Ok(()) };
        let now = Standing::of(write.tx, caller.uuid()).await?;
        if !now.is_wider(&self.0, write.view.catalog) {
            return Ok(());
        }
        write.tx.execute(&format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"), &[]).await?;
        for change in changes.drain(..) {
            if let Some(row) = change.row {
                let message = "It would put more records within your own reach. Ask somebody who may do everything.";
                tally.refuse(row, UserError::new(code::BEYOND_YOURS, message).under(at_fault(write.object, &change)));
            }
        }
        Ok(())
    }
}

/// The relation that was given, else what was, else the record itself: one that comes back.
fn at_fault(object: &Object, change: &Change) -> String {
    let mut given = change.given.iter().map(|at| &object.fields()[*at]);
    let relation = given.clone().find(|field| matches!(field.kind, Kind::One(_)));
    relation.or_else(|| given.next()).map_or_else(|| "id".into(), |field| input_name(field))
}
