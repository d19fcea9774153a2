//! Tenant data: handles that act as the tenant's own role.

use std::{error::Error as StdError, ops::Deref};

use tokio_postgres::{Row, types::ToSql};

use crate::TenantScope;

/// Why a statement on tenant data gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("no connection became free in time")]
    Busy,
    #[error("the database took too long")]
    Timeout,
    #[error("the connection to the database was lost")]
    Lost,
    #[error("a value that must be unique is taken ({constraint})")]
    UniqueViolation { constraint: String },
    #[error("something referred to does not exist ({constraint})")]
    ForeignKeyViolation { constraint: String },
    #[error("a value is not allowed ({constraint})")]
    CheckViolation { constraint: String },
    #[error("another transaction got in the way")]
    Conflict,
    #[error("the database refused a statement")]
    Other(#[source] Failure),
}

/// What the server or the driver said, without details that may hold customers' data.
pub type Failure = Box<dyn StdError + Send + Sync>;

/// One tenant's data.
#[derive(Clone)]
pub struct TenantDb {
    scope: TenantScope,
}

impl TenantDb {
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// A connection for statements that each stand alone.
    pub async fn session(&self) -> Result<TenantSession, DbError> {
        todo!()
    }

    /// A transaction; dropping it rolls back.
    pub async fn begin(&self) -> Result<TenantTx, DbError> {
        todo!()
    }
}

/// A connection that acts as the tenant's role.
pub struct TenantConn {
    scope: TenantScope,
}

impl TenantConn {
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Prepared once per connection, rows in binary. Several may be joined: they travel together.
    pub async fn query(&self, _sql: &str, _params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, DbError> {
        todo!()
    }

    /// Answers with the number of rows touched.
    pub async fn execute(&self, _sql: &str, _params: &[&(dyn ToSql + Sync)]) -> Result<u64, DbError> {
        todo!()
    }

    /// How many statements were sent, not counting the ones that set the role or frame a transaction.
    pub fn statements(&self) -> u64 {
        todo!()
    }
}

pub struct TenantSession(TenantConn);

impl Deref for TenantSession {
    type Target = TenantConn;

    fn deref(&self) -> &TenantConn {
        &self.0
    }
}

pub struct TenantTx(TenantConn);

impl Deref for TenantTx {
    type Target = TenantConn;

    fn deref(&self) -> &TenantConn {
        &self.0
    }
}

impl TenantTx {
    pub async fn commit(self) -> Result<(), DbError> {
        todo!()
    }

    pub async fn rollback(self) {
        todo!()
    }
}
