use std::{sync::Arc, time::Instant};

use quick_cache::sync::Cache;

use super::{Key, Keyring, LogKeys, MasterKeyError, MasterKeys, cipher::joined};
use crate::{DbError, TenantConn, TenantId, TenantTx};

/// Tenants whose keys are kept unwrapped.
const REMEMBERED: usize = 10_000;

/// Why nothing can be sealed or looked for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    #[error("there is no master key: RAPPORT_MASTER_KEY and RAPPORT_MASTER_KEY_FILE are not set")]
    NoMasterKey,
    #[error("a data key cannot be wrapped or unwrapped")]
    Master(#[from] MasterKeyError),
    #[error("the tenant has no data key that can be used")]
    NoDataKey,
    #[error("the data keys could not be read or written")]
    Database(#[from] DbError),
}

/// The way from a tenant to its keys.
pub(crate) struct Vault {
    master: Option<Arc<dyn MasterKeys>>,
    opened: Cache<TenantId, Arc<Keyring>>,
    pub(super) log_keys: Cache<TenantId, (Instant, Arc<LogKeys>)>,
}

#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Seal,
    Index,
    Audit,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "SEAL",
            Self::Index => "INDEX",
            Self::Audit => "AUDIT",
        }
    }
}

impl Vault {
    pub fn new(master: Option<Arc<dyn MasterKeys>>) -> Self {
        Self { master, opened: Cache::new(REMEMBERED), log_keys: Cache::new(REMEMBERED) }
    }

    pub fn master(&self) -> Result<&dyn MasterKeys, KeyError> {
        self.master.as_deref().ok_or(KeyError::NoMasterKey)
    }

    pub fn forget(&self, tenant: TenantId) {
        self.opened.remove(&tenant);
        self.log_keys.remove(&tenant);
    }

    async fn read(&self, conn: &TenantConn) -> Result<Arc<Keyring>, KeyError> {
        let (master, tenant) = (self.master()?, conn.scope().tenant());
        // The last says whether the key is of this very transaction, which may yet be undone.
        let sql = format!(
            "SELECT id, purpose, wrapped, master_key_id, \
                coalesce(xmin::text::bigint = pg_current_xact_id_if_assigned()::text::bigint % 4294967296, false) \
             FROM {}.data_key WHERE purpose IN ('SEAL', 'INDEX') ORDER BY id",
            conn.scope().schema()
        );
        let (mut ring, mut may_stay) = (Keyring::new(tenant), true);
        for row in conn.query(&sql, &[]).await? {
            let (id, purpose): (i32, String) = (row.get(0), row.get(1));
            let (wrapped, master_id): (Vec<u8>, String) = (row.get(2), row.get(3));
            may_stay &= !row.get::<_, bool>(4);
            match master.unwrap(&master_id, &wrapped, &context(tenant, id, &purpose)).await {
                Ok(key) if purpose == Purpose::Index.as_str() => ring.add_index(key),
                Ok(key) => ring.add_seal(id, key),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(tenant.id = %tenant, key.id = id, error, "A data key cannot be unwrapped");
                    ring.add_closed(id);
                }
            }
        }
        let ring = Arc::new(ring);
        if may_stay && ring.is_whole() {
            self.opened.insert(tenant, ring.clone());
        }
        Ok(ring)
    }

    /// A new wrapped key in the tenant's table, visible to others once the transaction is committed.
    pub(super) async fn make(&self, tx: &TenantTx, purpose: Purpose) -> Result<i32, KeyError> {
        let (master, schema) = (self.master()?, tx.scope().schema());
        // The highest is never deleted, so that no number comes twice.
        let highest = format!("SELECT coalesce(max(id), 0) + 1 FROM {schema}.data_key");
        let id: i32 = tx.query(&highest, &[]).await?.first().map_or(1, |row| row.get(0));
        let context = context(tx.scope().tenant(), id, purpose.as_str());
        let wrapped = master.wrap(&Key::random(), &context).await?;
        let insert =
            format!("INSERT INTO {schema}.data_key (id, purpose, wrapped, master_key_id) VALUES ($1, $2, $3, $4)");
        tx.execute(&insert, &[&id, &purpose.as_str(), &wrapped, &master.current()]).await?;
        Ok(id)
    }
}

/// A wrapped key is of no use to another tenant, under another number or for another purpose.
pub(super) fn context(tenant: TenantId, id: i32, purpose: &str) -> Vec<u8> {
    joined(&[b"rapport data key 1", tenant.uuid().as_bytes(), &id.to_be_bytes(), purpose.as_bytes()])
}

impl TenantConn {
    /// The tenant's keys, as they are remembered.
    pub async fn keyring(&self) -> Result<Arc<Keyring>, KeyError> {
        let vault = self.scope().vault();
        vault.master()?;
        match vault.opened.get(&self.scope().tenant()) {
            Some(ring) => Ok(ring),
            None => vault.read(self).await,
        }
    }

    /// The tenant's keys as they are now: for whoever met a value of a key that is not remembered.
    pub async fn fresh_keyring(&self) -> Result<Arc<Keyring>, KeyError> {
        self.scope().vault().read(self).await
    }
}

impl TenantTx {
    /// Makes the tenant's keys where it has none yet.
    pub async fn ensure_data_keys(&self) -> Result<(), KeyError> {
        let vault = self.scope().vault();
        vault.master()?;
        let sql = format!("SELECT purpose FROM {}.data_key WHERE superseded_at IS NULL", self.scope().schema());
        let rows = self.query(&sql, &[]).await?;
        for purpose in [Purpose::Index, Purpose::Seal] {
            if !rows.iter().any(|row| row.get::<_, &str>(0) == purpose.as_str()) {
                vault.make(self, purpose).await?;
            }
        }
        Ok(())
    }
}
