use sea_orm::EntityTrait;

use super::{Finding, MIGRATE};
use crate::{
    Error, Tenancy, TenantState,
    control::tenant,
    migrate::latest_tenant_version,
    unfinished::{in_state, with_unready_members},
};

/// What a crash left half done.
pub(super) async fn unfinished(tenancy: &Tenancy) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (state, how) in [(TenantState::Provisioning, "half made"), (TenantState::Deleting, "half deleted")] {
        for tenant in in_state(tenancy, state).await? {
            let what = format!("workspace {} is {how}", tenant.slug);
            findings.push(Finding::error(what, MIGRATE).of(tenant.id));
        }
    }
    for (tenant, _) in with_unready_members(tenancy).await? {
        let what = format!("workspace {} has members without a user record", tenant.slug);
        findings.push(Finding::error(what, MIGRATE).of(tenant.id));
    }
    Ok(findings)
}

/// Schemas of an older version.
pub(super) async fn behind(tenancy: &Tenancy) -> Result<Vec<Finding>, Error> {
    let (mut findings, latest) = (Vec::new(), latest_tenant_version());
    for tenant in tenant::Entity::find().all(tenancy.control().db()).await? {
        let version = tenant.schema_version;
        if tenant.state == TenantState::Quarantined {
            let reason = tenant.reason.as_deref().unwrap_or("no reason is known");
            let what = format!("workspace {} is quarantined at schema version {version}: {reason}", tenant.slug);
            findings.push(Finding::error(what, MIGRATE).of(tenant.id));
        } else if tenant.state == TenantState::Active && version < latest {
            let what = format!("workspace {} has schema version {version} of {latest}", tenant.slug);
            findings.push(Finding::warning(what, MIGRATE).of(tenant.id));
        }
    }
    Ok(findings)
}
