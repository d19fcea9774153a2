use sea_orm::entity::prelude::*;

use crate::{CellId, server::Elsewhere};

/// A group of tenants with a gateway login of its own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "cells")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CellId,
    pub login: String,
    pub password: String,
    pub data_address: Option<String>,
    pub admin_address: Option<String>,
    pub database: Option<String>,
    /// How many live here, the ones being made included.
    pub tenants: i32,
    pub takes_new: bool,
    /// When the login was found to be there.
    pub ready_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn data(&self) -> Elsewhere<'_> {
        Elsewhere { address: self.data_address.as_deref(), database: self.database.as_deref() }
    }

    pub(crate) fn admin(&self) -> Elsewhere<'_> {
        Elsewhere { address: self.admin_address.as_deref(), database: self.database.as_deref() }
    }
}
