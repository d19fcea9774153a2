use std::collections::HashMap;

use sea_orm::{EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::{
    grants::{APPEND_ONLY, HIDDEN},
    overstep::{Overstep, oversteps},
};
use crate::{
    Error, Tenancy,
    control::{Admin, cell, sql, tenant},
    error::in_full,
    scope::schema_name,
    server::Database,
};

/// A database, and how what it holds compares with what the control plane knows.
pub(crate) struct Site {
    pub database: Database,
    /// Or why it could not be asked.
    pub seen: Result<Seen, String>,
}

pub(crate) struct Seen {
    pub broken: Vec<Broken>,
    pub oversteps: Vec<Overstep>,
}

/// A live tenant that is not as it should be.
pub(crate) struct Broken {
    pub tenant: tenant::Model,
    pub cell: cell::Model,
    pub faults: Vec<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Schema,
    Login,
    Role,
    /// The cell's login may not take the role.
    Grant,
    /// The role may not use the schema, or not do with its tables what the product does.
    TooFewRights,
    /// The role may change what is only added to, see what is hidden from it, or empty tables.
    TooManyRights,
    /// A trigger, a rule or row security stands between what is added to the log and the log.
    Interference,
    /// The schema's own ledger says another version than the control plane.
    Ledger {
        version: i32,
    },
}

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "one a column")]
struct Looked {
    tenant: Uuid,
    schema_exists: bool,
    ledger_exists: bool,
    role_exists: bool,
    login_exists: bool,
    role_granted: bool,
    has_too_few: bool,
    has_too_many: bool,
    is_interfered_with: bool,
}

/// What a role may do is asked with all that reaches it, also by way of PUBLIC or a column.
const LOOK: &str = "
SELECT w.tenant, n.oid IS NOT NULL AS schema_exists, r.oid IS NOT NULL AS role_exists, l.oid IS NOT NULL AS login_exists,
  EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'schema_migration') AS ledger_exists,
  EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = l.oid) AS role_granted,
  coalesce(NOT has_schema_privilege(r.oid, n.oid, 'USAGE') OR EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'S' AND c.relname = 'event_id_seq'
      AND NOT has_sequence_privilege(r.oid, c.oid, 'USAGE')
  ) OR EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($4)
      AND NOT (has_table_privilege(r.oid, c.oid, 'SELECT') AND has_table_privilege(r.oid, c.oid, 'INSERT')
        AND (c.relname = ANY ($3) OR has_table_privilege(r.oid, c.oid, 'UPDATE') AND has_table_privilege(r.oid, c.oid, 'DELETE')))
  ), false) AS has_too_few,
  coalesce(has_schema_privilege(r.oid, n.oid, 'CREATE') OR EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
      AND (has_table_privilege(r.oid, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
        OR c.relname = ANY ($3) AND (has_table_privilege(r.oid, c.oid, 'DELETE') OR has_any_column_privilege(r.oid, c.oid, 'UPDATE'))
        OR c.relname = ANY ($4) AND (has_table_privilege(r.oid, c.oid, 'DELETE')
          OR has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')))
  ), false) AS has_too_many,
  EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = ANY ($3) AND (c.relrowsecurity
    OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid))) AS is_interfered_with
FROM unnest($1::uuid[], $2::text[]) AS w (tenant, login)
LEFT JOIN pg_roles r ON r.rolname = 'rapport_t_' || replace(w.tenant::text, '-', '')
LEFT JOIN pg_roles l ON l.rolname = w.login
LEFT JOIN pg_namespace n ON n.nspname = 't_' || replace(w.tenant::text, '-', '')";

