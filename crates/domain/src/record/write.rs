use chrono::{DateTime, Timelike, Utc};
use rapport_tenancy::TenantTx;

use super::{Error, Mode, Origin, UserError, announce, change::Change, outcome::Tally, refusal::code};
use crate::{
    catalog::{Catalog, Object},
    event,
    rights::{Action, Granted, View},
};

/// One write of records of one object: where, for whom, when and why.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    pub tx: &'a TenantTx,
    /// Of whom it is for: what they may name, and which records are within their reach.
    pub view: View<'a>,
    /// The whole: the engine's own rules are about fields that are not in view as well.
    pub catalog: &'a Catalog,
    pub object: &'a Object,
    pub origin: &'a Origin,
    /// The time of everything that this write does, to the microsecond, as it is kept.
    pub now: DateTime<Utc>,
}

impl<'a> Write<'a> {
    pub fn new(tx: &'a TenantTx, view: View<'a>, object: &'a Object, origin: &'a Origin) -> Self {
        let catalog = view.catalog.whole();
        let object = catalog.object(&object.name).map_or(object, |object| object);
        Self { tx, view, catalog, object, origin, now: now() }
    }

    /// The same write, going on with records of another object.
    pub fn on(self, object: &'a Object) -> Self {
        Self { object, ..self }
    }

    /// What may be done with records of the object.
    pub fn granted(&self) -> &'a Granted {
        self.view.catalog.granted(self.object)
    }

    /// The object as far as it is in view: what callers may name.
    pub fn seen(&self) -> Option<&'a Object> {
        self.view.catalog.object(&self.object.name).map(|object| &**object)
    }

    /// A tally of `rows`, all refused where no record of the object may be created.
    pub fn tally_of_new(&self, rows: usize, mode: Mode) -> Result<Tally, Tally> {
        self.tally_if(self.granted().create, "create", rows, mode)
    }

    /// A tally of `rows`, all refused where the action reaches no record of the object.
    pub fn tally(&self, action: Action, rows: usize, mode: Mode) -> Result<Tally, Tally> {
        self.tally_if(!self.granted().reach(action).is_none(), action.verb(), rows, mode)
    }

    fn tally_if(&self, allowed: bool, verb: &str, rows: usize, mode: Mode) -> Result<Tally, Tally> {
        let mut tally = Tally::new(rows, mode);
        if allowed {
            return Ok(tally);
        }
        let message = format!("You may not {verb} {}.", self.object.label_plural.to_lowercase());
        tally.refuse_all(&UserError::new(code::FORBIDDEN, message));
        Err(tally)
    }

    /// What is told of a record that is in view, and beyond the reach of an action.
    pub fn beyond_reach(&self, action: Action) -> UserError {
        let message = format!("You may see this {}, but not {} it.", self.object.label.to_lowercase(), action.verb());
        UserError::new(code::FORBIDDEN, message).under("id")
    }

    /// Has the statements of a batch planned for its size and for the tables as they are now. A plan that was made
    /// for few rows of an empty table would compare every row of the batch with every record that came since.
    pub async fn plan_for(&self, rows: usize) -> Result<(), Error> {
        if rows > 1 {
            self.tx.execute("SET LOCAL plan_cache_mode = force_custom_plan", &[]).await?;
        }
        Ok(())
    }

    pub fn not_found(&self) -> UserError {
        UserError::new(code::NOT_FOUND, format!("There is no {} with this id.", self.object.label.to_lowercase()))
            .under("id")
    }

    pub async fn log(&self, changes: &[Change], what: &'static str) -> Result<(), Error> {
        let events: Vec<_> = changes.iter().flat_map(|change| announce::events(self.object, change, what)).collect();
        Ok(event::enter(self.tx, self.now, self.origin, &events).await?)
    }
}

/// The time to the microsecond, as it is kept.
pub(crate) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.with_nanosecond(now.nanosecond() / 1_000 * 1_000).unwrap_or(now)
}

/// Leaves only the changes whose rows are not refused.
pub(super) fn keep(changes: &mut Vec<Change>, tally: &Tally) {
    changes.retain(|change| change.row.is_none_or(|row| !tally.is_refused(row)));
}
