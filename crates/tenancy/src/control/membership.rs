use sea_orm::entity::prelude::*;

use crate::{PersonId, TenantId, UserId};

/// A person in a tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "memberships")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    pub user_id: UserId,
    /// Ids of the roles that the user is given with their record, and the team they are put in.
    pub starts_with: Json,
    pub team_id: Option<Uuid>,
    /// When the record of the user was found in the tenant's schema; before that the membership opens nothing.
    pub ready_at: Option<DateTimeUtc>,
    /// Since when it opens nothing, until it is set free again.
    pub deactivated_at: Option<DateTimeUtc>,
    pub last_sign_in_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::tenant::Entity", from = "Column::TenantId", to = "super::tenant::Column::Id")]
    Tenant,
    #[sea_orm(belongs_to = "super::person::Entity", from = "Column::PersonId", to = "super::person::Column::Id")]
    Person,
}

impl Related<super::tenant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl Related<super::person::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl Model {
    /// Whether the person may come in.
    pub(crate) fn opens(&self) -> bool {
        self.ready_at.is_some() && self.deactivated_at.is_none()
    }
}

impl ActiveModelBehavior for ActiveModel {}
