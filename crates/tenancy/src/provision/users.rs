use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
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
            person.map(|person| Unready { user: member.user_id, name: person.name, email: person.email })
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
    let made = "SELECT now() AS occurred_at, $4::uuid AS uid, $5::integer AS mac_key, $6::bytea AS secret, NULL::uuid AS actor, \
             $7::text AS subject_kind, NULL::uuid AS subject, $8::text AS through_kind, NULL::uuid AS through, \
             NULL::inet AS address, NULL::text AS user_agent, 'user.created' AS type, 'User' AS object, id AS record_id, version, \
             '{}'::text[] AS changed, NULL::jsonb AS before, \
             jsonb_build_object('id', id, 'name', name, 'email', email, 'active', active) AS after, NULL::jsonb AS details, \
             NULL::text AS request_id, NULL::text AS trace_id, NULL::uuid AS import_id \
         FROM made";
    let insert = format!(
        "WITH made AS (
           INSERT INTO {schema}.users (id, name, email) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING *
         ) {}",
        log::insert(&schema, made)
    );
    for user in users {
        let entry = Uuid::now_v7();
        let key = keys.and_then(LogKeys::current);
        let secret = keys.zip(key).and_then(|(keys, key)| keys.secret(key, entry)).map(Vec::from);
        let (subject, through) = (Actor::SYSTEM.subject.kind(), Actor::SYSTEM.through.kind());
        let values = [
            user.user.into(),
            user.name.as_str().into(),
            user.email.as_str().into(),
            entry.into(),
            key.into(),
            secret.into(),
            subject.into(),
            through.into(),
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
