use std::sync::Arc;

use async_graphql::dynamic::SchemaError;
use quick_cache::{Weighter, sync::Cache};
use rapport_domain::catalog::{Catalog, Fingerprint};

use super::{Inputs, Schema, build};
use crate::metrics;

/// Schemas in use, bounded by what they occupy. Catalogs that are alike share one; a fingerprint covers
/// the role, so that none sees another's.
pub struct Schemas {
    cache: Cache<Fingerprint, Schema, ByWeight>,
    /// Fifty times smaller than a schema, they outlive it by far.
    inputs: Cache<Fingerprint, Arc<Inputs>, ByWeight>,
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Fingerprint, Schema> for ByWeight {
    fn weight(&self, _: &Fingerprint, schema: &Schema) -> u64 {
        schema.weight() as u64
    }
}

impl Weighter<Fingerprint, Arc<Inputs>> for ByWeight {
    fn weight(&self, _: &Fingerprint, inputs: &Arc<Inputs>) -> u64 {
        inputs.bytes() as u64
    }
}

impl Schemas {
    /// Keeps at most `bytes` of schemas, and always room for a few; and an eighth of that of their inputs.
    pub fn new(bytes: usize) -> Self {
        let (typical, typical_inputs, input_bytes) = (4 << 20, 64 << 10, bytes / 8);
        Self {
            cache: Cache::with_weighter(bytes / typical + 1, bytes as u64, ByWeight),
            inputs: Cache::with_weighter(input_bytes / typical_inputs + 1, input_bytes as u64, ByWeight),
        }
    }

    /// The schema of `catalog`, built once however many ask at the same time.
    pub async fn of(&self, catalog: &Arc<Catalog>) -> Result<Schema, Arc<SchemaError>> {
        let known = self.cache.get(&catalog.fingerprint());
        metrics::looked_up("schema", known.is_some());
        match known {
            Some(schema) => Ok(schema),
            None => self.cache.get_or_insert_async(&catalog.fingerprint(), make(catalog.clone())).await,
        }
    }

    /// What the graph of `catalog` takes.
    pub async fn inputs(&self, catalog: &Arc<Catalog>) -> Result<Arc<Inputs>, Arc<SchemaError>> {
        let make = async { Ok(Arc::new(Inputs::of(&self.of(catalog).await?))) };
        self.inputs.get_or_insert_async(&catalog.fingerprint(), make).await
    }

    /// What the schemas in the cache occupy, in bytes.
    pub fn bytes(&self) -> u64 {
        self.cache.weight()
    }

    pub fn len(&self) -> usize {
        self.cache.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}

/// Building takes milliseconds of plain computation: off the threads that serve requests.
async fn make(catalog: Arc<Catalog>) -> Result<Schema, Arc<SchemaError>> {
    tokio::task::spawn_blocking(move || {
        let schema = build(&catalog).map_err(Arc::new)?;
        tracing::debug!(catalog.fingerprint = %catalog.fingerprint(), schema.bytes = schema.weight(), "Built a schema");
        Ok(schema)
    })
    .await
    .unwrap_or_else(|panic| Err(Arc::new(SchemaError(panic.to_string()))))
}
