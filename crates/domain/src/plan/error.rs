use std::sync::Arc;

use rapport_tenancy::{DbError, KeyError};

/// Keys of an answer, one below the other. A plan is for all records alike, so there are no indexes.
pub type Path = Vec<Arc<str>>;

/// Why a query could not be compiled or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The role's catalog has no such object or field.
    #[error("there is no {0}")]
    Unknown(String),
    /// A value that came with the request is wrong. `path` are the keys of the answer, below the root, that lead to
    /// what it was given to, `at` is its place in there: `filter.score.gte`.
    #[error("{at}: {message}")]
    Input { path: Path, at: String, message: String },
    #[error("{field}: the records have several currencies; group by {field}Currency or filter by one")]
    MixedCurrencies { path: Path, field: String },
    #[error("more than {most} records match; narrow the filter")]
    TooMany { most: usize },
    #[error("could not read records")]
    Storage(#[from] DbError),
    /// A filter names an encrypted field.
    #[error("an encrypted field cannot be looked into")]
    Keys(#[source] KeyError),
    /// The database answered with what the plan did not ask for.
    #[error("could not decode column {column} of {object}")]
    Decode { object: String, column: usize },
    /// What a plan answered is not what was selected.
    #[error("could not read an answer again")]
    Answer(#[source] serde_json::Error),
}

impl Error {
    pub(super) fn input(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Input { path: Path::new(), at: at.into(), message: message.into() }
    }

    /// The same, where it is told of what stands below `keys`.
    #[must_use]
    pub fn below(mut self, keys: &[Arc<str>]) -> Self {
        if let Self::Input { path, .. } | Self::MixedCurrencies { path, .. } = &mut self {
            path.splice(..0, keys.iter().cloned());
        }
        self
    }
}
