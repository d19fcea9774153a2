use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait, QueryOrder,
    sea_query::OnConflict,
};
use secrecy::SecretString;

use crate::{Error, Tenancy, control::signing_key};

/// A private key that signs access tokens.
#[derive(Clone, Debug)]
pub struct SigningKey {
    pub kid: String,
    pub private_pem: SecretString,
    pub created_at: DateTime<Utc>,
}

impl Tenancy {
    /// Newest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, Error> {
        let rows = signing_key::Entity::find()
            .order_by_desc(signing_key::Column::CreatedAt)
            .order_by_desc(signing_key::Column::Kid)
            .all(self.control().db())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| SigningKey { kid: row.kid, private_pem: row.private_pem.into(), created_at: row.created_at })
            .collect())
    }

    /// Keeps the key that is there if the id is taken, so that two nodes that start at once may both try.
    pub async fn add_signing_key(&self, kid: &str, private_pem: &str) -> Result<(), Error> {
        let row = signing_key::ActiveModel {
            kid: Set(kid.to_owned()),
            private_pem: Set(private_pem.to_owned()),
            created_at: NotSet,
        };
        signing_key::Entity::insert(row)
            .on_conflict(OnConflict::column(signing_key::Column::Kid).do_nothing().to_owned())
            .exec_without_returning(self.control().db())
            .await?;
        Ok(())
    }
}
