//! A caller who manages people and teams cannot widen their own reach by it: not by joining or leading a team, and not by
//! changing values that a rule compares with.

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

/// The position of the caller before a write.
pub(super) struct OwnReach(Standing);

impl OwnReach {
    /// `None` where the write cannot change it, or the caller reaches everything.
    pub async fn before(write: Write<'_>, changes: &[Change]) -> Result<Option<Self>, Error> {
        let is_about_people = matches!(&*write.object.key(), "users" | "team");
        let caller = write.tx.scope().actor().user_id().map(UserId::uuid);
        let caller = caller.filter(|_| is_about_people && !changes.is_empty());
        let Some(caller) = caller.filter(|_| !write.view.catalog.rights().is_everything()) else { return Ok(None) };
        write.tx.execute(&format!("SAVEPOINT {SAVEPOINT}"), &[]).await?;
        Ok(Some(Self(Standing::of(write.tx, caller).await?)))
    }

    /// Undoes and refuses the write where it widened the reach of the caller.
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

/// The relation that was written, else the first field that was; `id` for a record that was restored.
fn at_fault(object: &Object, change: &Change) -> String {
    let mut given = change.given.iter().map(|at| &object.fields()[*at]);
    let relation = given.clone().find(|field| matches!(field.kind, Kind::One(_)));
    relation.or_else(|| given.next()).map_or_else(|| "id".into(), |field| input_name(field))
}
