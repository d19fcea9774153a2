use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use uuid::Uuid;

use crate::{
    BuiltInRole, Error, PersonId, Tenancy, TenantId, UserId,
    control::{membership, sql, tenant},
    provision,
    scope::is_served,
};

/// A person's place in a tenant.
#[derive(Clone, Debug)]
pub struct Membership {
    pub tenant: TenantId,
    pub slug: String,
    /// The tenant's name.
    pub name: String,
    pub user: UserId,
}

/// What a new member begins with.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    /// Ids of roles of the tenant; those that are gone by then are left out.
    pub roles: Vec<Uuid>,
    pub team: Option<Uuid>,
}

impl From<BuiltInRole> for Joining {
    fn from(role: BuiltInRole) -> Self {
        Self { roles: vec![role.id()], team: None }
    }
}

impl Tenancy {
    /// In the order of joining; tenants that can be used only.
    pub async fn memberships(&self, person: PersonId) -> Result<Vec<Membership>, Error> {
        let rows = membership::Entity::find()
            .find_also_related(tenant::Entity)
            .filter(membership::Column::PersonId.eq(person))
            .order_by_asc(membership::Column::CreatedAt)
            .order_by_asc(membership::Column::TenantId)
            .all(self.control().db())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(member, tenant)| tenant.map(|tenant| (member, tenant)))
            .filter(|(member, tenant)| member.ready_at.is_some() && is_served(tenant))
            .map(|(member, tenant)| Membership::of(&member, tenant))
            .collect())
    }

    /// Also makes the user's record in the tenant's schema, with its roles. Somebody who is a member stays as they are.
    #[tracing::instrument(name = "tenant.add_member", skip_all, fields(tenant.id = %tenant, person.id = %person))]
    pub async fn add_member(&self, tenant: TenantId, person: PersonId, joining: &Joining) -> Result<Membership, Error> {
        let db = self.control().db();
        let Some(home) = tenant::Entity::find_by_id(tenant).one(db).await?.filter(is_served) else {
            return Err(Error::NoSuchTenant { tenant });
        };
        membership::Entity::insert(row(tenant, person, joining))
            .on_conflict(
                OnConflict::columns([membership::Column::TenantId, membership::Column::PersonId])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
        let found = membership::Entity::find_by_id((tenant, person)).one(db).await?;
        let member = found.ok_or(Error::NoSuchTenant { tenant })?;
        if member.ready_at.is_none() {
            provision::admit_members(self, tenant).await?;
        }
        self.forget_tenant(tenant);
        Ok(Membership::of(&member, home))
    }
}

/// A member whose user record has yet to follow a change of the person's name or address.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Outdated {
    #[sea_orm(from_alias = "tenant_id")]
    pub tenant: TenantId,
    #[sea_orm(from_alias = "person_id")]
    pub person: PersonId,
    #[sea_orm(from_alias = "user_id")]
    pub user: UserId,
    pub email: String,
}

const OUTDATED: &str = "
SELECT m.tenant_id, m.person_id, m.user_id, p.email
FROM control.memberships m JOIN control.people p ON p.id = m.person_id JOIN control.tenants t ON t.id = m.tenant_id
WHERE m.outdated_since IS NOT NULL AND m.ready_at IS NOT NULL AND t.state IN ('ACTIVE', 'QUARANTINED')
ORDER BY m.outdated_since LIMIT 100";

impl Tenancy {
    /// The members whose user records have to follow, those that wait longest first.
    pub async fn outdated_members(&self) -> Result<Vec<Outdated>, Error> {
        Ok(Outdated::find_by_statement(sql(OUTDATED, [])).all(self.control().db()).await?)
    }

    /// The user's record says what the person does, unless the person has changed again.
    pub async fn member_is_current(&self, member: &Outdated) -> Result<(), Error> {
        let current = "
            UPDATE control.memberships m SET outdated_since = NULL
            FROM control.people p WHERE p.id = m.person_id AND m.tenant_id = $1 AND m.person_id = $2 AND p.email = $3";
        let values = [member.tenant.into(), member.person.into(), member.email.as_str().into()];
        self.control().db().execute_raw(sql(current, values)).await?;
        Ok(())
    }
}

/// Makes somebody a member, with whatever else the transaction does. Who is one stays as they are.
pub(crate) async fn join(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
    joining: &Joining,
) -> Result<(), DbErr> {
    let known = [membership::Column::TenantId, membership::Column::PersonId];
    membership::Entity::insert(row(tenant, person, joining))
        .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
        .exec_without_returning(db)
        .await
        .map(|_| ())
}

fn row(tenant: TenantId, person: PersonId, joining: &Joining) -> membership::ActiveModel {
    membership::ActiveModel {
        tenant_id: Set(tenant),
        person_id: Set(person),
        user_id: Set(UserId::new()),
        starts_with: Set(joining.roles.iter().map(ToString::to_string).collect::<Vec<_>>().into()),
        team_id: Set(joining.team),
        ready_at: NotSet,
        created_at: NotSet,
    }
}

impl Membership {
    fn of(member: &membership::Model, tenant: tenant::Model) -> Self {
        Self { tenant: tenant.id, slug: tenant.slug, name: tenant.name, user: member.user_id }
    }
}
