use std::ops::Deref;

use super::{
    DbError,
    conn::{Framing, TenantConn},
};
use crate::TenantScope;

/// One tenant's data. Making it and cloning it touch no connection.
#[derive(Clone)]
pub struct TenantDb {
    scope: TenantScope,
}

impl TenantDb {
    pub(crate) fn new(scope: TenantScope) -> Self {
        Self { scope }
    }

    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// A connection for statements that each stand alone.
    pub async fn session(&self) -> Result<TenantSession, DbError> {
        self.lend(Framing::None).await.map(TenantSession)
    }

    /// A transaction; dropping it rolls back.
    pub async fn begin(&self) -> Result<TenantTx, DbError> {
        self.lend(Framing::Open).await.map(TenantTx)
    }

    async fn lend(&self, framing: Framing) -> Result<TenantConn, DbError> {
        let lease = self.scope.pool().lend(self.scope.tenant()).await?;
        Ok(TenantConn::new(self.scope.clone(), lease, framing))
    }
}

/// A connection for statements that each stand alone. It goes back to the pool when dropped.
pub struct TenantSession(TenantConn);

impl Deref for TenantSession {
    type Target = TenantConn;

    fn deref(&self) -> &TenantConn {
        &self.0
    }
}

/// A transaction as the tenant's role. Dropping it rolls back.
pub struct TenantTx(TenantConn);

impl Deref for TenantTx {
    type Target = TenantConn;

    fn deref(&self) -> &TenantConn {
        &self.0
    }
}

impl TenantTx {
    /// Fails when a statement failed and nothing (a savepoint) made up for it: then nothing is written.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.0.end("COMMIT").await
    }

    /// Waits until the server has let go of the transaction's locks.
    pub async fn rollback(mut self) {
        // A connection that cannot roll back is thrown away when it is dropped here, which rolls back as well.
        let _ = self.0.end("ROLLBACK").await;
    }
}
