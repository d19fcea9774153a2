use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use futures::{TryStreamExt, future};
use std::pin::pin;
use tokio_postgres::{Client, Error as PgError, Row, Statement, error::SqlState, types::ToSql};

use super::{
    DbError, Failure,
    error::is_stale_statement,
    pool::Lease,
    prelude::{self, Prelude},
    recover::{Unfinished, recover},
};
use crate::TenantScope;

/// A connection that acts as the tenant's role.
///
/// A future of one of its statements that is dropped before the answer came leaves the connection in doubt: it serves
/// no further statement, and is settled or thrown away when the handle goes.
pub struct TenantConn {
    scope: TenantScope,
    /// There until the handle is dropped.
    lease: Option<Lease>,
    framing: Framing,
    /// Set when the first statement goes out; None inside when nothing had to go ahead of it.
    prelude: OnceLock<Option<Prelude>>,
    prelude_answered: AtomicBool,
    /// A future was dropped while its answer was owed.
    doubt: AtomicBool,
    /// The server or the driver gave up on this connection.
    broken: AtomicBool,
    /// A right was missing that every tenant's role has: perhaps the backend's role is not what we think it is.
    suspect: AtomicBool,
    statements: AtomicU64,
    order: Order,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Every statement is its own transaction.
    None,
    Open,
    Ended,
}

/// The last statement to succeed and the last to fail, in the order sent. A transaction whose last statement failed can
/// only roll back, and `COMMIT` would do so without an error.
#[derive(Default)]
struct Order {
    sent: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
}

/// Raises the doubt unless the answer came.
struct Owed<'a>(&'a AtomicBool);

impl Owed<'_> {
    fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for Owed<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

