//! How a tenant goes: marked first, so that nobody is served any more and a crash is noticed; then its data, then its row
//! in the control plane. Each step may be done again. People stay.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use crate::{
    Error, Tenancy, Tenant, TenantId,
    control::{cell, is_lock_timeout, lock_id, sql, tenant},
    scope::{role_name, schema_name},
};

/// What goes with a tenant.
#[derive(Clone, Debug)]
pub struct Belongings {
    pub schema: String,
    pub role: String,
    pub tables: i64,
    pub bytes: i64,
    pub members: i64,
    pub sessions: i64,
}

/// Where the work may be interrupted; the tests do so after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteStep {
    /// Nobody is served any more.
    Marked,
    /// Schema and role are gone.
    Dropped,
    /// The control plane has forgotten it.
    Gone,
}

impl Tenancy {
    /// What [`Tenancy::delete_tenant`] would delete.
    pub async fn belongings(&self, tenant: &Tenant) -> Result<Belongings, Error> {
        let (schema, role) = (schema_name(tenant.id), role_name(tenant.id));
        let cell = cell::Entity::find_by_id(tenant.cell).one(self.control().db()).await?;
        let cell = cell.ok_or(Error::NoSuchTenant { tenant: tenant.id })?;
        let people = People::find_by_statement(sql(PEOPLE, [tenant.id.into()])).one(self.control().db()).await?;
        let admin = self.admin(cell.admin());
        let data = Data::find_by_statement(sql(DATA, [schema.as_str().into()])).one(admin.db()).await?;
        let (People { members, sessions }, Data { tables, bytes }) =
            (people.unwrap_or_default(), data.unwrap_or_default());
        Ok(Belongings { schema, role, tables, bytes, members, sessions })
    }

    /// Deletes a workspace with all that is in it. Cut off, it is ended by the next call or [`Tenancy::resume_unfinished`].
    pub async fn delete_tenant(&self, id: TenantId) -> Result<(), Error> {
        delete(self, id, DeleteStep::Gone).await
    }

    /// As a crash after `step` leaves it.
    #[cfg(feature = "testing")]
    pub async fn delete_tenant_until(&self, id: TenantId, step: DeleteStep) -> Result<(), Error> {
        delete(self, id, step).await
    }
}

#[derive(Default, FromQueryResult)]
struct People {
    members: i64,
    sessions: i64,
}

const PEOPLE: &str = "
SELECT (SELECT count(*) FROM control.memberships WHERE tenant_id = $1) AS members,
       (SELECT count(*) FROM control.sessions WHERE tenant_id = $1) AS sessions";

#[derive(Default, FromQueryResult)]
struct Data {
    tables: i64,
    bytes: i64,
}

const DATA: &str = "
SELECT count(*) AS tables, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";

#[tracing::instrument(name = "tenant.delete", skip_all, fields(tenant.id = %id))]
pub(crate) async fn delete(tenancy: &Tenancy, id: TenantId, until: DeleteStep) -> Result<(), Error> {
    let found = tenant::Entity::find_by_id(id).find_also_related(cell::Entity).one(tenancy.control().db()).await?;
    let Some((_, Some(cell))) = found else { return Err(Error::NoSuchTenant { tenant: id }) };
    mark(tenancy, id).await?;
    if until == DeleteStep::Marked {
        return Ok(());
    }
    drop_data(tenancy, id, &cell).await?;
    if until == DeleteStep::Dropped {
        return Ok(());
    }
    forget(tenancy, id).await?;
    tracing::info!("A tenant is deleted");
    Ok(())
}

/// The sessions are ended first and deleted last: in between, other nodes hear of their end.
async fn mark(tenancy: &Tenancy, id: TenantId) -> Result<(), Error> {
    let tx = tenancy.control().begin().await?;
    for step in [
        "UPDATE control.tenants SET state = 'DELETING', reason = NULL WHERE id = $1",
        "UPDATE control.sessions SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1",
    ] {
        tx.execute_raw(sql(step, [id.into()])).await?;
    }
    tx.commit().await?;
    tenancy.forget_tenant(id);
    Ok(())
}

async fn drop_data(tenancy: &Tenancy, id: TenantId, cell: &cell::Model) -> Result<(), Error> {
    let tx = tenancy.admin(cell.admin()).begin().await?;
    lock_id(&tx, id.uuid()).await?;
    let patience = tenancy.settings().lock_timeout.as_millis();
    let (schema, role) = (schema_name(id), role_name(id));
    let drop = format!(
        "SET LOCAL lock_timeout = {patience}; DROP SCHEMA IF EXISTS {schema} CASCADE; DROP ROLE IF EXISTS {role}"
    );
    tx.execute_unprepared(&drop)
        .await
        .map_err(|error| if is_lock_timeout(&error) { Error::InUse { tenant: id } } else { error.into() })?;
    tx.commit().await?;
    Ok(())
}

/// Memberships, sessions and the ledger go with the row.
async fn forget(tenancy: &Tenancy, id: TenantId) -> Result<(), Error> {
    const FORGET: &str = "
        WITH gone AS (DELETE FROM control.tenants WHERE id = $1 AND state = 'DELETING' RETURNING cell_id)
        UPDATE control.cells SET tenants = greatest(tenants - 1, 0) FROM gone WHERE id = gone.cell_id";
    tenancy.control().db().execute_raw(sql(FORGET, [id.into()])).await?;
    Ok(())
}
