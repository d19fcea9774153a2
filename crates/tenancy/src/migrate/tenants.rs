use futures::{StreamExt, stream};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, RuntimeErr,
    sea_query::{ExprTrait, OnConflict},
    sqlx,
};

use super::{
    MigrationError, MigrationReport,
    files::{Migration, TENANT, latest_tenant_version},
    ledger,
};
use crate::{
    Error, Tenancy, TenantFailure, TenantState,
    control::{cell, is_lock_timeout, lock_id, sql, tenant, tenant_migration},
    error::in_full,
    provision,
    scope::schema_name,
};

/// The migration that brought roles into the schemas of tenants.
const WITH_ROLES: i32 = 10;
/// How many tenants are migrated side by side.
const AT_ONCE: usize = 4;

enum Outcome {
    Migrated,
    Postponed(TenantFailure),
    Quarantined(TenantFailure),
}

/// The tables of a tenant, made or brought up to date inside the caller's transaction.
pub(crate) async fn bring_up(
    tx: &DatabaseTransaction,
    schema: &str,
) -> Result<Vec<&'static Migration>, MigrationError> {
    ledger::apply(tx, schema, TENANT).await
}

/// Every tenant that is behind, whatever became of the others.
pub(super) async fn run(tenancy: &Tenancy, report: &mut MigrationReport) -> Result<(), Error> {
    let behind = tenant::Entity::find()
        .find_also_related(cell::Entity)
        .filter(tenant::Column::State.is_in(TenantState::LIVE))
        .filter(
            tenant::Column::SchemaVersion
                .lt(latest_tenant_version())
                .or(tenant::Column::State.eq(TenantState::Quarantined)),
        )
        .all(tenancy.control().db())
        .await?;
    let all = tenant_count(tenancy).await?;
    report.current = all.saturating_sub(behind.len());
    let jobs = behind.into_iter().filter_map(|(tenant, cell)| cell.map(|cell| (tenant, cell)));
    let mut outcomes = stream::iter(jobs).map(|(tenant, cell)| one(tenancy, tenant, cell)).buffer_unordered(AT_ONCE);
    while let Some(outcome) = outcomes.next().await {
        match outcome? {
            Outcome::Migrated => report.migrated += 1,
            Outcome::Postponed(postponed) => report.postponed.push(postponed),
            Outcome::Quarantined(quarantined) => report.quarantined.push(quarantined),
        }
    }
    Ok(())
}

/// Fails only when the control plane does: a tenant's own failure is written down and reported.
async fn one(tenancy: &Tenancy, tenant: tenant::Model, cell: cell::Model) -> Result<Outcome, Error> {
    match migrate(tenancy, &tenant, &cell).await {
        Ok(()) => {
            record(tenancy, &tenant).await?;
            tracing::info!(tenant.id = %tenant.id, "Migrated a tenant");
            Ok(Outcome::Migrated)
        }
        Err(error) if is_passing(&error) => {
            let reason = in_full(&error);
            tracing::warn!(tenant.id = %tenant.id, reason, "Postponed a tenant's migration");
            Ok(Outcome::Postponed(TenantFailure::of(&tenant, reason)))
        }
        Err(error) => {
            let reason = in_full(&error);
            tracing::error!(tenant.id = %tenant.id, reason, "Quarantined a tenant: its migration failed");
            let quarantine =
                "UPDATE control.tenants SET state = 'QUARANTINED', reason = $2 WHERE id = $1 AND state <> 'DELETING'";
            let values = [tenant.id.into(), reason.as_str().into()];
            tenancy.control().db().execute_raw(sql(quarantine, values)).await?;
            tenancy.forget_tenant(tenant.id);
            Ok(Outcome::Quarantined(TenantFailure::of(&tenant, reason)))
        }
    }
}

async fn migrate(tenancy: &Tenancy, tenant: &tenant::Model, cell: &cell::Model) -> Result<(), MigrationError> {
    let schema = schema_name(tenant.id);
    let members = provision::members(tenancy, tenant.id).await?;
    let tx = tenancy.admin(cell.admin()).begin().await?;
    lock_id(&tx, tenant.id.uuid()).await?;
    // A migration that waits for a table must not hold up everyone who comes after it.
    let patience = tenancy.settings().lock_timeout.as_millis();
    tx.execute_unprepared(&format!("SET LOCAL lock_timeout = {patience}")).await?;
    let applied = bring_up(&tx, &schema).await?;
    if applied.iter().any(|file| file.version == WITH_ROLES) {
        provision::give_roles(&tx, tenant.id, &members).await?;
    }
    provision::grant_tables(&tx, tenant.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Copies the outcome to the control plane: what a crash in between leaves out, the next run finds done and records.
pub(crate) async fn record(tenancy: &Tenancy, tenant: &tenant::Model) -> Result<(), Error> {
    let db = tenancy.control().db();
    let lines = TENANT.iter().map(|file| tenant_migration::ActiveModel {
        tenant_id: Set(tenant.id),
        version: Set(file.version),
        name: Set(file.name.to_owned()),
        checksum: Set(ledger::checksum(file.sql)),
        applied_at: NotSet,
    });
    tenant_migration::Entity::insert_many(lines)
        .on_conflict(
            OnConflict::columns([tenant_migration::Column::TenantId, tenant_migration::Column::Version])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    let done = "UPDATE control.tenants SET schema_version = $2, state = 'ACTIVE', reason = NULL,
                activated_at = coalesce(activated_at, now()) WHERE id = $1 AND state <> 'DELETING'";
    db.execute_raw(sql(done, [tenant.id.into(), latest_tenant_version().into()])).await?;
    tenancy.forget_tenant(tenant.id);
    Ok(())
}

async fn tenant_count(tenancy: &Tenancy) -> Result<usize, Error> {
    let count = "SELECT count(*) FROM control.tenants WHERE state IN ('ACTIVE', 'QUARANTINED')";
    let row = tenancy.control().db().query_one_raw(sql(count, [])).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The server was away or somebody held a lock: nothing is wrong with the tenant.
fn is_passing(error: &MigrationError) -> bool {
    match error {
        MigrationError::Storage(source) | MigrationError::Failed { source, .. } => {
            is_away(source) || is_lock_timeout(source)
        }
        MigrationError::Newer { .. } => true,
        MigrationError::Changed { .. } | MigrationError::ExtensionElsewhere { .. } => false,
    }
}

fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            matches!(**error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
        }
        _ => false,
    }
}