impl TenantConn {
    pub(super) fn new(scope: TenantScope, mut lease: Lease, framing: Framing) -> Self {
        lease.wire.met.insert(scope.tenant());
        Self {
            scope,
            lease: Some(lease),
            framing,
            prelude: OnceLock::new(),
            prelude_answered: AtomicBool::new(false),
            doubt: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
            statements: AtomicU64::new(0),
            order: Order::default(),
        }
    }

    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// Prepared once per connection, rows in binary. Several may be joined: they travel together, in the order in which
    /// they are polled; only one that is not prepared yet may be overtaken.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, DbError> {
        self.run(sql, params).await.map(|(rows, _)| rows)
    }

    /// Answers with the number of rows touched.
    pub async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, DbError> {
        self.run(sql, params).await.map(|(_, touched)| touched)
    }

    /// How many statements were sent, not counting the ones that set the role or frame a transaction.
    pub fn statements(&self) -> u64 {
        self.statements.load(Relaxed)
    }

    async fn run(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(Vec<Row>, u64), DbError> {
        if self.doubt.load(Relaxed) || self.broken.load(Relaxed) {
            return Err(DbError::Lost);
        }
        self.statements.fetch_add(1, Relaxed);
        let owed = Owed(&self.doubt);
        let answer = match self.prelude() {
            None => self.answer(sql, params).await,
            Some(prelude) => {
                let (ahead, answer) = future::join(prelude, self.answer(sql, params)).await;
                self.after_prelude(ahead).and(answer)
            }
        };
        owed.answered();
        answer
    }

    /// Sends what must go ahead if nothing went yet; gives what is still to be waited for.
    fn prelude(&self) -> Option<Prelude> {
        let prelude = self.prelude.get_or_init(|| {
            let set_role = (self.lease().wire.role != Some(self.scope.tenant())).then(|| self.scope.set_role());
            let begin = (self.framing == Framing::Open).then_some("BEGIN");
            let needed = set_role.is_some() || begin.is_some();
            needed.then(|| prelude::send(self.client(), set_role, begin))
        });
        if self.prelude_answered.load(Relaxed) { None } else { prelude.clone() }
    }

    fn after_prelude(&self, ahead: Result<(), DbError>) -> Result<(), DbError> {
        match &ahead {
            Ok(()) => self.prelude_answered.store(true, Relaxed),
            Err(error) => {
                self.broken.store(true, Relaxed);
                tracing::warn!(
                    tenant.id = %self.scope.tenant(),
                    error = error as &dyn std::error::Error,
                    "a connection could not take a tenant's role"
                );
            }
        }
        ahead
    }

    async fn answer(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(Vec<Row>, u64), DbError> {
        let mut may_repeat = self.framing == Framing::None;
        loop {
            let statement = self.statement(sql).await?;
            let number = self.order.next();
            match rows(self.client(), &statement, params).await {
                Ok(answer) => {
                    self.order.succeeded(number);
                    return Ok(answer);
                }
                Err(error) => {
                    let stale = is_stale_statement(&error);
                    let error = self.refused(number, &error);
                    if stale {
                        self.lease().wire.statements.forget(sql);
                    }
                    if !(stale && may_repeat) {
                        return Err(error);
                    }
                    may_repeat = false;
                }
            }
        }
    }

    async fn statement(&self, sql: &str) -> Result<Statement, DbError> {
        let wire = &self.lease().wire;
        if let Some(statement) = wire.statements.get(sql) {
            return Ok(statement);
        }
        let number = self.order.next();
        wire.prepare(sql).await.map_err(|error| self.refused(number, &error))
    }

    fn refused(&self, number: u64, error: &PgError) -> DbError {
        let error_seen = DbError::from(error);
        self.order.failed(number);
        // Also where it answers: another connection may reach a server that can do more.
        if matches!(error_seen, DbError::Lost | DbError::Unavailable(_)) || error.as_db_error().is_none() {
            self.broken.store(true, Relaxed);
        }
        if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            self.suspect.store(true, Relaxed);
        }
        error_seen
    }

    /// Sends `COMMIT` or `ROLLBACK`, if a transaction was begun at all.
    pub(super) async fn end(&mut self, how: &'static str) -> Result<(), DbError> {
        if self.doubt.load(Relaxed) || self.broken.load(Relaxed) {
            return Err(DbError::Lost);
        }
        if self.prelude.get().is_none() {
            self.framing = Framing::Ended;
            return Ok(());
        }
        if how == "COMMIT" && self.order.ends_in_failure() {
            return Err(DbError::Other(Failure::of_driver(
                "a statement of this transaction failed, so it cannot be committed",
            )));
        }
        let owed = Owed(&self.doubt);
        let answer = self.client().batch_execute(how).await;
        owed.answered();
        let number = self.order.next();
        answer.map_err(|error| self.refused(number, &error))?;
        self.framing = Framing::Ended;
        Ok(())
    }

    fn lease(&self) -> &Lease {
        self.lease.as_ref().expect("the lease is taken out in drop alone")
    }

    fn client(&self) -> &Client {
        &self.lease().wire.client
    }
}

/// The statement is on its way once this was polled for the first time.
async fn rows(
    client: &Client,
    statement: &Statement,
    params: &[&(dyn ToSql + Sync)],
) -> Result<(Vec<Row>, u64), PgError> {
    let mut stream = pin!(client.query_raw(statement, params.iter().copied()).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok((rows, stream.rows_affected().unwrap_or(0)))
}

impl Drop for TenantConn {
    fn drop(&mut self) {
        let Some(mut lease) = self.lease.take() else { return };
        let doubt = *self.doubt.get_mut();
        let sent = self.prelude.get().is_some();
        if let Some(Some(_)) = self.prelude.get() {
            lease.wire.role = self.prelude_answered.get_mut().then(|| self.scope.tenant());
        }
        if *self.broken.get_mut() || *self.suspect.get_mut() {
            tracing::debug!(tenant.id = %self.scope.tenant(), "threw a connection away");
        } else if self.framing == Framing::Open && sent {
            recover(lease, Unfinished::Transaction);
        } else if doubt {
            recover(lease, Unfinished::Statements);
        } else {
            lease.give_back();
        }
    }
}

impl Order {
    fn next(&self) -> u64 {
        self.sent.fetch_add(1, Relaxed) + 1
    }

    fn succeeded(&self, number: u64) {
        self.succeeded.fetch_max(number, Relaxed);
    }

    fn failed(&self, number: u64) {
        self.failed.fetch_max(number, Relaxed);
    }

    fn ends_in_failure(&self) -> bool {
        self.failed.load(Relaxed) > self.succeeded.load(Relaxed)
    }
}
