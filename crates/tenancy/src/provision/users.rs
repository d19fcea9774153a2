use chrono::{SubsecRound as _, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    Actor, LogKeys, Tenancy, TenantId, UserId,
    control::{membership, person, sql},
    log,
    scope::schema_name,
};

/// A member whose user record may not be there yet.
pub(super) struct Unready {
    user: UserId,
    name: String,
    email: String,
    starts_with: Json,
    team: Option<Uuid>,
}

pub(super) async fn unready(tenancy: &Tenancy, tenant: TenantId) -> Result<Vec<Unready>, DbErr> {
    let rows = membership::Entity::find()
        .find_also_related(person::Entity)
        .filter(membership::Column::TenantId.eq(tenant))
        .filter(membership::Column::ReadyAt.is_null())
        .all(tenancy.control().db())
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(member, person)| {
            person.map(|person| Unready {
                user: member.user_id,
                name: person.name,
                email: person.email,
                starts_with: member.starts_with,
                team: member.team_id,
            })
        })
        .collect())
}

/// With an event each, like every other record: what is made from the log has to learn of it.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    users: &[Unready],
    keys: Option<&LogKeys>,
) -> Result<(), DbErr> {
    let schema = schema_name(tenant);
    let made = "SELECT $12::timestamptz AS occurred_at, $11::bytea AS content, $6::uuid AS uid, $7::integer AS mac_key, $8::bytea AS secret, NULL::uuid AS actor, \
             $9::text AS subject_kind, NULL::uuid AS subject, $10::text AS through_kind, NULL::uuid AS through, \
             NULL::inet AS address, NULL::text AS user_agent, 'user.created' AS type, 'User' AS object, id AS record_id, version, \
             '{}'::text[] AS changed, NULL::jsonb AS before, \
             jsonb_build_object('id', id, 'name', name, 'email', email, 'active', active, 'teamId', team_id) AS after, jsonb_build_object('roles', $4::jsonb) AS details, \
             NULL::text AS request_id, NULL::text AS trace_id, NULL::uuid AS import_id \
         FROM made";
    let insert = format!(
        "WITH made AS (
           INSERT INTO {schema}.users (id, name, email, team_id)
           VALUES ($1, $2, $3, (SELECT id FROM {schema}.team WHERE id = $5 AND deleted_at IS NULL))
           ON CONFLICT (id) DO NOTHING RETURNING *
         ), roles AS (
           INSERT INTO {schema}.role_assignment (subject, role_id)
           SELECT $1, r.id FROM {schema}.role AS r
           WHERE r.id IN (SELECT value::uuid FROM jsonb_array_elements_text($4::jsonb)) ON CONFLICT DO NOTHING
         ) {}",
        log::insert(&schema, made)
    );
    for user in users {
        let entry = Uuid::now_v7();
        let key = keys.and_then(LogKeys::current);
        let secret = keys.zip(key).and_then(|(keys, key)| keys.secret(key, entry)).map(Vec::from);
        let (subject, through) = (Actor::SYSTEM.subject.kind(), Actor::SYSTEM.through.kind());
        let now = Utc::now().trunc_subsecs(6);
        let content = log::Content {
            occurred_at: Some(now.timestamp_micros()),
            uid: Some(entry),
            subject_kind: Some(subject),
            through_kind: Some(through),
            kind: Some("user.created"),
            object: Some("User"),
            record: Some(user.user.uuid()),
            version: Some(1),
            mac_key: key,
            ..log::Content::default()
        };
        let values = [
            user.user.into(),
            user.name.as_str().into(),
            user.email.as_str().into(),
            user.starts_with.clone().into(),
            user.team.into(),
            entry.into(),
            key.into(),
            secret.into(),
            subject.into(),
            through.into(),
            content.hash().to_vec().into(),
            now.into(),
        ];
        tx.execute_raw(sql(&insert, values)).await?;
    }
    Ok(())
}

pub(super) async fn set_ready(tenancy: &Tenancy, users: &[Unready]) -> Result<(), DbErr> {
    membership::Entity::update_many()
        .col_expr(membership::Column::ReadyAt, Expr::current_timestamp())
        .filter(membership::Column::UserId.is_in(users.iter().map(|user| user.user)))
        .exec(tenancy.control().db())
        .await
        .map(|_| ())
}

/// The role that members keep who came before there were roles: all records, and nothing of the settings.
const MEMBER: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0010);

/// The members of a tenant, with what they begin with.
pub(crate) async fn members(tenancy: &Tenancy, tenant: TenantId) -> Result<Vec<(UserId, Json)>, DbErr> {
    let rows =
        membership::Entity::find().filter(membership::Column::TenantId.eq(tenant)).all(tenancy.control().db()).await?;
    Ok(rows.into_iter().map(|member| (member.user_id, member.starts_with)).collect())
}

/// Gives members their first roles, in a tenant whose schema had none.
pub(crate) async fn give_roles(
    tx: &DatabaseTransaction,
    tenant: TenantId,
    members: &[(UserId, Json)],
) -> Result<(), DbErr> {
    let schema = schema_name(tenant);
    let has_roles = |starts_with: &Json| starts_with.as_array().is_some_and(|roles| !roles.is_empty());
    if members.iter().any(|(_, starts_with)| !has_roles(starts_with)) {
        let all = serde_json::json!({
            "create": true, "read": "ALL", "update": "ALL", "delete": "ALL", "restore": "ALL"
        });
        let insert = format!(
            "INSERT INTO {schema}.role (id, name, description, rights) VALUES ($1, 'Member', $2, $3) ON CONFLICT DO NOTHING"
        );
        let about = "What members could do before there were roles.";
        let rights = serde_json::json!({ "others": all });
        tx.execute_raw(sql(&insert, [MEMBER.into(), about.into(), rights.into()])).await?;
    }
    let give = format!(
        "INSERT INTO {schema}.role_assignment (subject, role_id) SELECT $1, r.id FROM {schema}.role AS r \
         WHERE r.id IN (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb)) ON CONFLICT DO NOTHING"
    );
    for (user, starts_with) in members {
        let roles = if has_roles(starts_with) { starts_with.clone() } else { serde_json::json!([MEMBER]) };
        tx.execute_raw(sql(&give, [(*user).into(), roles.into()])).await?;
    }
    Ok(())
}
