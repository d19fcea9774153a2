use crate::TenantId;

/// What the control plane could not do. Says nothing of addresses or passwords.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database URL is not usable: {reason}")]
    Settings { reason: String },
    #[error("there is no such tenant: {tenant}")]
    NoSuchTenant { tenant: TenantId },
    #[error("the control plane could not be read or written")]
    Storage(#[from] sea_orm::DbErr),
    #[error("a cell could not be reached")]
    Cell(#[from] crate::DbError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// A gap that `rapport doctor` found, with the command that closes it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    pub tenant: Option<TenantId>,
    pub what: String,
    pub command: String,
}
