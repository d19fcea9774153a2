use std::{collections::HashSet, time::Instant};

use tokio_postgres::{Client, Config, NoTls, Statement};

use super::{DbError, Failure, statements::Statements};
use crate::TenantId;

/// One connection to a cell, with what is known of its backend.
pub(super) struct Wire {
    pub(super) client: Client,
    /// Whose role the backend has; None when that is not certain.
    pub(super) role: Option<TenantId>,
    /// Every tenant it has served: a backend keeps something in memory of each.
    pub(super) met: HashSet<TenantId>,
    pub(super) statements: Statements,
    pub(super) idle_since: Instant,
}

/// Whether a server lets this login in.
pub(crate) async fn knock(config: &Config) -> Result<(), Failure> {
    config.connect(NoTls).await.map(|_| ()).map_err(Failure::from)
}

impl Wire {
    pub(super) async fn connect(config: &Config, statements: usize) -> Result<Box<Self>, DbError> {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %DbError::from(&error), "a connection to a cell ended");
            }
        });
        Ok(Box::new(Self {
            client,
            role: None,
            met: HashSet::new(),
            statements: Statements::new(statements),
            idle_since: Instant::now(),
        }))
    }

    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let statement = self.client.prepare(sql).await?;
        self.statements.keep(sql, statement.clone());
        Ok(statement)
    }
}
