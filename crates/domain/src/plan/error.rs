use rapport_tenancy::DbError;

/// Why a query could not be compiled or run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The role's catalog has no such object or field.
    #[error("there is no {0}")]
    Unknown(String),
    /// A value that came with the request is wrong. `at` is its place: `filter.score.gte`.
    #[error("{at}: {message}")]
    Input { at: String, message: String },
    #[error("{field}: the records have several currencies; group by {field}Currency or filter by one")]
    MixedCurrencies { field: String },
    #[error("more than {most} records match; narrow the filter")]
    TooMany { most: usize },
    #[error("could not read records")]
    Storage(#[from] DbError),
    /// The database answered with what the plan did not ask for.
    #[error("could not decode column {column} of {object}")]
    Decode { object: String, column: usize },
}

impl Error {
    pub(super) fn input(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Input { at: at.into(), message: message.into() }
    }
}
