use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use crate::{
    TenantId,
    cell::role_exists,
    control::sql,
    scope::{role_name, schema_name},
};

/// Written by the tenant's role and never changed by it.
pub(super) const APPEND_ONLY: &[&str] = &["audit_seal", "event", "log_epoch"];

/// None of the tenant role's business.
pub(super) const HIDDEN: &[&str] = &["schema_migration"];

/// The tenant's role, and the right of the cell's login to take it (never to inherit it).
pub(crate) async fn ensure_role(tx: &DatabaseTransaction, tenant: TenantId, login: &str) -> Result<(), DbErr> {
    let role = role_name(tenant);
    if !role_exists(tx, &role).await? {
        tx.execute_unprepared(&format!("CREATE ROLE {role} NOLOGIN NOINHERIT")).await?;
    }
    let how = if server_version(tx).await? >= 160_000 { " WITH SET TRUE, INHERIT FALSE" } else { "" };
    tx.execute_unprepared(&format!("GRANT {role} TO {login}{how}")).await?;
    Ok(())
}

/// What the tenant's role may do in its schema. Run again after every migration.
pub(crate) async fn grant_tables(tx: &DatabaseTransaction, tenant: TenantId) -> Result<(), DbErr> {
    let (role, schema) = (role_name(tenant), schema_name(tenant));
    let all = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
         GRANT USAGE ON SEQUENCE {schema}.event_id_seq TO {role};"
    );
    let append_only = APPEND_ONLY.iter().map(|table| format!("REVOKE UPDATE, DELETE ON {schema}.{table} FROM {role};"));
    let hidden = HIDDEN.iter().map(|table| format!("REVOKE ALL ON {schema}.{table} FROM {role};"));
    let grants: String = std::iter::once(all).chain(append_only).chain(hidden).collect();
    tx.execute_unprepared(&grants).await.map(|_| ())
}

/// The same, after whatever else it was granted in its schema is taken away.
pub(super) async fn reset_tables(tx: &DatabaseTransaction, tenant: TenantId) -> Result<(), DbErr> {
    let (role, schema) = (role_name(tenant), schema_name(tenant));
    tx.execute_unprepared(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}")).await?;
    grant_tables(tx, tenant).await
}

async fn server_version(tx: &DatabaseTransaction) -> Result<i32, DbErr> {
    let row = tx.query_one_raw(sql("SELECT current_setting('server_version_num')::int", [])).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}
