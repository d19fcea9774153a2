use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    Tenancy, TenantId, UserId,
    control::{membership, person, sql},
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

pub(super) async fn insert(tx: &DatabaseTransaction, tenant: TenantId, users: &[Unready]) -> Result<(), DbErr> {
    // With its event, like every other record: what is made from the log has to learn of it.
    let insert = format!(
        "WITH made AS (
           INSERT INTO {schema}.users (id, name, email) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING RETURNING *
         )
         INSERT INTO {schema}.event (type, object, record_id, version, after)
         SELECT 'user.created', 'User', id, version, jsonb_build_object('id', id, 'name', name, 'email', email, 'active', active)
         FROM made",
        schema = schema_name(tenant)
    );
    for user in users {
        let values = [user.user.into(), user.name.as_str().into(), user.email.as_str().into()];
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
