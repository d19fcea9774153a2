//! The run itself: pass after pass, batch after batch, each in a transaction of its own; in a dry run all of them in
//! one that is rolled back.

mod allowed;
mod gather;
mod patience;
mod write;

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use futures::future::join_all;
use rapport_tenancy::{DbError, Outage, TenantDb};
use tokio::sync::mpsc;
use uuid::Uuid;

use self::{
    allowed::Allowed,
    gather::Gathered,
    write::{Portion, Work, Writer},
};
use super::{
    Observer, Problem, Progress, Refused, Settled,
    batch::Batch,
    bind::{Pass, bind},
    code,
    feed::{Chunk, End, Message, feed},
    fill::{Draft, Layout},
    lookup::Known,
    prepare::{self, Prepared},
    report::Report,
    row::{Fate, Row, RowOutcome},
    store::{self, State},
};
use crate::{
    catalog::registry::conversion,
    record::{self, Origin},
    rights::View,
};

const NO_LONGER_ALLOWED: &str = "What you may do has changed since the import began. Start it again to go on.";
/// How often a running import says how far it is.
const TOUCHED_EVERY: Duration = Duration::from_millis(500);
/// How often one that waits hears whether to stop.
const HEARD_EVERY: Duration = Duration::from_millis(200);
/// Transactions at the same time, where the rows allow it.
const LANES: usize = 2;

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

/// The fields that a run knows stay as they are until it ends: a conversion waits for imports, and the other way round.
async fn no_conversion(db: &TenantDb) -> Result<(), Stop> {
    let tx = db.begin().await?;
    let is_copying = conversion::is_copying(&tx).await?;
    tx.rollback().await;
    let message = "A field is being converted to another type: start the import again when that is done.";
    if is_copying { Err(Stop::Problem(Problem::new(code::CONFLICT, message))) } else { Ok(()) }
}

pub(super) struct Run<'r> {
    pub db: &'r TenantDb,
    pub id: Uuid,
    pub prepared: &'r Prepared,
    pub observer: &'r mut dyn Observer,
}

