use sea_orm::{FromQueryResult, Value};

use crate::{
    Error,
    control::{Admin, cell, sql, tenant},
    scope::role_name,
};

/// A role of ours that may do what none of its kind should, and the statement that takes it away.
#[derive(Clone, Debug)]
pub(crate) struct Overstep {
    pub what: String,
    pub sql: String,
}

#[derive(FromQueryResult)]
#[expect(clippy::struct_excessive_bools, reason = "one a column")]
struct Attributes {
    role: String,
    is_login: bool,
    superuser: bool,
    inherit: bool,
    createrole: bool,
    createdb: bool,
    replication: bool,
    bypassrls: bool,
    login: bool,
}

const ATTRIBUTES: &str = "
SELECT rolname::text AS role, rolname = ANY ($2) AS is_login, rolsuper AS superuser, rolinherit AS inherit,
  rolcreaterole AS createrole, rolcreatedb AS createdb, rolreplication AS replication, rolbypassrls AS bypassrls,
  rolcanlogin AS login
FROM pg_roles WHERE rolname = ANY ($1) OR rolname = ANY ($2) ORDER BY rolname";

#[derive(FromQueryResult)]
struct Membership {
    member: String,
    role: String,
    expected: bool,
    inherits: bool,
}

/// Up to PostgreSQL 15 whether a member inherits is an attribute of the member, since 16 of the membership.
const MEMBERSHIPS: &str = "
WITH expected (role, member) AS (SELECT * FROM unnest($1::text[], $3::text[])),
memberships AS (
  SELECT m.rolname::text AS member, r.rolname::text AS role, a.admin_option AS admin,
    coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, false) AS inherits,
    EXISTS (SELECT FROM expected e WHERE e.role = r.rolname AND e.member = m.rolname) AS expected
  FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid
  WHERE m.rolname = ANY ($1) OR m.rolname = ANY ($2))
SELECT member, role, expected, inherits FROM memberships WHERE NOT expected OR inherits OR admin ORDER BY member, role";

#[derive(FromQueryResult)]
struct Access {
    schema: String,
    role: String,
    privilege: String,
}

/// Everyone, gateway logins and the roles of other tenants have no business in a tenant's schema, nor any in the control plane's.
const ACCESS: &str = "
SELECT n.nspname::text AS schema, coalesce(r.rolname::text, 'PUBLIC') AS role, a.privilege_type AS privilege
FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE (n.nspname = 'control' OR n.nspname ~ '^t_[0-9a-f]{32}$') AND a.grantee <> n.nspowner
  AND (a.grantee = 0 OR r.rolname ~ '^rapport_(t|cell)_')
  AND r.rolname IS DISTINCT FROM 'rapport_t_' || substr(n.nspname, 3)
ORDER BY 1, 2, 3";

/// What the tenants' roles and the cells' logins may do beyond their tenants' schemas.
pub(super) async fn oversteps(
    admin: &Admin,
    homes: &[(tenant::Model, cell::Model)],
    logins: &[&str],
) -> Result<Vec<Overstep>, Error> {
    let roles: Vec<String> = homes.iter().map(|(tenant, _)| role_name(tenant.id)).collect();
    let members: Vec<String> = homes.iter().map(|(_, cell)| cell.login.clone()).collect();
    let logins: Vec<String> = logins.iter().map(|login| (*login).to_owned()).collect();
    let (roles, logins): (Value, Value) = (roles.into(), logins.into());

    let with_attributes = sql(ATTRIBUTES, [roles.clone(), logins.clone()]);
    let attributes = Attributes::find_by_statement(with_attributes).all(admin.db()).await?;
    let memberships = sql(MEMBERSHIPS, [roles, logins, members.into()]);
    let memberships = Membership::find_by_statement(memberships).all(admin.db()).await?;
    let access = Access::find_by_statement(sql(ACCESS, [])).all(admin.db()).await?;

    let attributes = attributes.into_iter().filter_map(Attributes::overstep);
    let memberships = memberships.into_iter().map(Membership::overstep);
    Ok(attributes.chain(memberships).chain(access.into_iter().map(Access::overstep)).collect())
}

impl Attributes {
    fn overstep(self) -> Option<Overstep> {
        let all = [
            (self.superuser, "SUPERUSER"),
            (self.inherit, "INHERIT"),
            (self.createrole, "CREATEROLE"),
            (self.createdb, "CREATEDB"),
            (self.replication, "REPLICATION"),
            (self.bypassrls, "BYPASSRLS"),
            (self.login && !self.is_login, "LOGIN"),
        ];
        let held: Vec<_> = all.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name).collect();
        let (role, kind) = (&self.role, if self.is_login { "gateway login" } else { "tenant's role" });
        let taken: Vec<String> = held.iter().map(|name| format!("NO{name}")).collect();
        (!held.is_empty()).then(|| Overstep {
            what: format!("{kind} {role} is {}", held.join(", ")),
            sql: format!("ALTER ROLE {role} {}", taken.join(" ")),
        })
    }
}

impl Membership {
    fn overstep(self) -> Overstep {
        let Self { member, role, .. } = &self;
        match (self.expected, self.inherits) {
            (false, _) => Overstep {
                what: format!("{member} may take the role {role}"),
                sql: format!("REVOKE \"{role}\" FROM {member}"),
            },
            (true, true) => Overstep {
                what: format!("{member} has the rights of {role} without taking the role"),
                sql: format!("REVOKE INHERIT OPTION FOR {role} FROM {member}"),
            },
            (true, false) => Overstep {
                what: format!("{member} may give the role {role} to others"),
                sql: format!("REVOKE ADMIN OPTION FOR {role} FROM {member}"),
            },
        }
    }
}

impl Access {
    fn overstep(self) -> Overstep {
        let Self { schema, role, privilege } = &self;
        Overstep {
            what: format!("{role} has {privilege} on schema {schema}"),
            sql: format!("REVOKE {privilege} ON SCHEMA {schema} FROM {role}"),
        }
    }
}
