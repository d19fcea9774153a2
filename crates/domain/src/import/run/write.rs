//! Writing the rows of a pass: each portion of them in a transaction, together with what became of them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rapport_tenancy::{DbError, TenantDb, TenantTx};
use uuid::Uuid;

use super::patience::Patience;
use crate::{
    import::{
        batch::{Batch, Written},
        feed::Chunk,
        fill::Draft,
        lookup::Known,
        problem::{Problem, code},
        row::{Fate, Row, RowOutcome},
        rows::{self, Position},
    },
    record,
};

/// Where rows are written.
pub enum Work {
    /// Each portion in a transaction of its own.
    Each,
    /// All in this one, which is rolled back.
    Whole(TenantTx),
}

pub struct Writer<'w> {
    pub db: &'w TenantDb,
    pub work: &'w Work,
    pub batch: &'w Batch<'w>,
    pub import: Uuid,
    /// Of the pass, from 0.
    pub step: i32,
    /// Somebody wants the run to end: nothing is tried again.
    pub stopping: &'w AtomicBool,
}

/// Rows that found their end together, and what became of the drafts among them.
pub struct Portion<'c> {
    rows: &'c [Row],
    written: Vec<Written>,
    is_kept: bool,
}

impl Writer<'_> {
    /// Writes a chunk: all of it that can be. What was written before an error stays.
    pub async fn chunk<'c>(
        &self,
        known: &mut Known,
        chunk: &'c Chunk,
    ) -> (Vec<Portion<'c>>, Result<(), record::Error>) {
        let mut portions = Vec::new();
        let mut left = vec![(chunk.first, chunk.rows.as_slice())];
        while let Some((first, rows)) = left.pop() {
            let written = match self.attempt(known, first, rows).await {
                Ok(written) => written,
                Err(error) if !blames_a_row(&error) => return (portions, Err(error)),
                Err(_) => match halves(rows) {
                    Some((one, other)) => {
                        left.extend([(first + one.len() as u64, other), (first, one)]);
                        continue;
                    }
                    None => match self.refuse(first, rows).await {
                        Ok(written) => written,
                        Err(error) => return (portions, Err(error)),
                    },
                },
            };
            portions.push(Portion { rows, written, is_kept: matches!(self.work, Work::Each) });
        }
        (portions, Ok(()))
    }

    /// The one draft among the rows is what the database refuses.
    async fn refuse(&self, first: u64, rows: &[Row]) -> Result<Vec<Written>, record::Error> {
        let problem = Problem::new(code::CONFLICT, "Another record has a value of this row that must be unique.");
        let written = vec![Written::refused(vec![problem])];
        self.note(first, rows, &written).await?;
        Ok(written)
    }

    /// Notes what became of rows that wrote nothing.
    async fn note(&self, first: u64, rows: &[Row], written: &[Written]) -> Result<(), record::Error> {
        let fates: Vec<Fate> = fates(rows, written, false).collect();
        Ok(rows::enter(&*self.db.session().await?, self.position(first), self.batch.pass, &fates).await?)
    }

    fn position(&self, first: u64) -> Position {
        Position { import: self.import, step: self.step, first: i64::try_from(first).unwrap_or(i64::MAX) }
    }

    /// Writes rows, all or none; again while that may help.
    async fn attempt(&self, known: &mut Known, first: u64, rows: &[Row]) -> Result<Vec<Written>, record::Error> {
        let drafts: Vec<&Draft> = rows.iter().filter_map(Row::draft).collect();
        let Work::Whole(tx) = self.work else {
            return self.in_own(known, first, rows, &drafts).await;
        };
        tx.execute("SAVEPOINT batch", &[]).await?;
        let written = self.batch.write(tx, known, &drafts).await;
        if written.is_err() {
            known.forget();
            tx.execute("ROLLBACK TO SAVEPOINT batch", &[]).await?;
        }
        tx.execute("RELEASE SAVEPOINT batch", &[]).await?;
        let written = written?;
        self.note(first, rows, &written).await?;
        Ok(written)
    }

    async fn in_own(
        &self,
        known: &mut Known,
        first: u64,
        rows: &[Row],
        drafts: &[&Draft],
    ) -> Result<Vec<Written>, record::Error> {
        let mut patience = Patience::default();
        // Of a transaction whose end was not heard of.
        let mut doubtful = None;
        loop {
            let error = match self.once(known, first, rows, drafts, &mut doubtful).await {
                Ok(written) => return Ok(written),
                Err(error) => error,
            };
            known.forget();
            let repeats = matches!(&error, record::Error::Database(error) if rows::is_repetition(error));
            match doubtful.take_if(|_| repeats) {
                Some(written) => return Ok(written),
                None if !self.stopping.load(Relaxed) && patience.allows(&error).await => {}
                None => return Err(error),
            }
        }
    }

    /// The records and what became of their rows are written together: the one is there when the other is.
    async fn once(
        &self,
        known: &mut Known,
        first: u64,
        rows: &[Row],
        drafts: &[&Draft],
        doubtful: &mut Option<Vec<Written>>,
    ) -> Result<Vec<Written>, record::Error> {
        let position = self.position(first);
        if doubtful.is_some() && rows::are_there(self.db, position).await? {
            return Ok(doubtful.take().unwrap_or_default());
        }
        let tx = self.db.begin().await?;
        let written = self.batch.write(&tx, known, drafts).await?;
        let fates: Vec<Fate> = fates(rows, &written, true).collect();
        rows::enter(&tx, position, self.batch.pass, &fates).await?;
        match tx.commit().await {
            Ok(()) => Ok(written),
            Err(error) => {
                *doubtful = Some(written);
                Err(error.into())
            }
        }
    }
}

impl<'c> Portion<'c> {
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    pub fn rows(&self) -> impl Iterator<Item = (&'c Row, Fate<'_>)> {
        self.rows.iter().zip(fates(self.rows, &self.written, self.is_kept))
    }
}

/// What became of each row; `written` has the drafts among them.
fn fates<'r>(rows: &'r [Row], written: &'r [Written], is_kept: bool) -> impl Iterator<Item = Fate<'r>> {
    let mut written = written.iter();
    rows.iter().map(move |row| {
        let fate = |outcome| Fate { line: row.line(), outcome, record: None, problems: &[] };
        match row {
            Row::Draft(_) => written.next().map_or(fate(None), |written| Fate {
                record: written.record.filter(|_| is_kept),
                problems: &written.problems,
                ..fate(Some(written.outcome.into()))
            }),
            Row::Refused(_, problems) => Fate { problems, ..fate(Some(RowOutcome::Refused)) },
            Row::Skipped(_) => fate(Some(RowOutcome::Skipped)),
            Row::Repeated(_) => fate(Some(RowOutcome::Repeated)),
            Row::Idle(_) => fate(None),
        }
    })
}

/// Two parts with half of the drafts each; none where there is but one.
fn halves(rows: &[Row]) -> Option<(&[Row], &[Row])> {
    let drafts: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].draft().is_some()).collect();
    (drafts.len() > 1).then(|| rows.split_at(drafts[drafts.len() / 2]))
}

/// A refusal of the database that the record engine did not foresee: some row of the batch is the cause.
fn blames_a_row(error: &record::Error) -> bool {
    matches!(
        error,
        record::Error::Database(
            DbError::UniqueViolation { .. } | DbError::CheckViolation { .. } | DbError::ForeignKeyViolation { .. }
        )
    )
}