impl Run<'_> {
    /// Runs to the end, or as far as it goes.
    pub async fn run(mut self) -> (State, Report, Gathered) {
        let started = Instant::now();
        let mut gathered = Gathered::new(self.prepared);
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
                report.stopped = Some(failed(&error));
                State::Failed
            }
        };
        report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        (state, report, gathered)
    }

    fn origin(&self) -> Origin {
        Origin { import: Some(self.id), ..self.prepared.origin.clone() }
    }

    async fn all(&mut self, gathered: &mut Gathered) -> Result<(), Stop> {
        let Prepared { wanted, mapping, name, survey, dry_run, .. } = self.prepared;
        no_conversion(self.db).await?;
        let mut allowed = Allowed::now(self.db).await?;
        let tx = self.db.begin().await?;
        gathered.fields = wanted.make(&tx, &self.origin()).await?.map_err(Stop::Problem)?;
        let sight = prepare::sight(&tx, &[]).await?;
        let work = if *dry_run {
            Work::Whole(tx)
        } else {
            tx.commit().await?;
            Work::Each
        };
        let broken = |problems: Vec<Problem>| {
            Stop::Problem(problems.into_iter().next().unwrap_or_else(|| Problem::new(code::FAILED, FAILED)))
        };
        let passes = bind(mapping, name, &sight.catalog).map_err(broken)?;
        let mut ended = Ok(());
        for (at, (pass, layout)) in passes.iter().zip(&survey.layouts).enumerate() {
            ended = self.pass(&work, &mut allowed, sight.view(), (at, pass, layout), gathered).await;
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
        work: &Work,
        allowed: &mut Allowed,
        view: View<'_>,
        (at, pass, layout): (usize, &Pass, &Layout),
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        let (sender, mut messages) = mpsc::channel(LANES);
        let (feeding, files) = ((pass.clone(), layout.clone()), self.prepared.files.clone());
        tokio::task::spawn_blocking(move || feed(feeding.0, feeding.1, &files, &sender));
        let origin = self.origin();
        let batch = Batch { view, pass, layout, origin: &origin };
        let stopping = AtomicBool::new(false);
        let step = i32::try_from(at).unwrap_or(i32::MAX);
        let writer = Writer { db: self.db, work, batch: &batch, import: self.id, step, stopping: &stopping };
        let lanes = if matches!(work, Work::Each) && pass.is_free_of_order() { LANES } else { 1 };
        let mut lanes: Vec<Known> = (0..lanes).map(|_| Known::default()).collect();
        let mut touched = None;
        gathered.start(pass);
        loop {
            let (chunks, end) = receive(&mut messages, lanes.len()).await;
            if !allowed.still(self.db).await? {
                return Err(Stop::Problem(Problem::new(code::FORBIDDEN, NO_LONGER_ALLOWED)));
            }
            self.chunks(&writer, &mut lanes, &chunks, gathered).await?;
            self.tell(at, pass, gathered, &mut touched).await?;
            match end {
                None => {}
                Some(End::Whole(flaws)) => {
                    gathered.end(flaws, layout);
                    return Ok(());
                }
                Some(End::Broken(problem)) => return Err(Stop::Problem(problem)),
            }
        }
    }

    /// Writes chunks side by side.
    async fn chunks(
        &mut self,
        writer: &Writer<'_>,
        lanes: &mut [Known],
        chunks: &[Chunk],
        gathered: &mut Gathered,
    ) -> Result<(), Stop> {
        let writing = join_all(chunks.iter().zip(lanes).map(|(chunk, known)| writer.chunk(known, chunk)));
        let mut writing = pin!(writing);
        let written = loop {
            tokio::select! {
                written = &mut writing => break written,
                () = tokio::time::sleep(HEARD_EVERY) => {
                    writer.stopping.fetch_or(self.observer.wants_to_stop(), Relaxed);
                }
            }
        };
        let mut ended = Ok(());
        for (portions, end) in written {
            for portion in portions {
                self.settle(writer.batch, &portion, gathered);
            }
            ended = ended.and(end);
        }
        Ok(ended?)
    }

    fn settle(&mut self, batch: &Batch, portion: &Portion<'_>, gathered: &mut Gathered) {
        for written in portion.written() {
            gathered.flaws(written);
        }
        for (row, fate) in portion.rows() {
            gathered.settle(fate.outcome);
            if let Row::Draft(Draft { record, .. }) | Row::Refused(record, _) = row
                && fate.outcome == Some(RowOutcome::Refused)
            {
                let refused = Refused::of(batch, record, fate.problems);
                gathered.refused(&refused);
                self.observer.refused(&refused);
            }
            if let Some(outcome) = fate.outcome {
                let (step, file) = (batch.pass.name.as_str(), batch.pass.file());
                let Fate { line, record, problems, .. } = fate;
                self.observer.settled(&Settled { step, file, line, outcome, record, problems });
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

fn failed(error: &record::Error) -> Problem {
    match Outage::behind(error) {
        None => Problem::new(code::FAILED, FAILED),
        Some(Outage::StorageFull) => Problem::new(
            code::STORAGE_FULL,
            "The disk of the database is full. What is written stays; run it again when there is room.",
        ),
        Some(Outage::Unavailable) => Problem::new(
            code::UNAVAILABLE,
            "The database could not be used any more. What is written stays; run it again to finish.",
        ),
    }
}

/// The next chunks, as many as asked for, and what came instead of more.
async fn receive(messages: &mut mpsc::Receiver<Message>, most: usize) -> (Vec<Chunk>, Option<End>) {
    let mut chunks = Vec::with_capacity(most);
    while chunks.len() < most {
        match messages.recv().await {
            Some(Message::Rows(chunk)) => chunks.push(chunk),
            Some(Message::End(end)) => return (chunks, Some(end)),
            None => return (chunks, Some(End::Broken(Problem::new(code::FAILED, FAILED)))),
        }
    }
    (chunks, None)
}
