use sea_orm::{entity::prelude::*, sea_query::SimpleExpr};

use crate::{CellId, TenantId, TenantState};

/// A workspace and where it is.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub cell_id: CellId,
    pub state: TenantState,
    /// Why it is quarantined.
    pub reason: Option<String>,
    pub schema_version: i32,
    pub created_at: DateTimeUtc,
    pub activated_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::cell::Entity", from = "Column::CellId", to = "super::cell::Column::Id")]
    Cell,
}

impl Related<super::cell::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Cell.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// The tenant with this address or id.
pub(crate) fn named(slug_or_id: &str) -> SimpleExpr {
    match slug_or_id.parse::<TenantId>() {
        Ok(id) => Column::Id.eq(id),
        Err(_) => Column::Slug.eq(slug_or_id),
    }
}
