//! How a tenant comes to life.
//!
//! A tenant is a row of the control plane first, then a role, a schema and its tables, then active. Each step may be
//! done again, so whoever finds a tenant half made goes on from the start. No step's transaction holds both control and
//! tenant data: they may be on two servers.

mod grants;
mod inspect;
mod users;

use std::time::Instant;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

pub(crate) use self::{
    grants::grant_tables,
    inspect::{Broken, Missing, inspect},
};
use crate::{
    Error, Tenancy, TenantId, TenantState,
    cell::make_ready,
    control::{cell, lock_id, membership, tenant},
    migrate,
    scope::schema_name,
};

/// Where the work may be interrupted; the tests do so after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The tenant and its owner's membership are rows of the control plane.
    Placed,
    /// The cell's login is there.
    CellReady,
    /// Role, schema, tables and the owner's user record are there.
    Built,
    /// All of it is known to the control plane: the tenant is active.
    Active,
}

/// Takes a placed tenant through all steps up to `until`.
#[tracing::instrument(name = "tenant.provision", skip_all, fields(tenant.id = %id))]
pub(crate) async fn provision(tenancy: &Tenancy, id: TenantId, until: Step) -> Result<(), Error> {
    let started = Instant::now();
    let (tenant, cell) = placed(tenancy, id).await?;
    if until == Step::Placed {
        return Ok(());
    }
    if cell.ready_at.is_none() {
        make_ready(tenancy, &cell).await?;
    }
    if until == Step::CellReady {
        return Ok(());
    }
    let owners = users::unready(tenancy, id).await?;
    build(tenancy, id, &cell, &owners).await?;
    if until == Step::Built {
        return Ok(());
    }
    users::set_ready(tenancy, &owners).await?;
    migrate::record(tenancy, &tenant).await?;
    tracing::info!(duration_ms = started.elapsed().as_millis(), "A tenant is active");
    Ok(())
}

/// One transaction: all of it is there, or nothing.
async fn build(tenancy: &Tenancy, id: TenantId, cell: &cell::Model, users: &[users::Unready]) -> Result<(), Error> {
    let schema = schema_name(id);
    let tx = tenancy.admin(cell.admin()).begin().await?;
    lock_id(&tx, id.uuid()).await?;
    tx.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    migrate::bring_up(&tx, &schema).await?;
    grants::ensure_role(&tx, id, &cell.login).await?;
    grants::grant_tables(&tx, id).await?;
    users::insert(&tx, id, users).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes the records of a live tenant's new members.
pub(crate) async fn admit_members(tenancy: &Tenancy, id: TenantId) -> Result<usize, Error> {
    let unready = users::unready(tenancy, id).await?;
    let (_, cell) = placed(tenancy, id).await?;
    let tx = tenancy.admin(cell.admin()).begin().await?;
    users::insert(&tx, id, &unready).await?;
    tx.commit().await?;
    users::set_ready(tenancy, &unready).await?;
    tenancy.forget_tenant(id);
    Ok(unready.len())
}

/// Ends what crashes left half made. One that fails does not keep the others waiting.
pub(crate) async fn resume_all(tenancy: &Tenancy) -> Result<usize, Error> {
    let mut resumed = 0;
    for tenant in in_state_provisioning(tenancy).await? {
        match provision(tenancy, tenant.id, Step::Active).await {
            Ok(()) => resumed += 1,
            Err(error) => {
                tracing::error!(tenant.id = %tenant.id, error = &error as &dyn std::error::Error, "A tenant could not be provisioned");
            }
        }
    }
    for tenant in with_unready_members(tenancy).await? {
        match admit_members(tenancy, tenant.id).await {
            Ok(admitted) => resumed += admitted,
            Err(error) => {
                tracing::error!(tenant.id = %tenant.id, error = &error as &dyn std::error::Error, "Members could not be admitted");
            }
        }
    }
    Ok(resumed)
}

/// Puts back roles and rights that were taken away behind our back.
pub(crate) async fn repair_all(tenancy: &Tenancy) -> Result<usize, Error> {
    let mut repaired = 0;
    for Broken { tenant, cell, missing } in inspect(tenancy).await? {
        match missing {
            Missing::Schema => continue,
            Missing::Login => make_ready(tenancy, &cell).await?,
            Missing::Role | Missing::Grant | Missing::Rights => {}
        }
        let tx = tenancy.admin(cell.admin()).begin().await?;
        lock_id(&tx, tenant.id.uuid()).await?;
        grants::ensure_role(&tx, tenant.id, &cell.login).await?;
        grants::grant_tables(&tx, tenant.id).await?;
        tx.commit().await?;
        tracing::info!(tenant.id = %tenant.id, "Put a tenant's role and rights right");
        repaired += 1;
    }
    Ok(repaired)
}

pub(crate) async fn in_state_provisioning(tenancy: &Tenancy) -> Result<Vec<tenant::Model>, DbErr> {
    tenant::Entity::find().filter(tenant::Column::State.eq(TenantState::Provisioning)).all(tenancy.control().db()).await
}

pub(crate) async fn with_unready_members(tenancy: &Tenancy) -> Result<Vec<tenant::Model>, DbErr> {
    let rows = membership::Entity::find()
        .find_also_related(tenant::Entity)
        .filter(membership::Column::ReadyAt.is_null())
        .filter(tenant::Column::State.ne(TenantState::Provisioning))
        .all(tenancy.control().db())
        .await?;
    let mut tenants: Vec<_> = rows.into_iter().filter_map(|(_, tenant)| tenant).collect();
    tenants.sort_by_key(|tenant| tenant.id);
    tenants.dedup_by_key(|tenant| tenant.id);
    Ok(tenants)
}

async fn placed(tenancy: &Tenancy, id: TenantId) -> Result<(tenant::Model, cell::Model), Error> {
    let found = tenant::Entity::find_by_id(id).find_also_related(cell::Entity).one(tenancy.control().db()).await?;
    match found {
        Some((tenant, Some(cell))) => Ok((tenant, cell)),
        _ => Err(Error::NoSuchTenant { tenant: id }),
    }
}
