//! What an import did, for people and for programs.

mod flaw;
mod text;

use serde::{Deserialize, Serialize};

pub use self::flaw::{Flaw, FlawKind};
use super::problem::Problem;

/// The outcome of an import, of a dry run, or of the part that was done before it ended early.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Report {
    pub dry_run: bool,
    pub steps: Vec<StepReport>,
    /// Custom fields and options that were made.
    pub fields: Vec<String>,
    /// Why it ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Problem>,
    pub milliseconds: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepReport {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub object: String,
    /// As people call the records: `Opportunities`.
    pub label: String,
    pub counts: Counts,
    pub flaws: Vec<Flaw>,
}

/// Rows by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub read: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Left out by a rule of the mapping.
    pub skipped: u64,
    /// The same thing again, in a `distinct` step.
    pub repeated: u64,
}

/// One refused row: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowError {
    pub step: String,
    #[serde(flatten)]
    pub problem: Problem,
}

impl Counts {
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            created: self.created + other.created,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            refused: self.refused + other.refused,
            skipped: self.skipped + other.skipped,
            repeated: self.repeated + other.repeated,
        }
    }
}

impl Report {
    pub fn total(&self) -> Counts {
        self.steps.iter().fold(Counts::default(), |sum, step| sum.plus(step.counts))
    }

    /// No row was refused and nothing ended it early.
    pub fn is_clean(&self) -> bool {
        self.stopped.is_none() && self.total().refused == 0
    }
}

/// What undoing an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UndoReport {
    /// Records that the import had created and that are in the bin now.
    pub deleted: u64,
    /// Records that it had changed and that are as they were.
    pub reverted: u64,
    /// Records that were left as they are.
    pub left: u64,
    /// The first of those, and why.
    pub reasons: Vec<Left>,
}

/// A record that undoing an import left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Left {
    pub object: String,
    pub id: uuid::Uuid,
    pub code: String,
    pub message: String,
}
