//! Why a user may see a record, and what they may do with it: each role, share and whole that gives access, on its own.
//!
//! The conditions are those that the engine puts into its statements (`plan::guard`), one by one: a test compares the
//! two.

use std::sync::Arc;

use rapport_tenancy::{BuiltInRole, DbError, Scopes, TenantConn, ToSql, UserId};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Action, Administration, Condition, FieldAccess, Level, Reach, Rights, Sight, Viewer,
    load::{self, HeldRole, Holder},
    role::{self, Role},
    rule,
    share::{self, Access, Share},
};
use crate::{
    catalog::{Catalog, Object, Source, registry::Registry},
    plan::{self, Sql},
    record::{UserError, code},
};

/// What a user may do with a record, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub actions: Vec<Permission>,
    /// Of the fields that the asking user sees.
    pub fields: Vec<FieldPermission>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Permission {
    pub action: Action,
    /// Where the record's state lets it: nobody restores what is not in the bin.
    pub is_allowed: bool,
    /// All that gives it; empty where it is not allowed.
    pub grounds: Vec<Ground>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Ground {
    /// The role reaches the record.
    Role {
        role: HeldRole,
        level: Level,
        /// By names; only if the asking user has the right to roles.
        rule: Option<Json>,
    },
    /// The role administers all records of the object.
    Administration {
        role: HeldRole,
        right: Administration,
    },
    Share(Share),
    /// The record is a part of another one, which is within reach.
    PartOf {
        object: String,
        record: Uuid,
        grounds: Vec<Ground>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct FieldPermission {
    pub field: String,
    pub access: FieldAccess,
    /// The roles that give it.
    pub roles: Vec<HeldRole>,
}

/// `None` where the asking user sees no such record. Asking about others takes the right to manage roles.
pub async fn explain(
    conn: &TenantConn,
    object: &str,
    record: Uuid,
    user: UserId,
) -> Result<Option<Result<Explanation, UserError>>, DbError> {
    let whole = &Arc::new(Catalog::with(&Registry::read(conn).await?));
    let Holder { rights, viewer } = load::load(conn).await?;
    let asking = Sight { catalog: whole.visible_to(&Arc::new(rights)), viewer: Arc::new(viewer) };
    let is_manager = asking.catalog.may(Administration::Roles);
    if !is_manager && conn.scope().actor().user_id() != Some(user) {
        let message = "You may ask why you see a record yourself; why others do, is for those who manage roles.";
        return Ok(Some(Err(UserError::new(code::FORBIDDEN, message).under("userId"))));
    }
    let Some(seen) = asking.catalog.object(object) else { return Ok(None) };
    if !is_there(conn, &asking, seen, record).await? {
        return Ok(None);
    }
    let Some(asked) = Asked::of(conn, &asking, whole, user).await? else {
        let error = UserError::new(code::NOT_FOUND, "There is no user with this id.").under("userId");
        return Ok(Some(Err(error)));
    };
    let Some(object) = whole.object(object) else { return Ok(None) };
    let read = asked.grounds(object, record, Action::Read).await?;
    let mut actions = Vec::new();
    for action in Action::ALL {
        let grounds = match action {
            _ if read.is_empty() => Vec::new(),
            Action::Read => read.clone(),
            action => asked.grounds(object, record, action).await?,
        };
        actions.push(Permission { action, is_allowed: !grounds.is_empty(), grounds });
    }
    let fields = asked.fields(object, seen, !read.is_empty());
    Ok(Some(Ok(Explanation { actions, fields })))
}

async fn is_there(conn: &TenantConn, asking: &Sight, object: &Object, record: Uuid) -> Result<bool, DbError> {
    let mut guard = Sql::behind(conn.scope().schema(), asking.view(), 1);
    let sql = format!("SELECT FROM {} AS t WHERE id = $1", guard.rows(object));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&record];
    parameters.extend(guard.params());
    Ok(!conn.query(&sql, &parameters).await?.is_empty())
}

/// The user that the question is about, and the asking user.
struct Asked<'a> {
    conn: &'a TenantConn,
    /// Of the asking user.
    asking: &'a Sight,
    /// Of the user that the question is about.
    sight: Sight,
    roles: Vec<Role>,
    with_rules: bool,
}

/// A possible reason for access to the record, and its condition; `None`: it holds for every record.
type Candidate = (Ground, Option<Condition>);

impl<'a> Asked<'a> {
    async fn of(
        conn: &'a TenantConn,
        asking: &'a Sight,
        whole: &Arc<Catalog>,
        user: UserId,
    ) -> Result<Option<Self>, DbError> {
        let sql = format!("SELECT FROM {}.users WHERE id = $1 AND deleted_at IS NULL", conn.scope().schema());
        if conn.query(&sql, &[&user.uuid()]).await?.is_empty() {
            return Ok(None);
        }
        let ids: Vec<Uuid> = load::roles_of(conn, user.uuid()).await?.into_iter().map(|(id, _)| id).collect();
        let roles = role::find_all(conn, &ids).await?;
        // Also of users whose roles reach everything: a lesser role of theirs is a ground as well.
        let viewer: Viewer = load::viewer(conn, user.uuid(), true).await?;
        let rights = Rights::of(roles.iter().map(|role| role.rights.clone()).collect(), Scopes::ALL);
        let catalog = whole.visible_to(&Arc::new(rights));
        let sight = Sight { catalog, viewer: Arc::new(viewer) };
        let with_rules = asking.catalog.may(Administration::Roles);
        Ok(Some(Self { conn, asking, sight, roles, with_rules }))
    }

    /// The grounds that allow the action on the record.
    async fn grounds(&self, object: &Object, record: Uuid, action: Action) -> Result<Vec<Ground>, DbError> {
        let catalog = self.sight.catalog.whole();
        let Some(parent) = object.parent() else {
            let mut grounds = self.met(object, record, self.candidates(object, action)).await?;
            if !self.sight.catalog.granted(object).reach(action).is_none() {
                grounds.extend(self.shares(object, record, action).await?.into_iter().map(Ground::Share));
            }
            return Ok(grounds);
        };
        // A part: the roles say whether any record is reached, the whole says which.
        let mut grounds: Vec<Ground> = self.candidates(object, action).into_iter().map(|(ground, _)| ground).collect();
        let (Some(field), false) = (object.field(parent), grounds.is_empty()) else { return Ok(Vec::new()) };
        let (Some(whole), Some(pointer)) = (catalog.target(field), plan::pointer(field, "t")) else {
            return Ok(Vec::new());
        };
        let sql = format!("SELECT {pointer} FROM {} AS t WHERE id = $1", object.rows(self.conn.scope().schema()));
        let rows = self.conn.query(&sql, &[&record]).await?;
        let Some(id) = rows.first().and_then(|row| row.get::<_, Option<Uuid>>(0)) else { return Ok(Vec::new()) };
        let action = if matches!(action, Action::Read | Action::Export) { action } else { Action::Update };
        let reached = Box::pin(self.grounds(whole, id, action)).await?;
        if reached.is_empty() {
            return Ok(Vec::new());
        }
        grounds.push(Ground::PartOf { object: whole.name.to_string(), record: id, grounds: reached });
        Ok(grounds)
    }

    /// All that the user's roles say of an action, whether they reach this record or not.
    fn candidates(&self, object: &Object, action: Action) -> Vec<Candidate> {
        let administered =
            object.administered_by.filter(|_| matches!(action, Action::Update | Action::Delete | Action::Restore));
        let candidate = |role: &Role| {
            let held = held(role);
            if let Some(right) = administered {
                let has_it = role.rights.administration.contains(&right);
                return has_it.then_some((Ground::Administration { role: held, right }, None));
            }
            let rights = Some(role.rights.of_object(&object.key())).filter(|rights| rights.read > Level::None)?;
            let level = rights.level(action);
            let rule = rights.rule.as_ref().filter(|_| level == Level::Rule);
            let rule = rule.and_then(|rule| rule::by_names(self.sight.catalog.whole(), object, rule));
            let text = rule.as_ref().map(|rule| Arc::from(rule.to_string()));
            let condition = match Reach::of(level, text.as_ref()) {
                Reach::None => return None,
                Reach::All => None,
                Reach::Some(conditions) => conditions.into_iter().next(),
            };
            let rule = rule.filter(|_| self.with_rules);
            Some((Ground::Role { role: held, level, rule }, condition))
        };
        self.roles.iter().filter_map(candidate).collect()
    }

    /// The candidates whose condition the record meets.
    async fn met(&self, object: &Object, record: Uuid, candidates: Vec<Candidate>) -> Result<Vec<Ground>, DbError> {
        let schema = self.conn.scope().schema();
        let mut guard = Sql::behind(schema, self.sight.view(), 1);
        let mut asked = Vec::new();
        for (_, condition) in &candidates {
            let condition = condition.as_ref().map(|condition| guard.condition(object, condition, "t"));
            // No record meets a condition that cannot be asked.
            asked.push(condition.map_or("TRUE".into(), |sql| sql.unwrap_or_else(|| "FALSE".into())));
        }
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<String> = asked.iter().map(|sql| format!("({sql}) IS TRUE")).collect();
        let sql = format!("SELECT {} FROM {} AS t WHERE id = $1", columns.join(", "), object.rows(schema));
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&record];
        parameters.extend(guard.params());
        let rows = self.conn.query(&sql, &parameters).await?;
        let Some(row) = rows.first() else { return Ok(Vec::new()) };
        let met = candidates.into_iter().enumerate().filter(|(at, _)| row.get(*at));
        Ok(met.map(|(_, (ground, _))| ground).collect())
    }

    async fn shares(&self, object: &Object, record: Uuid, action: Action) -> Result<Vec<Share>, DbError> {
        let enough = |share: &Share| match action {
            Action::Read => true,
            Action::Update => share.access == Access::Update,
            Action::Delete | Action::Restore | Action::Export => false,
        };
        let with = Some(self.sight.viewer.grantees.clone());
        let shares = share::read(self.conn, self.asking, object, record, with).await?;
        Ok(shares.into_iter().filter(enough).collect())
    }

    fn fields(&self, object: &Object, seen: &Object, is_read: bool) -> Vec<FieldPermission> {
        let theirs = self.sight.catalog.object(&object.name);
        let key = object.key();
        let showing: Vec<&Role> =
            self.roles.iter().filter(|role| role.rights.of_object(&key).read > Level::None).collect();
        let apart: Vec<(&Role, Rights)> =
            showing.into_iter().map(|role| (role, Rights::of(vec![role.rights.clone()], Scopes::ALL))).collect();
        let whole = self.sight.catalog.whole();
        let permission = |field: &Arc<crate::catalog::Field>| {
            let access = theirs.and_then(|object| object.field(&field.name)).map(|field| field.access);
            let is_system = field.source == Source::System && !field.is_custom();
            let most = if is_system { FieldAccess::Read } else { FieldAccess::Write };
            let access = access.filter(|_| is_read).unwrap_or_default().min(most);
            let gives = |rights: &Rights| rights.field(whole, object, field).min(most) == access;
            let roles = apart.iter().filter(|(_, rights)| access > FieldAccess::None && gives(rights));
            FieldPermission {
                field: field.name.to_string(),
                access,
                roles: roles.map(|(role, _)| held(role)).collect(),
            }
        };
        let visible = object.fields().iter().filter(|field| seen.field(&field.name).is_some());
        visible.map(permission).collect()
    }
}

fn held(role: &Role) -> HeldRole {
    HeldRole { id: role.id, built_in: BuiltInRole::of(role.id), name: role.name.clone() }
}
