//! Bringing another system's data in: CSV files and a mapping become records, through the record engine.
//!
//! A mapping ([`mapping`]) says which columns become which fields. It is bound to the catalog ([`bind`]), all files are
//! read once to see that they are whole ([`survey`]), then rows become drafts ([`fill`]), drafts become records
//! ([`batch`]), a thousand in a transaction. Running it again with the same files changes nothing; a run that was
//! stopped in the middle is finished by running it again. What an import wrote can be undone ([`undo`]).

mod batch;
mod bind;
mod error_file;
mod feed;
mod fields;
mod fill;
mod lookup;
pub mod mapping;
mod observe;
mod outcome_file;
mod prepare;
mod problem;
mod reader;
mod report;
mod row;
mod rows;
mod run;
mod store;
mod survey;
mod undo;

use std::{future::Future, sync::Arc, time::Duration};

use rapport_tenancy::{DbError, TenantDb};
use uuid::Uuid;

pub(crate) use self::problem::did_you_mean;
pub use self::{
    error_file::ErrorFile,
    mapping::Mapping,
    observe::{Observer, Progress, Refused, Settled},
    outcome_file::OutcomeFile,
    prepare::fingerprint,
    problem::{Problem, code},
    reader::{Files, Record},
    report::{Counts, Flaw, FlawKind, Left, Report, RowError, StepReport, UndoReport},
    row::RowOutcome,
    rows::{ImportedRow, RowPlace, RowProblem, RowQuery, rows},
    store::{Import, State, cancel, find, was_done},
    undo::{UndoError, undo},
};
use self::{prepare::Prepared, run::Run};
use crate::{
    catalog::Catalogs,
    record::{self, Origin},
};

/// What to bring in.
#[derive(Debug, Clone)]
pub struct Request {
    /// What messages call the mapping: its file name.
    pub name: String,
    /// The mapping, TOML.
    pub mapping: String,
    pub files: Files,
    /// Do everything and keep nothing.
    pub dry_run: bool,
    /// Where it was asked for, as the event log keeps it.
    pub origin: Origin,
}

/// An import that runs by itself. Ask [`find`] how it is doing.
#[derive(Debug, Clone, Copy)]
pub struct Started {
    pub id: Uuid,
    pub rows: u64,
}

/// An import that has ended.
#[derive(Debug, Clone)]
pub struct Done {
    pub id: Uuid,
    pub state: State,
    pub report: Report,
}

/// Why an import did not begin. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mapping or a file is not as it should be; all that was found.
    #[error("the mapping or a file was refused")]
    Refused(Vec<Problem>),
    #[error("the import could not be looked at")]
    Database(#[from] DbError),
    #[error("the import could not be looked at")]
    Record(#[from] record::Error),
    #[error("the server ended while the import was looked at")]
    Ended,
}

impl From<Vec<Problem>> for Error {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Refused(problems)
    }
}

/// Runs an import and waits for its end.
#[tracing::instrument(name = "import.run", skip_all, fields(tenant.id = %db.scope().tenant(), dry_run = request.dry_run))]
pub async fn run(
    db: &TenantDb,
    catalogs: &Catalogs,
    request: Request,
    observer: &mut dyn Observer,
) -> Result<Done, Error> {
    let prepared = prepare::prepare(db, request).await?;
    begin(&prepared, observer)?;
    let id = open(db, &prepared).await?;
    Ok(finish(db, catalogs, id, &prepared, observer).await)
}

/// Looks at an import and starts it; it goes on as long as the future that comes with it is driven, and should be driven
/// to its end.
#[tracing::instrument(name = "import.start", skip_all, fields(tenant.id = %db.scope().tenant(), dry_run = request.dry_run))]
pub async fn start(
    db: &TenantDb,
    catalogs: &Arc<Catalogs>,
    request: Request,
    mut observer: impl Observer + 'static,
) -> Result<(Started, impl Future<Output = ()> + Send + 'static), Error> {
    let prepared = prepare::prepare(db, request).await?;
    begin(&prepared, &mut observer)?;
    let id = open(db, &prepared).await?;
    let rows = prepared.survey.rows;
    let (db, catalogs) = (db.clone(), catalogs.clone());
    let work = async move {
        finish(&db, &catalogs, id, &prepared, &mut observer).await;
    };
    Ok((Started { id, rows }, work))
}

fn begin(prepared: &Prepared, observer: &mut dyn Observer) -> Result<(), Vec<Problem>> {
    let Prepared { passes, survey, .. } = prepared;
    let columns = passes.iter().zip(&survey.layouts).map(|(pass, layout)| (pass.file(), &*layout.header));
    observer.begins(&columns.collect::<Vec<_>>()).map_err(|problem| vec![problem])
}

async fn open(db: &TenantDb, prepared: &Prepared) -> Result<Uuid, DbError> {
    let files: Vec<String> = prepared.mapping.files().into_iter().map(str::to_owned).collect();
    let new = store::New {
        dry_run: prepared.dry_run,
        fingerprint: &prepared.fingerprint,
        files: &files,
        rows_total: prepared.survey.rows,
    };
    store::open(db, new).await
}

async fn finish(
    db: &TenantDb,
    catalogs: &Catalogs,
    id: Uuid,
    prepared: &Prepared,
    observer: &mut dyn Observer,
) -> Done {
    let (state, report, gathered) = Run { db, id, prepared, observer: &mut *observer }.run().await;
    if !prepared.wanted.is_empty() {
        catalogs.forget(db.scope().tenant());
    }
    observer.ended(state, &report);
    if let Err(error) = close(db, id, state, &report, &gathered.errors).await {
        tracing::error!(import.id = %id, error = &error as &dyn std::error::Error, "The end of an import was not written down");
    }
    Done { id, state, report }
}

/// Writes the end down, and tries again where the database does not answer: what it did is worth knowing.
async fn close(db: &TenantDb, id: Uuid, state: State, report: &Report, errors: &[RowError]) -> Result<(), DbError> {
    const TRIES: u32 = 6;
    let mut tries = 1;
    loop {
        match store::close(db, id, state, report, errors).await {
            Err(DbError::Busy | DbError::Lost | DbError::Unavailable(_) | DbError::Timeout | DbError::Conflict)
                if tries < TRIES =>
            {
                tokio::time::sleep(Duration::from_millis(100) * 2u32.pow(tries)).await;
                tries += 1;
            }
            ended => return ended,
        }
    }
}
