//! The control plane's tables, and the owner's connections to the databases that hold them and the tenants' schemas.

pub(crate) mod api_key;
pub(crate) mod cell;
pub(crate) mod membership;
pub(crate) mod person;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod signing_key;
pub(crate) mod tenant;
pub(crate) mod tenant_migration;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, RuntimeErr, SqlxPostgresConnector, Statement,
    TransactionTrait, Value, sqlx::postgres::PgPool,
};

/// The owner's connections to one database.
#[derive(Clone)]
pub(crate) struct Admin(
    #[expect(clippy::disallowed_types, reason = "the one place that holds the owner's connections")]
    sea_orm::DatabaseConnection,
);

impl Admin {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
    }

    pub(crate) fn db(&self) -> &impl ConnectionTrait {
        &self.0
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.0.begin().await
    }

    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        self.0.ping().await
    }

    pub(crate) async fn close(&self) {
        // There is nobody left to tell.
        let _ = self.0.close_by_ref().await;
    }
}

/// SQL that the query builder has no words for.
pub(crate) fn sql(text: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, text, values)
}

/// The number that a statement answers.
pub(crate) async fn one_count(db: &impl ConnectionTrait, statement: Statement) -> Result<i64, DbErr> {
    let row = db.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Locks are held to the end of the transaction; one number a purpose.
#[derive(Clone, Copy)]
pub(crate) enum Lock {
    ControlMigration,
    Placement,
    SharedSchema,
    Unfinished,
    SigningKeys,
}

impl Lock {
    pub(crate) async fn take(self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        lock(tx, self.number()).await
    }

    /// The same without waiting: false where someone else has it.
    pub(crate) async fn try_take(self, tx: &DatabaseTransaction) -> Result<bool, DbErr> {
        try_lock(tx, self.number()).await
    }

    fn number(self) -> i64 {
        match self {
            Self::ControlMigration => 0x7261_7000_0001,
            Self::Placement => 0x7261_7000_0002,
            Self::SharedSchema => 0x7261_7000_0003,
            Self::Unfinished => 0x7261_7000_0004,
            Self::SigningKeys => 0x7261_7000_0005,
        }
    }
}

/// Keeps two nodes from building or migrating the same thing at once.
#[expect(clippy::cast_possible_truncation, reason = "the lower half of a v7 id is random enough for a lock's number")]
pub(crate) async fn lock_id(tx: &DatabaseTransaction, id: uuid::Uuid) -> Result<(), DbErr> {
    lock(tx, id.as_u128() as i64).await
}

/// The same without waiting: false where someone else has it.
#[expect(clippy::cast_possible_truncation, reason = "see `lock_id`")]
pub(crate) async fn try_lock_id(tx: &DatabaseTransaction, id: uuid::Uuid) -> Result<bool, DbErr> {
    try_lock(tx, id.as_u128() as i64).await
}

/// The cell that a tenant lives in.
pub(crate) async fn cell_of(control: &Admin, tenant: crate::TenantId) -> Result<Option<cell::Model>, DbErr> {
    let found = tenant::Entity::find_by_id(tenant).find_also_related(cell::Entity).one(control.db()).await?;
    Ok(found.and_then(|(_, cell)| cell))
}

async fn lock(tx: &DatabaseTransaction, number: i64) -> Result<(), DbErr> {
    tx.execute_raw(sql("SELECT pg_advisory_xact_lock($1)", [number.into()])).await.map(|_| ())
}

async fn try_lock(tx: &DatabaseTransaction, number: i64) -> Result<bool, DbErr> {
    let row = tx.query_one_raw(sql("SELECT pg_try_advisory_xact_lock($1)", [number.into()])).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

/// Somebody else held what a statement needed for longer than `lock_timeout`.
pub(crate) fn is_lock_timeout(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55P03"))
}
