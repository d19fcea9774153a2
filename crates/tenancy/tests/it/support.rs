//! Words that the tests share.

use rapport_tenancy::{
    DbError, Finding, NewSession, Person, PersonId, Tenancy, Tenant, TenantConn, TenantDb, TenantId,
    testing::{TestDatabase, workspace},
};

/// The owner's handle on a workspace.
pub async fn open(tenancy: &Tenancy, person: PersonId, tenant: TenantId) -> TenantDb {
    let scope = tenancy.scope(person, tenant).await.unwrap().expect("a scope");
    tenancy.open(&scope)
}

/// A session that begins with a refresh token.
pub fn session(
    person: &Person,
    tenant: TenantId,
    refresh_hash: [u8; 32],
    expires_at: chrono::DateTime<chrono::Utc>,
) -> NewSession {
    NewSession { by: person.proved(), tenant, refresh_hash, expires_at, address: None, user_agent: None }
}

/// A new workspace and its owner's handle on it.
pub async fn home(tenancy: &Tenancy, name: &str) -> (Tenant, TenantDb) {
    let (tenant, owner) = workspace(tenancy, name).await;
    let db = open(tenancy, owner.id, tenant.id).await;
    (tenant, db)
}

pub fn role_of(tenant: TenantId) -> String {
    format!("rapport_t_{}", tenant.uuid().simple())
}

pub fn schema_of(tenant: TenantId) -> String {
    format!("t_{}", tenant.uuid().simple())
}

pub async fn current_user(conn: &TenantConn) -> Result<String, DbError> {
    Ok(conn.query("SELECT current_user::text", &[]).await?[0].get(0))
}

pub async fn backend(conn: &TenantConn) -> Result<i32, DbError> {
    Ok(conn.query("SELECT pg_backend_pid()", &[]).await?[0].get(0))
}

/// The `SQLSTATE` of a refusal.
pub fn code(error: &DbError) -> &str {
    match error {
        DbError::Other(failure) => failure.code.as_deref().unwrap_or("none"),
        _ => "another kind",
    }
}

pub async fn teams(db: &TenantDb) -> Vec<String> {
    let session = db.session().await.unwrap();
    let sql = format!("SELECT name FROM {}.team ORDER BY name", db.scope().schema());
    session.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

pub async fn add_team(conn: &TenantConn, name: &str) -> Result<u64, DbError> {
    let sql = format!("INSERT INTO {}.team (id, name, external_id) VALUES ($1, $2, $2)", conn.scope().schema());
    conn.execute(&sql, &[&uuid::Uuid::now_v7(), &name]).await
}

/// Waits until so many statements in the database wait for a lock that others hold.
pub async fn wait_for_blocked(watcher: &tokio_postgres::Client, statements: i64) {
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..2_000 {
        if watcher.query_one(blocked, &[]).await.unwrap().get::<_, i64>(0) >= statements {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits for a lock");
}

/// The owner, with the right to end the gateway's connections.
pub async fn killer(database: &TestDatabase) -> tokio_postgres::Client {
    let owner = database.owner().await;
    let logins = owner.query("SELECT login FROM control.cells", &[]).await.unwrap();
    for login in logins {
        owner.batch_execute(&format!("GRANT {} TO CURRENT_USER", login.get::<_, String>(0))).await.unwrap();
    }
    owner
}

/// What the doctor finds besides the advice for owners who are no superusers.
pub async fn diagnosis(tenancy: &Tenancy) -> Vec<Finding> {
    let mut findings = tenancy.doctor().await.unwrap();
    findings.retain(|finding| !finding.what.contains("set_config"));
    findings
}
