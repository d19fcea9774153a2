use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter};
use uuid::Uuid;

use crate::{
    Error, Tenancy, TenantId, TenantState,
    control::{cell, sql, tenant},
    server::Database,
};

/// A tenant of which the database lacks something.
pub(crate) struct Broken {
    pub tenant: tenant::Model,
    pub cell: cell::Model,
    pub missing: Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Schema,
    Login,
    Role,
    /// The cell's login may not take the role.
    Grant,
    /// The role may not use the schema or read its tables.
    Rights,
}

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "one a column")]
struct Seen {
    tenant: Uuid,
    schema_exists: bool,
    role_exists: bool,
    login_exists: bool,
    role_granted: bool,
    rights_granted: bool,
}

const LOOK: &str = "
SELECT w.tenant, n.oid IS NOT NULL AS schema_exists, r.oid IS NOT NULL AS role_exists, l.oid IS NOT NULL AS login_exists,
  EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = l.oid) AS role_granted,
  n.oid IS NOT NULL AND r.oid IS NOT NULL AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND NOT EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migration'
      AND NOT has_table_privilege(r.oid, c.oid, 'SELECT')) AS rights_granted
FROM unnest($1::uuid[], $2::text[]) AS w (tenant, login)
LEFT JOIN pg_roles r ON r.rolname = 'rapport_t_' || replace(w.tenant::text, '-', '')
LEFT JOIN pg_roles l ON l.rolname = w.login
LEFT JOIN pg_namespace n ON n.nspname = 't_' || replace(w.tenant::text, '-', '')";

/// Compares every live tenant with its database, one statement a database.
pub(crate) async fn inspect(tenancy: &Tenancy) -> Result<Vec<Broken>, Error> {
    let rows = tenant::Entity::find()
        .find_also_related(cell::Entity)
        .filter(tenant::Column::State.ne(TenantState::Provisioning))
        .all(tenancy.control().db())
        .await?;
    let mut databases: HashMap<Database, Vec<(tenant::Model, cell::Model)>> = HashMap::new();
    for (tenant, cell) in rows.into_iter().filter_map(|(tenant, cell)| cell.map(|cell| (tenant, cell))) {
        databases.entry(cell.admin().into()).or_default().push((tenant, cell));
    }
    let mut broken = Vec::new();
    for tenants in databases.into_values() {
        broken.extend(look(tenancy, tenants).await?);
    }
    broken.sort_by_key(|found| found.tenant.id);
    Ok(broken)
}

async fn look(tenancy: &Tenancy, tenants: Vec<(tenant::Model, cell::Model)>) -> Result<Vec<Broken>, Error> {
    let Some((_, first)) = tenants.first() else { return Ok(Vec::new()) };
    let ids: Vec<Uuid> = tenants.iter().map(|(tenant, _)| tenant.id.uuid()).collect();
    let logins: Vec<String> = tenants.iter().map(|(_, cell)| cell.login.clone()).collect();
    let admin = tenancy.admin(first.admin());
    let seen = Seen::find_by_statement(sql(LOOK, [ids.into(), logins.into()])).all(admin.db()).await?;
    let mut seen: HashMap<TenantId, Seen> = seen.into_iter().map(|seen| (seen.tenant.into(), seen)).collect();
    Ok(tenants
        .into_iter()
        .filter_map(|(tenant, cell)| {
            let missing = seen.remove(&tenant.id)?.missing()?;
            Some(Broken { tenant, cell, missing })
        })
        .collect())
}

impl Seen {
    fn missing(&self) -> Option<Missing> {
        let all = [
            (self.schema_exists, Missing::Schema),
            (self.login_exists, Missing::Login),
            (self.role_exists, Missing::Role),
            (self.role_granted, Missing::Grant),
            (self.rights_granted, Missing::Rights),
        ];
        all.into_iter().find(|(there, _)| !there).map(|(_, missing)| missing)
    }
}
