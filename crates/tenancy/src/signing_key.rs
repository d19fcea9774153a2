use chrono::{DateTime, Utc};
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use secrecy::SecretString;

use crate::{
    Error, Key, KeyError, Rewrapped, Tenancy,
    control::{Lock, signing_key, sql},
    error::in_full,
    secrets::joined,
};

/// A private key that signs access tokens.
#[derive(Clone, Debug)]
pub struct SigningKey {
    pub kid: String,
    pub private: PrivateKey,
    /// It is published before, and signs from then on until its successor does.
    pub signs_from: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

/// As it was kept.
#[derive(Clone, Debug)]
pub enum PrivateKey {
    /// Wrapped by the master key.
    Seed(Key),
    /// PKCS #8, as it is: there was no master key.
    Pem(SecretString),
    /// Wrapped by a master key that is not here: its public half alone.
    Closed([u8; 32]),
}

/// What it takes to add a key. Which of the two forms is kept depends on whether there is a master key.
#[derive(Debug)]
pub struct NewSigningKey {
    pub kid: String,
    pub seed: Key,
    pub public: [u8; 32],
    pub pem: SecretString,
    pub signs_from: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    #[error(transparent)]
    Storage(#[from] Error),
    #[error("signing key {kid} cannot be wrapped or unwrapped")]
    Key { kid: String, source: KeyError },
    #[error("signing key {kid} is no PKCS #8 PEM of Ed25519")]
    Unreadable { kid: String },
}

impl From<sea_orm::DbErr> for SigningKeyError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Storage(error.into())
    }
}

impl Tenancy {
    /// In the order in which they sign.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, Error> {
        let rows = signing_key::Entity::find()
            .order_by_asc(signing_key::Column::SignsFrom)
            .order_by_asc(signing_key::Column::Kid)
            .all(self.control().db())
            .await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            keys.extend(self.read_key(row).await);
        }
        Ok(keys)
    }

    /// Adds a key that signs after `newest`; false when that is not the newest, because another node added one.
    pub async fn add_signing_key(&self, newest: Option<&str>, new: NewSigningKey) -> Result<bool, SigningKeyError> {
        let NewSigningKey { kid, seed, public, pem, signs_from } = new;
        let (private_pem, wrapped, master_key_id, public_key) = match self.vault().master() {
            Ok(master) => {
                let wrapped = master.wrap(&seed, &context(&kid)).await;
                let wrapped = wrapped.map_err(|error| failed(&kid, KeyError::from(error)))?;
                (None, Some(wrapped), Some(master.current().to_owned()), Some(public.to_vec()))
            }
            Err(_) => (Some(secrecy::ExposeSecret::expose_secret(&pem).to_owned()), None, None, None),
        };
        let tx = self.control().begin().await?;
        Lock::SigningKeys.take(&tx).await?;
        let last = signing_key::Entity::find()
            .order_by_desc(signing_key::Column::SignsFrom)
            .order_by_desc(signing_key::Column::Kid)
            .one(&tx)
            .await?;
        if last.as_ref().map(|key| key.kid.as_str()) != newest {
            tx.rollback().await?;
            return Ok(false);
        }
        let row = signing_key::ActiveModel {
            kid: Set(kid),
            private_pem: Set(private_pem),
            wrapped: Set(wrapped),
            master_key_id: Set(master_key_id),
            public_key: Set(public_key),
            signs_from: Set(signs_from),
            created_at: NotSet,
        };
        signing_key::Entity::insert(row).exec_without_returning(&tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What these keys signed is not believed any more.
    pub async fn remove_signing_keys(&self, kids: &[String]) -> Result<u64, Error> {
        let gone = signing_key::Entity::delete_many()
            .filter(signing_key::Column::Kid.is_in(kids))
            .exec(self.control().db())
            .await?;
        Ok(gone.rows_affected)
    }

    /// Wraps with the current master key what another one had wrapped or none. One that fails keeps none of the others waiting.
    pub(crate) async fn rewrap_signing_keys(&self, done: &mut Rewrapped) -> Result<(), Error> {
        for row in signing_key::Entity::find().all(self.control().db()).await? {
            let kid = row.kid.clone();
            match self.rewrap_signing_key(row).await {
                Ok(rewrapped) => done.secrets += rewrapped,
                Err(error) => done.failed.push((format!("key of tokens {kid}"), in_full(&error))),
            }
        }
        Ok(())
    }

    async fn rewrap_signing_key(&self, row: signing_key::Model) -> Result<u64, SigningKeyError> {
        let kid = row.kid;
        let master = self.vault().master().map_err(|error| failed(&kid, error))?;
        let seed = match (row.private_pem, row.wrapped, row.master_key_id) {
            (Some(pem), ..) => {
                let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&pem);
                Key::new(key.map_err(|_| SigningKeyError::Unreadable { kid: kid.clone() })?.to_bytes())
            }
            (None, Some(wrapped), Some(by)) if by != master.current() => self.unwrap(&kid, &wrapped, &by).await?,
            _ => return Ok(0),
        };
        let wrapped = master.wrap(&seed, &context(&kid)).await.map_err(|error| failed(&kid, error.into()))?;
        let public = ed25519_dalek::SigningKey::from_bytes(seed.bytes()).verifying_key().to_bytes();
        let swap = "UPDATE control.signing_keys SET private_pem = NULL, wrapped = $2, master_key_id = $3,
                    public_key = coalesce(public_key, $4) WHERE kid = $1";
        let values = [kid.into(), wrapped.into(), master.current().to_owned().into(), public.to_vec().into()];
        Ok(self.control().db().execute_raw(sql(swap, values)).await?.rows_affected())
    }

    /// None for what the table refuses to hold.
    async fn read_key(&self, row: signing_key::Model) -> Option<SigningKey> {
        let private = match (row.private_pem, row.wrapped, row.master_key_id) {
            (Some(pem), ..) => PrivateKey::Pem(pem.into()),
            (None, Some(wrapped), Some(by)) => match self.unwrap(&row.kid, &wrapped, &by).await {
                Ok(seed) => PrivateKey::Seed(seed),
                Err(error) => {
                    // The keys are read each minute.
                    if self.vault().is_news(&row.kid) {
                        let error = &error as &dyn std::error::Error;
                        tracing::warn!(error, "A signing key stays closed: this node signs with another");
                    }
                    PrivateKey::Closed(row.public_key?.try_into().ok()?)
                }
            },
            (None, ..) => return None,
        };
        Some(SigningKey { kid: row.kid, private, signs_from: row.signs_from, created_at: row.created_at })
    }

    async fn unwrap(&self, kid: &str, wrapped: &[u8], by: &str) -> Result<Key, SigningKeyError> {
        let master = self.vault().master().map_err(|error| failed(kid, error))?;
        master.unwrap(by, wrapped, &context(kid)).await.map_err(|error| failed(kid, error.into()))
    }
}

fn failed(kid: &str, source: KeyError) -> SigningKeyError {
    SigningKeyError::Key { kid: kid.to_owned(), source }
}

fn context(kid: &str) -> Vec<u8> {
    joined(&[b"rapport signing key 1", kid.as_bytes()])
}
