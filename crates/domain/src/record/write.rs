use chrono::{DateTime, Utc};
use rapport_tenancy::TenantTx;

use super::{Error, Mode, Origin, UserError, announce, change::Change, outcome::Tally, refusal::code};
use crate::{
    catalog::{Catalog, Object},
    event,
};

/// One write of records of one object: where, for whom, when and why.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    pub tx: &'a TenantTx,
    pub catalog: &'a Catalog,
    pub object: &'a Object,
    pub origin: &'a Origin,
    /// The time of everything that this write does, to the microsecond, as it is kept.
    pub now: DateTime<Utc>,
}

impl<'a> Write<'a> {
    pub fn new(tx: &'a TenantTx, catalog: &'a Catalog, object: &'a Object, origin: &'a Origin) -> Self {
        Self { tx, catalog, object, origin, now: event::now() }
    }

    /// The same write, going on with records of another object.
    pub fn on(self, object: &'a Object) -> Self {
        Self { object, ..self }
    }

    /// A tally of `rows`, all refused where the caller may not write this object at all.
    pub fn tally(&self, rows: usize, mode: Mode) -> Result<Tally, Tally> {
        let mut tally = Tally::new(rows, mode);
        if self.catalog.may_write(self.object) {
            return Ok(tally);
        }
        let message = format!("Only owners of the workspace may change {}.", self.object.label_plural.to_lowercase());
        tally.refuse_all(&UserError::new(code::FORBIDDEN, message));
        Err(tally)
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

/// Leaves only the changes whose rows are not refused.
pub(super) fn keep(changes: &mut Vec<Change>, tally: &Tally) {
    changes.retain(|change| change.row.is_none_or(|row| !tally.is_refused(row)));
}
