use crate::{DbError, Failure, KeyError, MigrationError, TenantId};

/// What the control plane could not do. Says nothing of addresses or passwords.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database URL is not usable: {reason}")]
    Settings { reason: String },
    #[error("the database of the control plane cannot be reached")]
    Unreachable(#[source] Failure),
    #[error("the control schema is not the one this release needs: run `rapport migrate`")]
    NotMigrated,
    #[error("there is no such tenant: {tenant}")]
    NoSuchTenant { tenant: TenantId },
    #[error("tables of the tenant are in use, try again: {tenant}")]
    InUse { tenant: TenantId },
    #[error("the schema of the tenant is gone: {tenant}")]
    SchemaLost { tenant: TenantId },
    #[error("the person has another password by now")]
    PasswordChanged,
    #[error("the control plane could not be read or written")]
    Storage(#[from] sea_orm::DbErr),
    #[error("a schema could not be brought up to date")]
    Migration(#[from] MigrationError),
    #[error("a cell could not be reached")]
    Cell(#[from] DbError),
    #[error("the keys of a tenant's log could not be made")]
    Keys(#[from] KeyError),
}

/// The whole chain in one line, for reports.
pub(crate) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
