//! Taking an import back: what it created goes to the bin, what it changed becomes what it was, as long as nobody has
//! changed it since and nobody else needs it.

mod load;

use std::collections::HashSet;

use rapport_tenancy::{DbError, TenantDb, TenantTx};
use uuid::Uuid;

use self::load::{Standing, Touched};
use super::{
    prepare,
    problem::code,
    report::{Left, UndoReport},
    store::{self, State},
};
use crate::{
    catalog::Object,
    record::{self, Origin, Outcome, RowResult},
    rights::View,
};

#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("there is no such import")]
    NotFound,
    /// It runs, was a dry run, or was undone already.
    #[error("{0}")]
    Impossible(&'static str),
    #[error("the import could not be undone as a whole")]
    Database(#[from] DbError),
    #[error("the import could not be undone as a whole")]
    Record(#[from] record::Error),
}

/// Records undone by one transaction.
const RECORDS: usize = 1_000;
/// Records that were left which a report names.
const REASONS: usize = 1_000;

/// Undoes an import. Stopped in the middle it can be called again.
#[tracing::instrument(name = "import.undo", skip_all, fields(tenant.id = %db.scope().tenant(), import.id = %id))]
pub async fn undo(db: &TenantDb, id: Uuid, origin: &Origin) -> Result<UndoReport, UndoError> {
    let import = store::find(db, id).await?.ok_or(UndoError::NotFound)?;
    match import.state {
        State::Running => return Err(UndoError::Impossible("The import is still running; cancel it first.")),
        State::Undone => return Err(UndoError::Impossible("The import was undone already.")),
        _ if import.dry_run => return Err(UndoError::Impossible("A dry run wrote nothing.")),
        _ => {}
    }
    let touched = load::touched(&*db.session().await?, id).await?;
    let created: HashSet<Uuid> = touched.iter().filter(|record| record.created).map(|record| record.id).collect();
    let mut report = UndoReport::default();
    // The last written first: what points to a record goes before the record.
    for group in touched.chunk_by(|one, other| one.object == other.object).flat_map(|same| same.chunks(RECORDS)) {
        let tx = db.begin().await?;
        // Fields may change meanwhile.
        let sight = prepare::sight(&tx, &[]).await?;
        let undoing = Undoing { view: sight.view(), import: id, created: &created, origin };
        let part = undoing.group(&tx, group).await?;
        tx.commit().await?;
        report.deleted += part.deleted;
        report.reverted += part.reverted;
        report.left += part.left;
        report.reasons.extend(part.reasons);
        report.reasons.truncate(REASONS);
    }
    store::undone(db, id, &report).await?;
    Ok(report)
}

struct Undoing<'u> {
    view: View<'u>,
    import: Uuid,
    /// Everything that the import created.
    created: &'u HashSet<Uuid>,
    origin: &'u Origin,
}

impl Undoing<'_> {
    /// Undoes records of one object.
    async fn group(&self, tx: &TenantTx, group: &[Touched]) -> Result<UndoReport, record::Error> {
        let mut report = UndoReport::default();
        let Some(object) = group.first().and_then(|first| self.view.catalog.object(&first.object)) else {
            for record in group {
                leave(&mut report, record, code::FORBIDDEN, "Its object is not there any more.");
            }
            return Ok(report);
        };
        let now = load::standing(tx, object, group).await?;
        let unchanged = |record: &&Touched| match now.get(&record.id) {
            Some(Standing { deleted: true, .. }) => None,
            Some(standing) if standing.version == record.version => Some(true),
            _ => Some(false),
        };
        for record in group.iter().filter(|record| unchanged(record) == Some(false)) {
            leave(&mut report, record, code::CONFLICT, "It was changed since.");
        }
        let free: Vec<&Touched> = group.iter().filter(|record| unchanged(record) == Some(true)).collect();
        let (made, changed): (Vec<&Touched>, Vec<&Touched>) = free.into_iter().partition(|record| record.created);
        self.delete(tx, object, &made, &mut report).await?;
        self.revert(tx, object, &changed, &mut report).await?;
        Ok(report)
    }

    async fn delete(
        &self,
        tx: &TenantTx,
        object: &Object,
        made: &[&Touched],
        report: &mut UndoReport,
    ) -> Result<(), record::Error> {
        let ids: Vec<Uuid> = made.iter().map(|record| record.id).collect();
        let needed = load::needed(tx, self.view, object, &ids, self.created).await?;
        for record in made.iter().filter(|record| needed.contains_key(&record.id)) {
            leave(report, record, record::code::IN_USE, &format!("{} need it.", needed[&record.id]));
        }
        let free: Vec<&&Touched> = made.iter().filter(|record| !needed.contains_key(&record.id)).collect();
        if free.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = free.iter().map(|record| record.id).collect();
        let results = record::delete(tx, self.view, object, &ids, self.origin).await?;
        for (record, result) in free.iter().zip(results) {
            match result.outcome {
                Outcome::Deleted => report.deleted += 1,
                Outcome::Unchanged => {}
                _ => refused(report, record, &result),
            }
        }
        Ok(())
    }

    async fn revert(
        &self,
        tx: &TenantTx,
        object: &Object,
        changed: &[&Touched],
        report: &mut UndoReport,
    ) -> Result<(), record::Error> {
        if changed.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = changed.iter().map(|record| record.id).collect();
        let (before, sealed) = load::before(tx, object, self.import, &ids).await?;
        for record in changed {
            if let Some(label) = sealed.get(&record.id) {
                leave(
                    report,
                    record,
                    code::ENCRYPTED,
                    &format!("{label} is encrypted: what it was before is not known."),
                );
            }
            let Some(input) = before.get(&record.id).filter(|input| !input.is_empty()) else { continue };
            let version = Some(record.version);
            let result = record::update(tx, self.view, object, record.id, input, version, self.origin).await?;
            match result.outcome {
                Outcome::Updated | Outcome::Unchanged => report.reverted += 1,
                _ => refused(report, record, &result),
            }
        }
        Ok(())
    }
}

fn refused(report: &mut UndoReport, record: &Touched, result: &RowResult) {
    let error = result.user_errors.first();
    let message = error.map_or("It could not be undone.", |error| error.message.as_str());
    leave(report, record, error.map_or(code::CONFLICT, |error| error.code), message);
}

fn leave(report: &mut UndoReport, record: &Touched, code: &str, message: &str) {
    report.left += 1;
    if report.reasons.len() < REASONS {
        let (object, message) = (record.object.clone(), message.to_owned());
        report.reasons.push(Left { object, id: record.id, code: code.to_owned(), message });
    }
}
