use sea_orm::entity::prelude::*;

use crate::{ApiKeyId, TenantId, UserId};

/// A credential of a program.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    pub tenant_id: TenantId,
    pub name: String,
    /// SHA-256 of the secret, and of the one before, which works until a moment.
    pub hash: Vec<u8>,
    pub old_hash: Option<Vec<u8>>,
    pub old_until: Option<DateTimeUtc>,
    pub scopes: String,
    pub created_by: Option<UserId>,
    /// When its roles were found in the tenant's schema; before that the key opens nothing.
    pub ready_at: Option<DateTimeUtc>,
    pub expires_at: DateTimeUtc,
    pub rotated_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
    pub leaked: bool,
    pub last_used_at: Option<DateTimeUtc>,
    pub last_used_from: Option<String>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::tenant::Entity", from = "Column::TenantId", to = "super::tenant::Column::Id")]
    Tenant,
}

impl Related<super::tenant::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tenant.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
