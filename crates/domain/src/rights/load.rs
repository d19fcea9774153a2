//! The roles of a subject, and the values that conditions compare with, as they are now.

use std::collections::HashMap;

use rapport_tenancy::{BuiltInRole, DbError, Row, Subject, TenantConn, types::Json as JsonColumn};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Rights, RoleRights, Viewer, rule};

/// What a subject may do, and what conditions compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    pub rights: Rights,
    pub viewer: Viewer,
}

/// Goes up with every change of roles, teams and shares.
pub async fn version(conn: &TenantConn) -> Result<i64, DbError> {
    let sql = format!("SELECT version FROM {}.rights_version", conn.scope().schema());
    Ok(conn.query(&sql, &[]).await?.first().map_or(1, |row| row.get(0)))
}

/// Of the subject that the scope of `conn` is made for.
pub async fn load(conn: &TenantConn) -> Result<Holder, DbError> {
    let actor = conn.scope().actor();
    let Some(subject) = actor.subject.id() else {
        return Ok(Holder { rights: (*Rights::everything()).clone(), viewer: Viewer::default() });
    };
    let user = matches!(actor.subject, Subject::User(_)).then_some(subject);
    of(conn, subject, user, actor.scopes).await
}

/// Of any subject of the tenant.
pub(super) async fn of(
    conn: &TenantConn,
    subject: Uuid,
    user: Option<Uuid>,
    scopes: rapport_tenancy::Scopes,
) -> Result<Holder, DbError> {
    let roles = roles_of(conn, subject).await?;
    let rights = Rights::of(roles.into_iter().map(|(_, rights)| rights).collect(), scopes);
    let viewer = match user {
        Some(user) if !rights.is_everything() => {
            let wants_record = rights.rules().any(rule::asks_for_record);
            viewer(conn, user, wants_record).await?
        }
        user => Viewer { user, ..Viewer::default() },
    };
    Ok(Holder { rights, viewer })
}

/// A role that somebody has, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    pub id: Uuid,
    pub built_in: Option<BuiltInRole>,
    pub name: String,
}

/// The roles of the subject that the scope of `conn` is made for.
pub async fn roles(conn: &TenantConn) -> Result<Vec<HeldRole>, DbError> {
    let Some(subject) = conn.scope().actor().subject.id() else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT r.id, r.name FROM {schema}.role_assignment AS a JOIN {schema}.role AS r ON r.id = a.role_id \
         WHERE a.subject = $1 ORDER BY r.id",
        schema = conn.scope().schema()
    );
    let held = |row: &Row| HeldRole { id: row.get(0), built_in: BuiltInRole::of(row.get(0)), name: row.get(1) };
    Ok(conn.query(&sql, &[&subject]).await?.iter().map(held).collect())
}

/// The role that a command names: by its key, its id or its name.
pub async fn find_role(conn: &TenantConn, named: &str) -> Result<Option<Uuid>, DbError> {
    let sql = format!(
        "SELECT id FROM {}.role WHERE key = upper($1) OR id::text = lower($1) OR lower(name) = lower($1) \
         ORDER BY key IS NULL LIMIT 1",
        conn.scope().schema()
    );
    Ok(conn.query(&sql, &[&named]).await?.first().map(|row| row.get(0)))
}

/// The roles of subjects, by subject.
pub async fn held_by(conn: &TenantConn, subjects: &[Uuid]) -> Result<HashMap<Uuid, Vec<HeldRole>>, DbError> {
    let sql = format!(
        "SELECT a.subject, r.id, r.name FROM {schema}.role_assignment AS a JOIN {schema}.role AS r ON r.id = a.role_id \
         WHERE a.subject = ANY($1) ORDER BY a.subject, r.id",
        schema = conn.scope().schema()
    );
    let mut held: HashMap<Uuid, Vec<HeldRole>> = HashMap::new();
    for row in conn.query(&sql, &[&subjects]).await? {
        let role = HeldRole { id: row.get(1), built_in: BuiltInRole::of(row.get(1)), name: row.get(2) };
        held.entry(row.get(0)).or_default().push(role);
    }
    Ok(held)
}

