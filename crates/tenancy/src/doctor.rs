//! What is wrong with the database, each gap with the command that closes it.

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult};

use crate::{
    Error, Tenancy, TenantId, TenantState,
    control::{cell, sql, tenant},
    migrate::{control_is_current, latest_tenant_version},
    provision::{Broken, Missing, in_state_provisioning, inspect, with_unready_members},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// A gap, with the command that closes it.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    pub tenant: Option<TenantId>,
    pub what: String,
    pub command: String,
}

const MIGRATE: &str = "rapport migrate";

impl Finding {
    fn new(severity: Severity, what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { severity, tenant: None, what: what.into(), command: command.into() }
    }

    fn of(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }
}

impl Tenancy {
    /// Looks at everything and changes nothing. Nothing found: all is well.
    pub async fn doctor(&self) -> Result<Vec<Finding>, Error> {
        if !control_is_current(self.control()).await? {
            let what = "the control schema is not the one this release needs";
            return Ok(vec![Finding::new(Severity::Error, what, MIGRATE)]);
        }
        let mut findings = Vec::new();
        unfinished(self, &mut findings).await?;
        behind(self, &mut findings).await?;
        broken(self, &mut findings).await?;
        cells(self, &mut findings).await?;
        strangers(self, &mut findings).await?;
        smuggled_roles(self, &mut findings).await?;
        Ok(findings)
    }
}

async fn unfinished(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for tenant in in_state_provisioning(tenancy).await? {
        let what = format!("workspace {} is half made", tenant.slug);
        findings.push(Finding::new(Severity::Error, what, MIGRATE).of(tenant.id));
    }
    for tenant in with_unready_members(tenancy).await? {
        let what = format!("workspace {} has members without a user record", tenant.slug);
        findings.push(Finding::new(Severity::Error, what, MIGRATE).of(tenant.id));
    }
    Ok(())
}

async fn behind(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for tenant in tenant::Entity::find().all(tenancy.control().db()).await? {
        let (version, latest) = (tenant.schema_version, latest_tenant_version());
        if tenant.state == TenantState::Quarantined {
            let reason = tenant.reason.as_deref().unwrap_or("no reason is known");
            let what = format!("workspace {} is quarantined at schema version {version}: {reason}", tenant.slug);
            findings.push(Finding::new(Severity::Error, what, MIGRATE).of(tenant.id));
        } else if tenant.state == TenantState::Active && version < latest {
            let what = format!("workspace {} has schema version {version} of {latest}", tenant.slug);
            findings.push(Finding::new(Severity::Warning, what, MIGRATE).of(tenant.id));
        }
    }
    Ok(())
}

async fn broken(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for Broken { tenant, missing, .. } in inspect(tenancy).await? {
        let (lacks, command) = match missing {
            Missing::Schema => (
                "its schema is gone",
                format!("rapport tenant delete {}   # or restore its schema from a backup", tenant.slug),
            ),
            Missing::Login => ("the gateway login of its cell is gone", MIGRATE.to_owned()),
            Missing::Role => ("its database role is gone", MIGRATE.to_owned()),
            Missing::Grant => ("the gateway may not take its role", MIGRATE.to_owned()),
            Missing::Rights => ("its role lacks rights on its own tables", MIGRATE.to_owned()),
        };
        let what = format!("workspace {}: {lacks}", tenant.slug);
        findings.push(Finding::new(Severity::Error, what, command).of(tenant.id));
    }
    Ok(())
}

async fn cells(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let cells = cell::Entity::find().all(tenancy.control().db()).await?;
    for cell in cells.iter().filter(|cell| cell.ready_at.is_some()) {
        if let Err(error) = tenancy.pool(cell).probe().await {
            let what = format!("cell {} cannot be reached as {}: {error}", cell.id, cell.login);
            let command = format!("psql \"$RAPPORT_DATABASE_URL\" -c '\\du {}'   # and see pg_hba.conf", cell.login);
            findings.push(Finding::new(Severity::Error, what, command));
        }
    }
    let allowed =
        tenancy.control().db().query_one_raw(sql("SELECT current_setting('max_connections')::int", [])).await?;
    let allowed: i32 = allowed.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    let wanted = cells.len() * tenancy.settings().connections + tenancy.settings().control_connections;
    if usize::try_from(allowed).is_ok_and(|allowed| wanted > allowed) {
        let what = format!("one node may open {wanted} connections, the server takes {allowed}");
        let command = format!("psql \"$RAPPORT_DATABASE_URL\" -c 'ALTER SYSTEM SET max_connections = {}'", wanted * 2);
        findings.push(Finding::new(Severity::Warning, what, command));
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Stranger {
    schema: String,
}

const STRANGERS: &str = "
SELECT nspname::text AS schema FROM pg_namespace
WHERE nspname ~ '^t_[0-9a-f]{32}$' AND NOT EXISTS (
  SELECT FROM control.tenants WHERE 't_' || replace(id::text, '-', '') = nspname)";

/// Schemas that look like a tenant's and belong to none, in the database of the control plane.
async fn strangers(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    for stranger in Stranger::find_by_statement(sql(STRANGERS, [])).all(tenancy.control().db()).await? {
        let what = format!("schema {} belongs to no workspace", stranger.schema);
        let command = format!("psql \"$RAPPORT_DATABASE_URL\" -c 'DROP SCHEMA {} CASCADE'", stranger.schema);
        findings.push(Finding::new(Severity::Warning, what, command));
    }
    Ok(())
}

const SET_CONFIG: &str =
    "SELECT 1 WHERE has_function_privilege('public', 'pg_catalog.set_config(text,text,boolean)', 'EXECUTE')";

/// The second lock behind parameters: an expression smuggled into a statement could change the connection's role.
async fn smuggled_roles(tenancy: &Tenancy, findings: &mut Vec<Finding>) -> Result<(), Error> {
    if tenancy.control().db().query_one_raw(sql(SET_CONFIG, [])).await?.is_some() {
        let what = "everyone may call set_config, which changes a connection's role from inside a statement";
        let command = "psql, as a superuser in this database: \
                       REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC";
        findings.push(Finding::new(Severity::Warning, what, command));
    }
    Ok(())
}
