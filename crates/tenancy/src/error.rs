use crate::{DbError, MigrationError, TenantId};

/// What the control plane could not do. Says nothing of addresses or passwords.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database URL is not usable: {reason}")]
    Settings { reason: String },
    #[error("the control schema is not the one this release needs: run `rapport migrate`")]
    NotMigrated,
    #[error("there is no such tenant: {tenant}")]
    NoSuchTenant { tenant: TenantId },
    #[error("the control plane could not be read or written")]
    Storage(#[from] sea_orm::DbErr),
    #[error("a schema could not be brought up to date")]
    Migration(#[from] MigrationError),
    #[error("a cell could not be reached")]
    Cell(#[from] DbError),
}