/// The roles of a subject, by id. Those of a user who is not active, or in the bin, allow nothing.
pub(super) async fn roles_of(conn: &TenantConn, subject: Uuid) -> Result<Vec<(Uuid, RoleRights)>, DbError> {
    let sql = format!(
        "SELECT r.id, r.rights FROM {schema}.role_assignment AS a JOIN {schema}.role AS r ON r.id = a.role_id \
         WHERE a.subject = $1 AND NOT EXISTS \
           (SELECT FROM {schema}.users WHERE id = $1 AND (NOT active OR deleted_at IS NOT NULL)) ORDER BY r.id",
        schema = conn.scope().schema()
    );
    Ok(conn.query(&sql, &[&subject]).await?.iter().map(|row| (row.get(0), read(row.get(0), row, 1))).collect())
}

/// What a row says of a role's rights. What cannot be read allows nothing.
pub(super) fn read(id: Uuid, row: &Row, at: usize) -> RoleRights {
    if let Some(built_in) = BuiltInRole::of(id) {
        return RoleRights::of(built_in);
    }
    let JsonColumn(rights): JsonColumn<Json> = row.get(at);
    serde_json::from_value(rights).unwrap_or_else(|error| {
        tracing::error!(role.id = %id, error = &error as &dyn std::error::Error, "A role cannot be read: it allows nothing");
        RoleRights::default()
    })
}

/// The values of a user that conditions compare with; with their record where a rule needs it.
pub(super) async fn viewer(conn: &TenantConn, user: Uuid, wants_record: bool) -> Result<Viewer, DbError> {
    let schema = conn.scope().schema();
    // A team in the bin is none. `UNION` drops what was met before: a circle of teams ends.
    let sql = format!(
        "WITH RECURSIVE me AS (SELECT * FROM {schema}.users WHERE id = $1 AND deleted_at IS NULL), \
           teams AS NOT MATERIALIZED (SELECT id, parent_id, manager_id FROM {schema}.team WHERE deleted_at IS NULL), \
           mine AS (SELECT t.id FROM teams AS t JOIN me ON t.id = me.team_id \
                    UNION SELECT id FROM teams WHERE manager_id = $1), \
           below AS (SELECT id FROM mine UNION SELECT t.id FROM teams AS t JOIN below ON t.parent_id = below.id), \
           above AS (SELECT t.id, t.parent_id FROM teams AS t JOIN me ON t.id = me.team_id \
                     UNION SELECT t.id, t.parent_id FROM teams AS t JOIN above ON t.id = above.parent_id), \
           grantee AS (SELECT $1::uuid AS id UNION SELECT id FROM below UNION SELECT id FROM above) \
         SELECT ARRAY(SELECT id FROM below), ARRAY(SELECT id FROM grantee), \
           ARRAY(SELECT id FROM {schema}.users WHERE team_id IN (SELECT id FROM below) AND id <> $1), \
           ARRAY(SELECT DISTINCT object FROM {schema}.record_share WHERE grantee IN (SELECT id FROM grantee)), \
           CASE WHEN $2 THEN (SELECT to_jsonb(me) || jsonb_build_object('team', \
             (SELECT to_jsonb(t) FROM {schema}.team AS t WHERE t.id = me.team_id AND t.deleted_at IS NULL)) FROM me) END"
    );
    let rows = conn.query(&sql, &[&user, &wants_record]).await?;
    let Some(row) = rows.first() else { return Ok(Viewer { user: Some(user), ..Viewer::default() }) };
    let others: Vec<Uuid> = row.get(2);
    let record: Option<JsonColumn<Json>> = row.get(4);
    let record = match record {
        Some(JsonColumn(Json::Object(record))) => Some(record),
        _ => None,
    };
    Ok(Viewer {
        user: Some(user),
        members: std::iter::once(user).chain(others).collect(),
        grantees: row.get(1),
        shared: row.get::<_, Vec<String>>(3).into_iter().collect(),
        teams: row.get(0),
        record,
    })
}
