use sea_orm::entity::prelude::*;

/// A private key that signs access tokens.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(schema_name = "control", table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// One of the two; the other form is wrapped by the master key.
    pub private_pem: Option<String>,
    pub wrapped: Option<Vec<u8>>,
    pub master_key_id: Option<String>,
    pub public_key: Option<Vec<u8>>,
    pub signs_from: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
