//! What requests share: catalogs, schemas, and operations made ready.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use rapport_domain::catalog::{Catalog, Catalogs, Fingerprint};
use sha2::{Digest, Sha256};

use super::{prepared::Prepared, schema::Schemas};
use crate::metrics;

const SCHEMA_BYTES: usize = 256 << 20;
const PREPARED_BYTES: u64 = 64 << 20;

pub struct Graph {
    pub catalogs: Arc<Catalogs>,
    pub schemas: Schemas,
    prepared: Cache<Key, Arc<Prepared>, ByWeight>,
}

/// An operation of a document as one role of one catalog sees it. Variables stay out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    catalog: Fingerprint,
    document: [u8; 16],
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Key, Arc<Prepared>> for ByWeight {
    fn weight(&self, _: &Key, prepared: &Arc<Prepared>) -> u64 {
        prepared.weight()
    }
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            catalogs: Arc::default(),
            schemas: Schemas::new(SCHEMA_BYTES),
            prepared: Cache::with_weighter(4_096, PREPARED_BYTES, ByWeight),
        }
    }
}

impl Graph {
    pub fn prepared(&self, key: &Key) -> Option<Arc<Prepared>> {
        let prepared = self.prepared.get(key);
        metrics::looked_up("document", prepared.is_some());
        prepared
    }

    /// What the operations made ready occupy.
    pub fn prepared_bytes(&self) -> u64 {
        self.prepared.weight()
    }

    pub fn keep(&self, key: Key, prepared: Arc<Prepared>) {
        self.prepared.insert(key, prepared);
    }
}

impl Key {
    pub fn of(catalog: &Catalog, query: &str, operation_name: Option<&str>) -> Self {
        let mut hash = Sha256::new();
        hash.update(operation_name.unwrap_or_default());
        hash.update([0]);
        hash.update(query);
        let mut document = [0; 16];
        document.copy_from_slice(&hash.finalize()[..16]);
        Self { catalog: catalog.fingerprint(), document }
    }
}
