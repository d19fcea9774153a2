use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Key, KeyError, MasterKeys,
    cipher::joined,
    vault::{Purpose, Vault, context},
};
use crate::{Error, TenantConn, TenantId, control::sql, scope::schema_name};

/// The keys that a tenant's log is signed with. They are wrapped in the tenant's schema and never unwrapped there: the
/// database sees the secrets of single entries alone.
#[derive(Debug)]
pub struct LogKeys {
    pairs: BTreeMap<i32, Pair>,
    current: Option<i32>,
    /// Keys that are there and could not be unwrapped.
    closed: BTreeSet<i32>,
    /// Made by a transaction that is not at its end: perhaps it will never have been.
    passing: bool,
}

#[derive(Debug)]
struct Pair {
    entries: Key,
    seals: Key,
}

/// A row of the keys' table.
struct Wrapped {
    id: i32,
    sealed: Vec<u8>,
    master: String,
    current: bool,
    passing: bool,
}

impl LogKeys {
    /// The one to sign with.
    pub fn current(&self) -> Option<i32> {
        self.current
    }

    pub fn knows(&self, key: i32) -> bool {
        self.pairs.contains_key(&key)
    }

    /// What the database makes one entry's MAC with.
    pub fn secret(&self, key: i32, entry: Uuid) -> Option<[u8; 32]> {
        self.pairs.get(&key).map(|pair| pair.entries.mac(entry.as_bytes()))
    }

    /// The MAC over what is signed of an entry, as the database makes it. All parts have fixed lengths.
    pub fn mac(&self, key: i32, entry: Uuid, message: &[u8]) -> Option<[u8; 32]> {
        let secret = self.secret(key, entry)?;
        Some(Sha256::new().chain_update(secret).chain_update(message).finalize().into())
    }

    /// The MAC of a seal.
    pub fn seal_mac(&self, key: i32, parts: &[&[u8]]) -> Option<[u8; 32]> {
        self.pairs.get(&key).map(|pair| pair.seals.mac(&joined(parts)))
    }

    async fn open(master: &dyn MasterKeys, tenant: TenantId, rows: Vec<Wrapped>) -> Self {
        let mut keys = Self { pairs: BTreeMap::new(), current: None, closed: BTreeSet::new(), passing: false };
        for Wrapped { id, sealed, master: by, current, passing } in rows {
            keys.passing |= passing;
            match master.unwrap(&by, &sealed, &context(tenant, id, Purpose::Audit.as_str())).await {
                Ok(key) => {
                    let pair = Pair {
                        entries: key.derived(&[b"rapport log entry 1"]),
                        seals: key.derived(&[b"rapport log seal 1"]),
                    };
                    keys.pairs.insert(id, pair);
                    keys.current = if current { Some(id) } else { keys.current };
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(tenant.id = %tenant, key.id = id, error, "A key of the log cannot be unwrapped");
                    keys.closed.insert(id);
                }
            }
        }
        keys
    }

    /// Whether nothing may change in it but by a rotation.
    fn may_stay(&self) -> bool {
        self.closed.is_empty() && !self.passing && self.current.is_some()
    }

    fn is_none(&self) -> bool {
        self.current.is_none() && self.closed.is_empty()
    }
}

/// The last column says whether the key is of this very transaction, which may yet be undone.
fn read(schema: &str) -> String {
    format!(
        "SELECT id, wrapped, master_key_id, superseded_at IS NULL, \
            coalesce(xmin::text::bigint = pg_current_xact_id_if_assigned()::text::bigint % 4294967296, false) \
         FROM {schema}.data_key WHERE purpose = 'AUDIT' ORDER BY id"
    )
}

/// Nothing happens where another transaction was faster.
fn make(schema: &str) -> String {
    format!(
        "INSERT INTO {schema}.data_key (id, purpose, wrapped, master_key_id) VALUES ($1, 'AUDIT', $2, $3) \
         ON CONFLICT DO NOTHING"
    )
}

fn next_id(schema: &str) -> String {
    format!("SELECT coalesce(max(id), 0) + 1 FROM {schema}.data_key")
}

async fn wrap(master: &dyn MasterKeys, tenant: TenantId, id: i32) -> Result<Vec<u8>, KeyError> {
    Ok(master.wrap(&Key::random(), &context(tenant, id, Purpose::Audit.as_str())).await?)
}

