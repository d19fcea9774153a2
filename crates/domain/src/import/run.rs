//! The run itself: pass after pass, batch after batch, each in a transaction of its own; in a dry run all of them in
//! one that is rolled back.

mod gather;

use std::time::{Duration, Instant};

use rapport_tenancy::{DbError, TenantDb, TenantTx};
use tokio::sync::mpsc;
use uuid::Uuid;

use self::gather::Gathered;
use super::{
    Observer, Problem, Progress, Refused,
    batch::{Batch, Written},
    bind::{Pass, bind},
    code,
    feed::{Chunk, Message, feed},
    fill::{Draft, Layout},
    lookup::Known,
    prepare::{self, Prepared},
    report::Report,
    store::{self, State},
};
use crate::{catalog::Catalog, record};

/// How often a running import says how far it is.
const TOUCHED_EVERY: Duration = Duration::from_millis(500);
const TRIES: u32 = 6;

/// Why a run ended before its end.
enum Stop {
    Cancelled,
    Problem(Problem),
    Failed(record::Error),
}

impl From<record::Error> for Stop {
    fn from(error: record::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failed(record::Error::Database(error))
    }
}

pub(super) struct Run<'r> {
    pub db: &'r TenantDb,
    pub id: Uuid,
    pub prepared: &'r Prepared,
    pub observer: &'r mut dyn Observer,
}

/// Where batches are written.
enum Work<'w> {
    /// Each in a transaction of its own.
    Each(&'w TenantDb),
    /// All in this one.
    Whole(TenantTx),
}

