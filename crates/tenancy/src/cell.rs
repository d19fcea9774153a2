//! Cells: which one a new tenant goes to, and the gateway login that each of them has.

use rand::RngExt;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult,
};

use crate::{
    CellId, Error, Tenancy,
    control::{Lock, cell, sql},
    migrate,
};

const RESERVE: &str = "
UPDATE control.cells SET tenants = tenants + 1
WHERE id = (SELECT id FROM control.cells WHERE takes_new AND tenants < $1 ORDER BY tenants, created_at LIMIT 1)
RETURNING *";

/// A place for one more tenant: in the least loaded cell, in a new one when all are full. Ends with the transaction.
pub(crate) async fn reserve(tx: &DatabaseTransaction, tenants_per_cell: u32) -> Result<cell::Model, DbErr> {
    Lock::Placement.take(tx).await?;
    let most = i32::try_from(tenants_per_cell).unwrap_or(i32::MAX).max(1);
    if let Some(cell) = cell::Model::find_by_statement(sql(RESERVE, [most.into()])).one(tx).await? {
        return Ok(cell);
    }
    let id = CellId::new();
    let row = cell::ActiveModel {
        id: Set(id),
        login: Set(login_name(id)),
        password: Set(random_password()),
        tenants: Set(1),
        takes_new: Set(true),
        data_address: NotSet,
        admin_address: NotSet,
        database: NotSet,
        ready_at: NotSet,
        created_at: NotSet,
    };
    cell::Entity::insert(row).exec_with_returning(tx).await
}

/// The login owns nothing and inherits nothing: it can only take the roles of its tenants.
pub(crate) async fn make_ready(tenancy: &Tenancy, cell: &cell::Model) -> Result<(), Error> {
    let admin = tenancy.admin(cell.admin());
    migrate::shared_schema(&admin).await?;
    let tx = admin.begin().await?;
    Lock::SharedSchema.take(&tx).await?;
    let login = &cell.login;
    let verifier = postgres_protocol::password::scram_sha_256(cell.password.as_bytes());
    let verb = if role_exists(&tx, login).await? { "ALTER" } else { "CREATE" };
    tx.execute_unprepared(&format!("{verb} ROLE {login} LOGIN NOINHERIT PASSWORD '{verifier}'")).await?;
    tx.execute_unprepared(&format!(
        "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {login}', current_database()); END $$"
    ))
    .await?;
    tx.commit().await?;
    let ready = "UPDATE control.cells SET ready_at = now() WHERE id = $1";
    tenancy.control().db().execute_raw(sql(ready, [cell.id.into()])).await?;
    tracing::info!(cell.id = %cell.id, "A cell is ready");
    Ok(())
}

pub(crate) async fn role_exists(db: &impl ConnectionTrait, role: &str) -> Result<bool, DbErr> {
    Ok(db.query_one_raw(sql("SELECT 1 FROM pg_roles WHERE rolname = $1", [role.into()])).await?.is_some())
}

/// The last digits of a v7 id are random; the first are the time, shared by cells made together.
fn login_name(id: CellId) -> String {
    let digits = id.uuid().simple().to_string();
    format!("rapport_cell_{}", &digits[20..])
}

fn random_password() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    uuid::fmt::Simple::from_uuid(uuid::Uuid::from_bytes(bytes)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_made_in_the_same_moment_have_logins_of_their_own() {
        let names: std::collections::HashSet<_> = (0..100).map(|_| login_name(CellId::new())).collect();
        assert_eq!(names.len(), 100);
        assert_eq!(random_password().len(), 32);
    }
}
