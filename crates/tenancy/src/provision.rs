//! How a tenant comes to life.
//!
//! A tenant is a row of the control plane first, then a role, a schema and its tables, then active. Each step may be
//! done again, so whoever finds a tenant half made goes on from the start. No step's transaction holds both control and
//! tenant data: they may be on two servers.

mod grants;
mod inspect;
mod overstep;
mod users;

use std::{collections::HashSet, time::Instant};

use sea_orm::{ConnectionTrait, EntityTrait};

pub(crate) use self::{
    grants::grant_tables,
    inspect::{Broken, Fault, Site, inspect},
    users::{give_roles, members},
};
use crate::{
    CellId, Error, LogKeys, Tenancy, TenantFailure, TenantId, Unreachable, audit_head,
    cell::make_ready,
    control::{cell, lock_id, tenant},
    error::in_full,
    migrate,
    scope::schema_name,
    unfinished::is_wanted,
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
    let keys = build(tenancy, id, &cell, &owners).await?;
    if let Some(keys) = keys {
        audit_head::begin(tenancy.control().db(), &keys, id).await?;
    }
    if until == Step::Built {
        return Ok(());
    }
    users::set_ready(tenancy, &owners).await?;
    migrate::record(tenancy, &tenant).await?;
    tracing::info!(duration_ms = started.elapsed().as_millis(), "A tenant is active");
    Ok(())
}

/// One transaction: all of it is there, or nothing. Answers the keys that its log is signed with.
async fn build(
    tenancy: &Tenancy,
    id: TenantId,
    cell: &cell::Model,
    users: &[users::Unready],
) -> Result<Option<LogKeys>, Error> {
    let schema = schema_name(id);
    let tx = tenancy.admin(cell.admin()).begin().await?;
    lock_id(&tx, id.uuid()).await?;
    if !is_wanted(tenancy, id).await? {
        return Err(Error::NoSuchTenant { tenant: id });
    }
    tx.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    migrate::bring_up(&tx, &schema).await?;
    grants::ensure_role(&tx, id, &cell.login).await?;
    grants::grant_tables(&tx, id).await?;
    let keys = tenancy.vault().ensure_log_keys(&tx, id).await?;
    users::insert(&tx, id, users, keys.as_ref()).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Makes the records of a live tenant's new members.
pub(crate) async fn admit_members(tenancy: &Tenancy, id: TenantId) -> Result<usize, Error> {
    let unready = users::unready(tenancy, id).await?;
    let (_, cell) = placed(tenancy, id).await?;
    let tx = tenancy.admin(cell.admin()).begin().await?;
    let keys = tenancy.vault().ensure_log_keys(&tx, id).await?;
    users::insert(&tx, id, &unready, keys.as_ref()).await?;
    tx.commit().await?;
    users::set_ready(tenancy, &unready).await?;
    tenancy.forget_tenant(id);
    Ok(unready.len())
}

/// Puts right what [`inspect`] finds wrong. One that fails does not keep the others waiting.
pub(crate) async fn repair_all(tenancy: &Tenancy) -> Result<Repaired, Error> {
    let mut repaired = Repaired::default();
    let mut logins = HashSet::new();
    for site in inspect(tenancy).await? {
        let broken = match site.seen {
            Ok(seen) => seen.broken,
            Err(reason) => {
                repaired.unreachable.push(Unreachable { database: site.database.to_string(), reason });
                continue;
            }
        };
        for broken in broken {
            // Somebody made it, and knows what for: an operator looks at it.
            if broken.faults == [Fault::Interference] {
                continue;
            }
            match repair(tenancy, &broken, &mut logins).await {
                Ok(()) => {
                    tracing::info!(tenant.id = %broken.tenant.id, "Put a tenant's role and rights right");
                    repaired.done += 1;
                }
                Err(error) => {
                    tracing::error!(tenant.id = %broken.tenant.id, error = &error as &dyn std::error::Error, "A tenant could not be put right");
                    repaired.failed.push(TenantFailure::of(&broken.tenant, in_full(&error)));
                }
            }
        }
    }
    Ok(repaired)
}

async fn repair(tenancy: &Tenancy, broken: &Broken, logins: &mut HashSet<CellId>) -> Result<(), Error> {
    let Broken { tenant, cell, faults } = broken;
    if faults.contains(&Fault::Schema) {
        return Err(Error::SchemaLost { tenant: tenant.id });
    }
    if faults.contains(&Fault::Login) && logins.insert(cell.id) {
        make_ready(tenancy, cell).await?;
    }
    let tx = tenancy.admin(cell.admin()).begin().await?;
    lock_id(&tx, tenant.id.uuid()).await?;
    if !is_wanted(tenancy, tenant.id).await? {
        return Ok(());
    }
    let is_of_another_version = faults.iter().any(|fault| matches!(fault, Fault::Ledger { .. }));
    grants::ensure_role(&tx, tenant.id, &cell.login).await?;
    if is_of_another_version {
        migrate::bring_up(&tx, &schema_name(tenant.id)).await?;
    }
    grants::reset_tables(&tx, tenant.id).await?;
    tx.commit().await?;
    if is_of_another_version {
        migrate::record(tenancy, tenant).await?;
    }
    Ok(())
}

/// What was put right now, and what could not be.
#[derive(Default)]
pub(crate) struct Repaired {
    pub done: usize,
    pub failed: Vec<TenantFailure>,
    pub unreachable: Vec<Unreachable>,
}

async fn placed(tenancy: &Tenancy, id: TenantId) -> Result<(tenant::Model, cell::Model), Error> {
    let found = tenant::Entity::find_by_id(id).find_also_related(cell::Entity).one(tenancy.control().db()).await?;
    match found {
        Some((tenant, Some(cell))) => Ok((tenant, cell)),
        _ => Err(Error::NoSuchTenant { tenant: id }),
    }
}
