use std::sync::Arc;

use crate::{
    catalog::{Catalog, Field, Object},
    record::UserError,
};

/// What became of a change of the registry.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The object that was changed, or whose field was: as it is afterwards, or as it was before it was taken away. `None`
    /// after a refusal.
    pub object: Option<Arc<Object>>,
    /// The same of the field, where it was one.
    pub field: Option<Arc<Field>>,
    /// Of the tenant, as its owners see it from now on.
    pub catalog: Arc<Catalog>,
    /// The version of the tenant's metadata from now on.
    pub metadata_version: i64,
    /// Paths are those of the operation's arguments: `["input", "options", "2", "value"]`.
    pub user_errors: Vec<UserError>,
}
