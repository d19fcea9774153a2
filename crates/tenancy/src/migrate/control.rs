use sea_orm::ConnectionTrait;

use super::{MigrationError, files::CONTROL, ledger};
use crate::control::{Admin, Lock, sql};

/// All that is missing, in one transaction.
pub(super) async fn run(admin: &Admin) -> Result<Vec<String>, MigrationError> {
    let tx = admin.begin().await?;
    Lock::ControlMigration.take(&tx).await?;
    tx.execute_unprepared("CREATE SCHEMA IF NOT EXISTS control").await?;
    let applied = ledger::apply(&tx, "control", CONTROL).await?;
    tx.commit().await?;
    for file in &applied {
        tracing::info!(migration = file.name, "Applied a control migration");
    }
    Ok(applied.iter().map(|file| file.name.to_owned()).collect())
}

/// Whether the control schema is as this release needs it.
pub(crate) async fn control_is_current(admin: &Admin) -> Result<bool, MigrationError> {
    let db = admin.db();
    let there = db.query_one_raw(sql("SELECT 1 WHERE to_regclass('control.schema_migration') IS NOT NULL", [])).await?;
    if there.is_none() {
        return Ok(false);
    }
    let latest = db.query_one_raw(sql("SELECT coalesce(max(version), 0) FROM control.schema_migration", [])).await?;
    let latest: i32 = latest.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(CONTROL.last().is_some_and(|file| file.version == latest))
}
