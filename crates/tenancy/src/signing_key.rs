use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::{Error, Tenancy};

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
        todo!()
    }

    /// Keeps the key that is there if the id is taken, so that two nodes that start at once may both try.
    pub async fn add_signing_key(&self, _kid: &str, _private_pem: &str) -> Result<(), Error> {
        todo!()
    }
}
