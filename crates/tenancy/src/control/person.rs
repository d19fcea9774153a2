use sea_orm::entity::prelude::*;

use crate::PersonId;

/// A human being who can sign in, or could once they chose a password.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "people")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    /// How many they have had.
    pub password_version: i32,
    /// When a mail to the address was answered.
    pub email_verified_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