impl Run<'_> {
    /// Runs to the end, or as far as it goes.
    pub async fn run(mut self) -> (State, Report, Gathered) {
        let started = Instant::now();
        let mut gathered = Gathered::new(self.prepared);
        let Prepared { passes, survey, .. } = self.prepared;
        let columns = passes.iter().zip(&survey.layouts).map(|(pass, layout)| (pass.file(), &*layout.header));
        self.observer.begins(&columns.collect::<Vec<_>>());
        let ended = self.all(&mut gathered).await;
        let mut report = gathered.report(self.prepared.dry_run);
        let state = match ended {
            Ok(()) => State::Succeeded,
            Err(Stop::Cancelled) => State::Cancelled,
            Err(Stop::Problem(problem)) => {
                report.stopped = Some(problem);
                State::Failed
            }
            Err(Stop::Failed(error)) => {
                tracing::error!(import.id = %self.id, error = &error as &dyn std::error::Error, "An import failed");
                report.stopped = Some(Problem::new(code::FAILED, FAILED));
                State::Failed
            }
        };
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        (state, report, gathered)
    }

    async fn all(&mut self, gathered: &mut Gathered) -> Result<(), Stop> {
        let Prepared { wanted, mapping, name, survey, dry_run, .. } = self.prepared;
        let tx = self.db.begin().await?;
        let before = prepare::catalog(&tx, &[]).await?;
        gathered.fields = wanted.make(&tx, &before).await?.map_err(Stop::Problem)?;
        let catalog = prepare::catalog(&tx, &[]).await?;
        let work = if *dry_run {
            Work::Whole(tx)
        } else {
            tx.commit().await?;
            Work::Each(self.db)
        };
        let broken = |problems: Vec<Problem>| {
            Stop::Problem(problems.into_iter().next().unwrap_or_else(|| Problem::new(code::FAILED, FAILED)))
        };
        let passes = bind(mapping, name, &catalog).map_err(broken)?;
        let mut ended = Ok(());
        for (at, (pass, layout)) in passes.iter().zip(&survey.layouts).enumerate() {
            ended = self.pass(&work, &catalog, at, pass, layout, gathered).await;
            if ended.is_err() {
                break;
            }
        }
        if let Work::Whole(tx) = work {
            tx.rollback().await;
        }
        ended
    }

    async fn pass(
        &mut self,
        work: &Work<'_>,
        catalog: &Catalog,
        at: usize,
        pass: &Pass,
        layout: &Layout,
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        let (sender, mut messages) = mpsc::channel(2);
        let (feeding, files) = ((pass.clone(), layout.clone()), self.prepared.files.clone());
        tokio::task::spawn_blocking(move || feed(feeding.0, feeding.1, &files, &sender));
        let batch = Batch { catalog, pass, layout, import: self.id };
        let mut known = Known::default();
        let mut touched = None;
        gathered.start(pass);
        while let Some(message) = messages.recv().await {
            match message {
                Message::Rows(chunk) => self.chunk(work, &batch, &mut known, chunk, gathered).await?,
                Message::End(flaws) => {
                    gathered.end(flaws, layout);
                    return Ok(());
                }
                Message::Broken(problem) => return Err(Stop::Problem(problem)),
            }
            self.tell(at, pass, gathered, &mut touched).await?;
        }
        Err(Stop::Problem(Problem::new(code::FAILED, FAILED)))
    }

    async fn chunk(
        &mut self,
        work: &Work<'_>,
        batch: &Batch<'_>,
        known: &mut Known,
        chunk: Chunk,
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        gathered.count(chunk.counts);
        for (record, problems) in &chunk.refused {
            let refused = Refused::of(batch, record, problems);
            gathered.refused(&refused);
            self.observer.refused(&refused);
        }
        let mut ranges: Vec<&[Draft]> = if chunk.drafts.is_empty() { Vec::new() } else { vec![&chunk.drafts] };
        while let Some(drafts) = ranges.pop() {
            match attempt(work, batch, known, drafts).await {
                Ok(written) => self.settle(batch, drafts, &written, gathered),
                Err(error) if blames_a_row(&error) && drafts.len() > 1 => {
                    let (first, second) = drafts.split_at(drafts.len() / 2);
                    ranges.extend([second, first]);
                }
                Err(error) if blames_a_row(&error) => {
                    let problem =
                        Problem::new(code::CONFLICT, "Another record has a value of this row that must be unique.");
                    let outcome = record::Outcome::Refused;
                    self.settle(
                        batch,
                        drafts,
                        &[Written { outcome, problems: vec![problem], flaws: Vec::new() }],
                        gathered,
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn settle(&mut self, batch: &Batch, drafts: &[Draft], written: &[Written], gathered: &mut Gathered) {
        for (draft, row) in drafts.iter().zip(written) {
            gathered.settle(row);
            if row.outcome == record::Outcome::Refused {
                let refused = Refused::of(batch, &draft.record, &row.problems);
                gathered.refused(&refused);
                self.observer.refused(&refused);
            }
        }
    }

    /// Says how far it is, and hears whether to stop.
    async fn tell(
        &mut self,
        at: usize,
        pass: &Pass,
        gathered: &Gathered,
        touched: &mut Option<Instant>,
    ) -> Result<(), Stop> {
        let done = gathered.done();
        self.observer.progress(&Progress {
            step: &pass.name,
            number: at + 1,
            steps: self.prepared.passes.len(),
            rows: done,
            of: self.prepared.survey.rows,
        });
        if self.observer.wants_to_stop() {
            return Err(Stop::Cancelled);
        }
        if touched.is_none_or(|when| when.elapsed() >= TOUCHED_EVERY) {
            *touched = Some(Instant::now());
            match store::touch(self.db, self.id, done, &pass.name).await {
                Ok(true) => return Err(Stop::Cancelled),
                Ok(false) => {}
                // The rows matter more: whether the database is gone, the next batch will tell.
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "Progress was not written down");
                }
            }
        }
        Ok(())
    }
}

const FAILED: &str = "The import could not go on. What is written stays; run it again to finish.";

/// Writes a batch: all of it that can be, or none.
async fn attempt(
    work: &Work<'_>,
    batch: &Batch<'_>,
    known: &mut Known,
    drafts: &[Draft],
) -> Result<Vec<Written>, record::Error> {
    match work {
        Work::Each(db) => {
            let mut tries = 1;
            loop {
                let written = in_own(db, batch, known, drafts).await;
                match written {
                    Err(record::Error::Database(
                        DbError::Busy | DbError::Conflict | DbError::Lost | DbError::Timeout,
                    )) if tries < TRIES => {
                        known.forget();
                        tokio::time::sleep(Duration::from_millis(50) * 2u32.pow(tries)).await;
                        tries += 1;
                    }
                    Err(error) => {
                        known.forget();
                        return Err(error);
                    }
                    done => return done,
                }
            }
        }
        Work::Whole(tx) => {
            tx.execute("SAVEPOINT batch", &[]).await?;
            let written = batch.write(tx, known, drafts).await;
            if written.is_err() {
                known.forget();
                tx.execute("ROLLBACK TO SAVEPOINT batch", &[]).await?;
            }
            tx.execute("RELEASE SAVEPOINT batch", &[]).await?;
            written
        }
    }
}

async fn in_own(
    db: &TenantDb,
    batch: &Batch<'_>,
    known: &mut Known,
    drafts: &[Draft],
) -> Result<Vec<Written>, record::Error> {
    let tx = db.begin().await?;
    let written = batch.write(&tx, known, drafts).await?;
    tx.commit().await?;
    Ok(written)
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