/// For so long another process may have made another key the current one.
const TRUSTED_FOR: Duration = Duration::from_secs(10);
/// How often a key is made that somebody else makes at the same time.
const TRIES: usize = 5;

impl TenantConn {
    /// The keys of the tenant's log, made where there are none. None without a master key: then nothing is signed.
    pub async fn log_keys(&self) -> Result<Option<Arc<LogKeys>>, KeyError> {
        let (vault, tenant) = (self.scope().vault(), self.scope().tenant());
        let Ok(master) = vault.master() else { return Ok(None) };
        if let Some((read_at, keys)) = vault.log_keys.get(&tenant)
            && read_at.elapsed() < TRUSTED_FOR
        {
            return Ok(Some(keys));
        }
        let read_at = Instant::now();
        let schema = self.scope().schema();
        for _ in 0..TRIES {
            let keys = self.read_log_keys(master).await?;
            if !keys.is_none() {
                let keys = Arc::new(keys);
                if keys.may_stay() {
                    vault.log_keys.insert(tenant, (read_at, keys.clone()));
                }
                return Ok(Some(keys));
            }
            let id: i32 = self.query(&next_id(schema), &[]).await?.first().map_or(1, |row| row.get(0));
            let wrapped = wrap(master, tenant, id).await?;
            self.execute(&make(schema), &[&id, &wrapped, &master.current()]).await?;
        }
        Err(KeyError::NoDataKey)
    }

    /// The keys as they are now, those included that others made lately.
    pub async fn fresh_log_keys(&self) -> Result<Option<Arc<LogKeys>>, KeyError> {
        let Ok(master) = self.scope().vault().master() else { return Ok(None) };
        Ok(Some(Arc::new(self.read_log_keys(master).await?)))
    }

    async fn read_log_keys(&self, master: &dyn MasterKeys) -> Result<LogKeys, KeyError> {
        let rows = self.query(&read(self.scope().schema()), &[]).await?;
        let rows = rows.iter().map(|row| Wrapped {
            id: row.get(0),
            sealed: row.get(1),
            master: row.get(2),
            current: row.get(3),
            passing: row.get(4),
        });
        Ok(LogKeys::open(master, self.scope().tenant(), rows.collect()).await)
    }
}

impl Vault {
    /// The same in a transaction of the owner: the log of a new tenant is signed from its first entry on.
    pub(crate) async fn ensure_log_keys(
        &self,
        tx: &DatabaseTransaction,
        tenant: TenantId,
    ) -> Result<Option<LogKeys>, Error> {
        let (Ok(master), schema) = (self.master(), schema_name(tenant)) else { return Ok(None) };
        for _ in 0..TRIES {
            let mut rows = Vec::new();
            for row in tx.query_all_raw(sql(&read(&schema), [])).await? {
                rows.push(Wrapped {
                    id: row.try_get_by_index(0)?,
                    sealed: row.try_get_by_index(1)?,
                    master: row.try_get_by_index(2)?,
                    current: row.try_get_by_index(3)?,
                    passing: row.try_get_by_index(4)?,
                });
            }
            if !rows.is_empty() {
                return Ok(Some(LogKeys::open(master, tenant, rows).await));
            }
            let id = tx.query_one_raw(sql(&next_id(&schema), [])).await?;
            let id: i32 = id.map_or(Ok(1), |row| row.try_get_by_index(0))?;
            let wrapped = wrap(master, tenant, id).await?;
            tx.execute_raw(sql(&make(&schema), [id.into(), wrapped.into(), master.current().into()])).await?;
        }
        Err(KeyError::NoDataKey.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_has_a_secret_of_its_own() {
        let pair = || Pair { entries: Key::new([1; 32]), seals: Key::new([2; 32]) };
        let pairs = BTreeMap::from([(1, pair()), (2, Pair { entries: Key::new([3; 32]), ..pair() })]);
        let keys = LogKeys { pairs, current: Some(2), closed: BTreeSet::new(), passing: false };
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        assert_ne!(keys.secret(1, one), keys.secret(1, other));
        assert_ne!(keys.secret(1, one), keys.secret(2, one));
        assert_eq!(keys.secret(3, one), None);
        assert_ne!(keys.mac(1, one, &[7; 32]), keys.mac(1, one, &[8; 32]));
        assert_ne!(keys.seal_mac(1, &[b"ab", b"c"]), keys.seal_mac(1, &[b"a", b"bc"]));
    }
}
