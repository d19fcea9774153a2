use std::sync::Arc;

use super::{KeyError, Keyring, Sealed, SecretPlace};
use crate::TenantTx;

/// Seals values within one transaction. As long as that lasts, no rotation takes the key away.
#[derive(Debug)]
pub struct Sealer {
    ring: Arc<Keyring>,
    current: i32,
}

impl Sealer {
    /// The blind index of a value.
    pub fn index(&self, object: &str, field: &str, value: &[u8]) -> Result<String, KeyError> {
        self.ring.index(object, field, value).ok_or(KeyError::NoDataKey)
    }

    pub fn seal(&self, place: SecretPlace<'_>, value: &[u8], index: &str) -> Result<Sealed, KeyError> {
        self.ring.seal(self.current, place, value, index).ok_or(KeyError::NoDataKey)
    }

    pub fn ring(&self) -> &Keyring {
        &self.ring
    }

    /// The id of the key that it seals with.
    pub fn current(&self) -> i32 {
        self.current
    }
}

impl TenantTx {
    /// Holds the current data key until the transaction ends: a rotation waits for it, and once that is done nothing is
    /// sealed with the key before. So a rotation meets every value of an old key that there will ever be.
    pub async fn sealer(&self) -> Result<Sealer, KeyError> {
        const TRIES: usize = 5;
        let mut ring = self.keyring().await?;
        let sql = format!(
            "SELECT id FROM {}.data_key WHERE purpose = 'SEAL' AND superseded_at IS NULL FOR KEY SHARE",
            self.scope().schema()
        );
        for _ in 0..TRIES {
            // Nothing is found where the key was superseded while we waited: the next look sees its successor.
            let Some(current) = self.query(&sql, &[]).await?.first().map(|row| row.get(0)) else { continue };
            if !ring.has_seal(current) {
                ring = self.fresh_keyring().await?;
            }
            return if ring.has_seal(current) { Ok(Sealer { ring, current }) } else { Err(KeyError::NoDataKey) };
        }
        Err(KeyError::NoDataKey)
    }
}
