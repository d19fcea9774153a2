use sea_orm::{ConnectionTrait, FromQueryResult};

use super::{Finding, MIGRATE, psql};
use crate::{
    Error, Tenancy,
    control::sql,
    provision::{Broken, Fault, Site, inspect},
    scope::schema_name,
    server::Database,
};

/// Every database that holds tenants, compared with what the control plane knows.
pub(super) async fn sites(tenancy: &Tenancy) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for Site { database, seen } in inspect(tenancy).await? {
        match seen {
            Ok(seen) => {
                findings.extend(seen.broken.iter().flat_map(broken));
                findings.extend(
                    seen.oversteps.iter().map(|found| Finding::error(&*found.what, psql(&database, &found.sql))),
                );
            }
            Err(reason) => {
                let what = format!("{database} cannot be reached: {reason}");
                findings.push(Finding::error(what, psql(&database, "SELECT 1")));
            }
        }
    }
    Ok(findings)
}

fn broken(Broken { tenant, faults, .. }: &Broken) -> Vec<Finding> {
    let of = |fault: &Fault| {
        let (lacks, command) = match fault {
            Fault::Schema => (
                "its schema is gone".to_owned(),
                format!("rapport tenant delete {}   # or restore its schema from a backup", tenant.slug),
            ),
            Fault::Login => ("the gateway login of its cell is gone".to_owned(), MIGRATE.to_owned()),
            Fault::Role => ("its database role is gone".to_owned(), MIGRATE.to_owned()),
            Fault::Grant => ("the gateway may not take its role".to_owned(), MIGRATE.to_owned()),
            Fault::TooFewRights => ("its role lacks rights on its own tables".to_owned(), MIGRATE.to_owned()),
            Fault::TooManyRights => ("its role has too many rights on its own tables".to_owned(), MIGRATE.to_owned()),
            Fault::Interference => (
                "a trigger, a rule or row security stands on its log".to_owned(),
                format!("psql, to drop it: \\d {}.event", schema_name(tenant.id)),
            ),
            Fault::Ledger { version } => {
                let known = tenant.schema_version;
                (format!("its schema has version {version}, the control plane knows {known}"), MIGRATE.to_owned())
            }
        };
        Finding::error(format!("workspace {}: {lacks}", tenant.slug), command).of(tenant.id)
    };
    faults.iter().map(of).collect()
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
pub(super) async fn strangers(tenancy: &Tenancy) -> Result<Vec<Finding>, Error> {
    let strangers = Stranger::find_by_statement(sql(STRANGERS, [])).all(tenancy.control().db()).await?;
    let finding = |Stranger { schema }| {
        let command = psql(&Database::default(), &format!("DROP SCHEMA {schema} CASCADE"));
        Finding::warning(format!("schema {schema} belongs to no workspace"), command)
    };
    Ok(strangers.into_iter().map(finding).collect())
}

const SET_CONFIG: &str =
    "SELECT 1 WHERE has_function_privilege('public', 'pg_catalog.set_config(text,text,boolean)', 'EXECUTE')";

/// The second lock behind parameters: an expression smuggled into a statement could change the connection's role.
pub(super) async fn smuggled_roles(tenancy: &Tenancy) -> Result<Option<Finding>, Error> {
    let open = tenancy.control().db().query_one_raw(sql(SET_CONFIG, [])).await?;
    Ok(open.map(|_| {
        let what = "everyone may call set_config, which changes a connection's role from inside a statement";
        let command = "psql, as a superuser in this database: \
                       REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC";
        Finding::warning(what, command)
    }))
}
