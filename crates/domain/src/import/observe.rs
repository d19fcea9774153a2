use uuid::Uuid;

use super::{batch::Batch, problem::Problem, reader::Record, report::Report, row::RowOutcome, store::State};

/// Watches an import, and may stop it.
pub trait Observer: Send {
    /// When everything was looked at and nothing is written: the columns of each file (none for rows in the mapping), in
    /// the order of the steps. What it cannot do without refuses the import.
    fn begins(&mut self, _: &[(Option<&str>, &[String])]) -> Result<(), Problem> {
        Ok(())
    }

    fn progress(&mut self, _: &Progress<'_>) {}

    /// A row was refused.
    fn refused(&mut self, _: &Refused<'_>) {}

    /// A row has found its end, in the order read; a refused one as well.
    fn settled(&mut self, _: &Settled<'_>) {}

    /// After the last row, also when it was stopped.
    fn ended(&mut self, _: State, _: &Report) {}

    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Observer for () {}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'p> {
    pub step: &'p str,
    /// Of the step, from 1.
    pub number: usize,
    pub steps: usize,
    /// Rows read in all steps.
    pub rows: u64,
    pub of: u64,
}

/// A row and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'s> {
    pub step: &'s str,
    pub file: Option<&'s str>,
    pub line: u64,
    pub outcome: RowOutcome,
    /// Its record; none in a dry run.
    pub record: Option<Uuid>,
    pub problems: &'s [Problem],
}

/// A row that did not become a record.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'r> {
    pub step: &'r str,
    pub file: Option<&'r str>,
    pub header: &'r [String],
    pub record: &'r Record,
    pub problems: &'r [Problem],
}

impl<'r> Refused<'r> {
    pub(super) fn of(batch: &'r Batch<'r>, record: &'r Record, problems: &'r [Problem]) -> Self {
        Self { step: &batch.pass.name, file: batch.pass.file(), header: &batch.layout.header, record, problems }
    }
}
