use std::{error::Error as _, fmt};

use tokio_postgres::{Error as PgError, error::SqlState};

use crate::{error::in_full, outage::Outage};

/// Why a statement on tenant data gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    #[error("no connection became free in time")]
    Busy,
    #[error("the database took too long")]
    Timeout,
    #[error("the connection to the database was lost")]
    Lost,
    #[error("the disk of the database is full")]
    StorageFull,
    /// It answers and cannot do what it is for: out of memory, read-only, no connection left.
    #[error("the database cannot be used just now")]
    Unavailable(#[source] Failure),
    #[error("a value that must be unique is taken ({constraint})")]
    UniqueViolation { constraint: String },
    #[error("something referred to does not exist ({constraint})")]
    ForeignKeyViolation { constraint: String },
    #[error("a value is not allowed ({constraint})")]
    CheckViolation { constraint: String },
    /// Serialization failure or deadlock: the same work may succeed if done again.
    #[error("another transaction got in the way")]
    Conflict,
    #[error("the database refused a statement")]
    Other(#[source] Failure),
}

/// What the server or the driver said, without the details that may hold customers' data.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The five characters of PostgreSQL's `SQLSTATE`; none when the driver refused.
    pub code: Option<String>,
    pub message: String,
}

impl DbError {
    /// Whether the database as a whole is at fault, and not what was asked of it.
    pub fn outage(&self) -> Option<Outage> {
        match self {
            Self::StorageFull => Some(Outage::StorageFull),
            Self::Lost | Self::Unavailable(_) => Some(Outage::Unavailable),
            _ => None,
        }
    }
}

impl Failure {
    pub(super) fn of_driver(message: impl Into<String>) -> Self {
        Self { code: None, message: message.into() }
    }
}

impl From<PgError> for Failure {
    /// With the causes, which are the system's own words when a server cannot be reached.
    fn from(error: PgError) -> Self {
        match error.as_db_error() {
            Some(refusal) => {
                Self { code: Some(refusal.code().code().to_owned()), message: refusal.message().to_owned() }
            }
            None => Self::of_driver(in_full(&error)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Failure {}

impl From<PgError> for DbError {
    fn from(error: PgError) -> Self {
        Self::from(&error)
    }
}

impl From<&PgError> for DbError {
    fn from(error: &PgError) -> Self {
        let Some(refusal) = error.as_db_error() else {
            return if error.is_closed() || is_io(error) {
                Self::Lost
            } else {
                Self::Other(Failure::of_driver(in_full(error)))
            };
        };
        let code = refusal.code();
        let constraint = || refusal.constraint().unwrap_or_default().to_owned();
        if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::EXCLUSION_VIOLATION {
            Self::UniqueViolation { constraint: constraint() }
        } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
            Self::ForeignKeyViolation { constraint: constraint() }
        } else if *code == SqlState::CHECK_VIOLATION {
            Self::CheckViolation { constraint: constraint() }
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            Self::Conflict
        } else if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE {
            Self::Timeout
        } else if ends_the_connection(code) {
            Self::Lost
        } else {
            let failure = Failure { code: Some(code.code().to_owned()), message: refusal.message().to_owned() };
            match Outage::of_sqlstate(code.code()) {
                Some(Outage::StorageFull) => Self::StorageFull,
                Some(Outage::Unavailable) => Self::Unavailable(failure),
                None => Self::Other(failure),
            }
        }
    }
}

fn is_io(error: &PgError) -> bool {
    error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

fn ends_the_connection(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
        || code.code().starts_with("08")
}

/// A prepared statement that the server no longer has, or whose tables changed shape since.
pub(super) fn is_stale_statement(error: &PgError) -> bool {
    error
        .code()
        .is_some_and(|code| *code == SqlState::INVALID_SQL_STATEMENT_NAME || *code == SqlState::FEATURE_NOT_SUPPORTED)
        && error.as_db_error().is_some_and(|refusal| {
            *refusal.code() == SqlState::INVALID_SQL_STATEMENT_NAME
                || refusal.routine() == Some("RevalidateCachedQuery")
        })
}
