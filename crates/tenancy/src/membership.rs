use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use uuid::Uuid;

use crate::{
    BuiltInRole, Error, PersonId, Tenancy, TenantId, UserId,
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
        let row = membership::ActiveModel {
            tenant_id: Set(tenant),
            person_id: Set(person),
            user_id: Set(UserId::new()),
            starts_with: Set(joining.roles.iter().map(ToString::to_string).collect::<Vec<_>>().into()),
            team_id: Set(joining.team),
            ready_at: NotSet,
            created_at: NotSet,
        };
        membership::Entity::insert(row)
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

impl Membership {
    fn of(member: &membership::Model, tenant: tenant::Model) -> Self {
        Self { tenant: tenant.id, slug: tenant.slug, name: tenant.name, user: member.user_id }
    }
}