/// Compares every tenant with its database, a few statements a database.
pub(crate) async fn inspect(tenancy: &Tenancy) -> Result<Vec<Site>, Error> {
    let db = tenancy.control().db();
    let cells = cell::Entity::find().all(db).await?;
    let mut sites: HashMap<Database, Homes> = HashMap::new();
    for cell in &cells {
        sites.entry(cell.admin().into()).or_default();
    }
    let tenants = tenant::Entity::find().find_also_related(cell::Entity).all(db).await?;
    for (tenant, cell) in tenants.into_iter().filter_map(|(tenant, cell)| cell.map(|cell| (tenant, cell))) {
        sites.entry(cell.admin().into()).or_default().push((tenant, cell));
    }
    let mut looked = Vec::new();
    for (database, homes) in sites {
        let logins = cells.iter().filter(|cell| Database::from(cell.admin()) == database);
        let logins: Vec<&str> = logins.map(|cell| cell.login.as_str()).collect();
        let seen = look(&tenancy.admin(database.at()), homes, &logins).await.map_err(|error| in_full(&error));
        looked.push(Site { database, seen });
    }
    looked.sort_by_key(|site| site.database.to_string());
    Ok(looked)
}

/// The tenants of a database, each with its cell.
type Homes = Vec<(tenant::Model, cell::Model)>;

async fn look(admin: &Admin, homes: Homes, logins: &[&str]) -> Result<Seen, Error> {
    let oversteps = oversteps(admin, &homes, logins).await?;
    let live: Homes = homes.into_iter().filter(|(tenant, _)| tenant.state.is_live()).collect();
    let ids: Vec<Uuid> = live.iter().map(|(tenant, _)| tenant.id.uuid()).collect();
    let logins: Vec<String> = live.iter().map(|(_, cell)| cell.login.clone()).collect();
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let values = [ids.into(), logins.into(), texts(APPEND_ONLY).into(), texts(HIDDEN).into()];
    let looked = Looked::find_by_statement(sql(LOOK, values)).all(admin.db()).await?;
    let looked: HashMap<Uuid, Looked> = looked.into_iter().map(|looked| (looked.tenant, looked)).collect();
    let has_ledger = |tenant: &tenant::Model| looked.get(&tenant.id.uuid()).is_some_and(|looked| looked.ledger_exists);
    let versions = versions(admin, live.iter().map(|(tenant, _)| tenant).filter(|tenant| has_ledger(tenant))).await?;
    let mut broken = Vec::new();
    for (tenant, cell) in live {
        let Some(looked) = looked.get(&tenant.id.uuid()) else { continue };
        let version = versions.get(&schema_name(tenant.id)).copied().unwrap_or(0);
        let faults = looked.faults((version != tenant.schema_version).then_some(version));
        if !faults.is_empty() {
            broken.push(Broken { tenant, cell, faults });
        }
    }
    broken.sort_by_key(|broken| broken.tenant.id);
    Ok(Seen { broken, oversteps })
}

impl Looked {
    /// What follows from another fault is left out.
    fn faults(&self, ledger: Option<i32>) -> Vec<Fault> {
        if !self.schema_exists {
            return vec![Fault::Schema];
        }
        let all = [
            (!self.login_exists, Fault::Login),
            (!self.role_exists, Fault::Role),
            (self.login_exists && self.role_exists && !self.role_granted, Fault::Grant),
            (self.has_too_few, Fault::TooFewRights),
            (self.has_too_many, Fault::TooManyRights),
            (self.is_interfered_with, Fault::Interference),
        ];
        let ledger = ledger.map(|version| Fault::Ledger { version });
        all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fault)| fault).chain(ledger).collect()
    }
}

#[derive(FromQueryResult)]
struct Version {
    schema: String,
    version: i32,
}

/// How many ledgers one statement reads.
const LEDGERS: usize = 200;

/// What the tenants' own ledgers say, by schema.
async fn versions(admin: &Admin, tenants: impl Iterator<Item = &tenant::Model>) -> Result<HashMap<String, i32>, Error> {
    let schemas: Vec<String> = tenants.map(|tenant| schema_name(tenant.id)).collect();
    let mut versions = HashMap::new();
    for some in schemas.chunks(LEDGERS) {
        let read = |schema: &String| {
            format!("SELECT '{schema}' AS schema, coalesce(max(version), 0) AS version FROM {schema}.schema_migration")
        };
        let read = some.iter().map(read).collect::<Vec<_>>().join(" UNION ALL ");
        let rows = Version::find_by_statement(sql(&read, [])).all(admin.db()).await?;
        versions.extend(rows.into_iter().map(|row| (row.schema, row.version)));
    }
    Ok(versions)
}
