use std::net::IpAddr;

use rapport_tenancy::{DbError, KeyError};
use uuid::Uuid;

use super::{UserError, change::Change};

/// What became of one row of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    /// Nothing to change: no event, no new version.
    Unchanged,
    Restored,
    Deleted,
    Destroyed,
    /// See the row's `user_errors`.
    Refused,
    /// Nothing wrong with this row, but with another one of an atomic batch.
    NotApplied,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Unchanged => "UNCHANGED",
            Self::Restored => "RESTORED",
            Self::Deleted => "DELETED",
            Self::Destroyed => "DESTROYED",
            Self::Refused => "REFUSED",
            Self::NotApplied => "NOT_APPLIED",
        }
    }
}

/// One row's outcome, in the order of the rows given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowResult {
    pub outcome: Outcome,
    /// The record, where there is one after the write.
    pub id: Option<Uuid>,
    /// Paths are those of the row's own input; [`RowResult::in_batch`] makes them those of a batch.
    pub user_errors: Vec<UserError>,
}

impl RowResult {
    pub(super) fn refused(errors: Vec<UserError>) -> Self {
        Self { outcome: Outcome::Refused, id: None, user_errors: errors }
    }

    /// The same with paths from the batch's root: `["inputs", "3", "email"]`.
    #[must_use]
    pub fn in_batch(mut self, list: &str, at: usize) -> Self {
        self.user_errors = self.user_errors.into_iter().map(|error| error.under(at.to_string()).under(list)).collect();
        self
    }
}

/// What a refused row means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All or none. After a refusal the transaction holds a part of the batch: the caller rolls it back.
    Atomic,
    /// Whatever can be done.
    Partial,
}

/// What caused a write, and from where it was asked for, as the event log keeps it.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub request_id: Option<String>,
    pub trace_id: Option<String>,
    pub import: Option<Uuid>,
    pub address: Option<IpAddr>,
    /// What the caller's program calls itself, in short.
    pub user_agent: Option<String>,
}

/// Why a write failed. Expected outcomes are [`RowResult`]s; after this the transaction is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database refused a statement of the record engine")]
    Database(#[from] DbError),
    /// A value could not be sealed.
    #[error("an encrypted field could not be written")]
    Keys(#[source] KeyError),
    #[error("{table}.{column} of record {id} cannot be read as {kind}")]
    Corrupt { table: String, column: String, id: Uuid, kind: &'static str },
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => Self::Database(error),
            error => Self::Keys(error),
        }
    }
}

/// The outcomes of a batch while it is being decided.
pub(super) struct Tally {
    mode: Mode,
    rows: Vec<RowResult>,
}

impl Tally {
    pub fn new(rows: usize, mode: Mode) -> Self {
        let pending = RowResult { outcome: Outcome::NotApplied, id: None, user_errors: Vec::new() };
        Self { mode, rows: vec![pending; rows] }
    }

    pub fn refuse(&mut self, at: usize, error: UserError) {
        let row = &mut self.rows[at];
        row.outcome = Outcome::Refused;
        row.id = None;
        row.user_errors.push(error);
    }

    pub fn refuse_for(&mut self, at: usize, errors: impl IntoIterator<Item = UserError>) {
        for error in errors {
            self.refuse(at, error);
        }
    }

    pub fn refuse_all(&mut self, error: &UserError) {
        for at in 0..self.rows.len() {
            self.refuse(at, error.clone());
        }
    }

    /// Notes the outcome of every change that a row asked for.
    pub fn settle_all(&mut self, changes: &[Change], outcome: Outcome) {
        for change in changes {
            if let Some(at) = change.row {
                self.settle(at, outcome, change.after.id);
            }
        }
    }

    pub fn settle(&mut self, at: usize, outcome: Outcome, id: Uuid) {
        let row = &mut self.rows[at];
        if row.outcome != Outcome::Refused {
            row.outcome = outcome;
            row.id = Some(id);
        }
    }

    /// The fields at fault in a row so far.
    pub fn fields_refused(&self, at: usize) -> Vec<String> {
        self.rows[at].user_errors.iter().filter_map(|error| error.field.first().cloned()).collect()
    }

    pub fn is_refused(&self, at: usize) -> bool {
        self.rows[at].outcome == Outcome::Refused
    }

    /// An atomic batch that has lost a row: nothing more needs to be done.
    pub fn is_lost(&self) -> bool {
        self.mode == Mode::Atomic && self.rows.iter().any(|row| row.outcome == Outcome::Refused)
    }

    pub fn finish(mut self) -> Vec<RowResult> {
        if self.is_lost() {
            for row in self.rows.iter_mut().filter(|row| row.outcome != Outcome::Refused) {
                row.outcome = Outcome::NotApplied;
                row.id = None;
            }
        }
        self.rows
    }
}
