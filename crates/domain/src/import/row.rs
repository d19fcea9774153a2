use serde::Serialize;
use uuid::Uuid;

use super::{fill::Draft, problem::Problem, reader::Record};
use crate::record::Outcome;

/// A row as it was read: what it comes to before the database is asked.
#[derive(Debug)]
pub enum Row {
    Draft(Draft),
    Refused(Record, Vec<Problem>),
    /// A rule of the mapping leaves out the row at this line.
    Skipped(u64),
    /// The same natural key as a row before, in a step that takes each once.
    Repeated(u64),
    /// It points to nothing, in a pass that is about relations alone.
    Idle(u64),
}

impl Row {
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Draft(draft) => Some(draft),
            _ => None,
        }
    }

    pub fn line(&self) -> u64 {
        match self {
            Self::Draft(draft) => draft.record.line,
            Self::Refused(record, _) => record.line,
            Self::Skipped(line) | Self::Repeated(line) | Self::Idle(line) => *line,
        }
    }
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowOutcome {
    Created,
    Updated,
    Unchanged,
    Refused,
    /// Left out by a rule of the mapping.
    Skipped,
    /// The same thing again, in a `distinct` step.
    Repeated,
}

impl RowOutcome {
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Refused, Self::Skipped, Self::Repeated];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Unchanged => "UNCHANGED",
            Self::Refused => "REFUSED",
            Self::Skipped => "SKIPPED",
            Self::Repeated => "REPEATED",
        }
    }

    /// As it is kept.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Created => 'C',
            Self::Updated => 'U',
            Self::Unchanged => 'N',
            Self::Refused => 'R',
            Self::Skipped => 'S',
            Self::Repeated => 'P',
        }
    }

    pub(super) fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| letter.chars().eq([outcome.letter()]))
    }
}

impl From<Outcome> for RowOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Created => Self::Created,
            Outcome::Updated | Outcome::Restored => Self::Updated,
            Outcome::Refused | Outcome::NotApplied => Self::Refused,
            Outcome::Unchanged | Outcome::Deleted | Outcome::Destroyed => Self::Unchanged,
        }
    }
}

/// A row and what became of it; nothing when the pass had nothing for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fate<'r> {
    pub line: u64,
    pub outcome: Option<RowOutcome>,
    pub record: Option<Uuid>,
    pub problems: &'r [Problem],
}
