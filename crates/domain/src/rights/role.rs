//! Roles: their names, their rights and their holders.

mod change;
mod input;
mod names;

use std::collections::HashMap;

use rapport_tenancy::{BuiltInRole, DbError, Row, TenantConn};
use uuid::Uuid;

use super::{RoleRights, load};

pub use self::{
    change::{copy, create, delete, update},
    input::{Description, FieldInput, ObjectInput, RoleInput},
    names::{NamedField, NamedObject, NamedRights},
};

/// The most roles that a tenant can make.
pub const MOST: usize = 100;

#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub id: Uuid,
    /// Set for a role that comes with Rapport, which cannot change.
    pub built_in: Option<BuiltInRole>,
    pub name: String,
    pub description: Option<String>,
    pub rights: RoleRights,
    pub version: i32,
}

/// A holder of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// A user, or an API key.
    pub subject: Uuid,
    /// Of a user; a key has its name elsewhere.
    pub name: Option<String>,
}

const COLUMNS: &str = "id, name, description, rights, version";

impl Role {
    pub fn is_of_owners(&self) -> bool {
        self.built_in == Some(BuiltInRole::Owner)
    }

    fn read(row: &Row) -> Self {
        let id = row.get(0);
        let built_in = BuiltInRole::of(id);
        let description = built_in.map(|role| RoleRights::about(role).to_owned()).or_else(|| row.get(2));
        Self { id, built_in, name: row.get(1), description, rights: load::read(id, row, 3), version: row.get(4) }
    }
}

/// All of them: those that come with Rapport, then the tenant's own by name.
pub async fn list(conn: &TenantConn) -> Result<Vec<Role>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {}.role ORDER BY key IS NULL, CASE WHEN key IS NOT NULL THEN id END, lower(name)",
        conn.scope().schema()
    );
    Ok(conn.query(&sql, &[]).await?.iter().map(Role::read).collect())
}

pub async fn find(conn: &TenantConn, id: Uuid) -> Result<Option<Role>, DbError> {
    Ok(find_all(conn, &[id]).await?.pop())
}

/// Those of the roles that are there.
pub(super) async fn find_all(conn: &TenantConn, ids: &[Uuid]) -> Result<Vec<Role>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM {}.role WHERE id = ANY($1) ORDER BY id", conn.scope().schema());
    Ok(conn.query(&sql, &[&ids]).await?.iter().map(Role::read).collect())
}

/// The holders of each role; users by name.
pub async fn members(conn: &TenantConn) -> Result<HashMap<Uuid, Vec<Member>>, DbError> {
    let sql = format!(
        "SELECT a.role_id, a.subject, u.name FROM {schema}.role_assignment AS a \
         LEFT JOIN {schema}.users AS u ON u.id = a.subject ORDER BY u.name COLLATE rapport.ci, a.subject",
        schema = conn.scope().schema()
    );
    let mut members: HashMap<Uuid, Vec<Member>> = HashMap::new();
    for row in conn.query(&sql, &[]).await? {
        members.entry(row.get(0)).or_default().push(Member { subject: row.get(1), name: row.get(2) });
    }
    Ok(members)
}

/// The number of holders of a role.
pub(super) async fn holders(conn: &TenantConn, role: Uuid) -> Result<i64, DbError> {
    let sql = format!("SELECT count(*) FROM {}.role_assignment WHERE role_id = $1", conn.scope().schema());
    Ok(conn.query(&sql, &[&role]).await?.first().map_or(0, |row| row.get(0)))
}
