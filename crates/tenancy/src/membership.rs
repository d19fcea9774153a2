use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use crate::{
    Error, PersonId, Role, Tenancy, TenantId, UserId,
    control::{membership, tenant},
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
    pub role: Role,
    pub user: UserId,
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

    /// Whether the user of a tenant is a person who may come in.
    pub async fn is_member(&self, tenant: TenantId, user: UserId) -> Result<bool, Error> {
        let found = membership::Entity::find()
            .filter(membership::Column::TenantId.eq(tenant))
            .filter(membership::Column::UserId.eq(user))
            .one(self.control().db())
            .await?;
        Ok(found.is_some())
    }

    /// Also makes the user's record in the tenant's schema. Asked again, it changes the role.
    #[tracing::instrument(name = "tenant.add_member", skip_all, fields(tenant.id = %tenant, person.id = %person))]
    pub async fn add_member(&self, tenant: TenantId, person: PersonId, role: Role) -> Result<Membership, Error> {
        let db = self.control().db();
        let Some(home) = tenant::Entity::find_by_id(tenant).one(db).await?.filter(is_served) else {
            return Err(Error::NoSuchTenant { tenant });
        };
        let row = membership::ActiveModel {
            tenant_id: Set(tenant),
            person_id: Set(person),
            user_id: Set(UserId::new()),
            role: Set(role),
            ready_at: NotSet,
            created_at: NotSet,
        };
        let member = membership::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([membership::Column::TenantId, membership::Column::PersonId])
                    .update_column(membership::Column::Role)
                    .to_owned(),
            )
            .exec_with_returning(db)
            .await?;
        if member.ready_at.is_none() {
            provision::admit_members(self, tenant).await?;
        }
        self.forget_tenant(tenant);
        Ok(Membership::of(&member, home))
    }
}

impl Membership {
    fn of(member: &membership::Model, tenant: tenant::Model) -> Self {
        Self { tenant: tenant.id, slug: tenant.slug, name: tenant.name, role: member.role, user: member.user_id }
    }
}
