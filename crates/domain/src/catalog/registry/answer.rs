use std::sync::Arc;

use crate::{catalog::Field, record::UserError};

/// What became of a change of the registry.
#[derive(Debug, Clone)]
pub struct FieldAnswer {
    /// The field after the change, or as it was before it was deleted. `None` after a refusal.
    pub field: Option<Arc<Field>>,
    /// The version of the tenant's metadata from now on.
    pub metadata_version: i64,
    /// Paths are those of the operation's arguments: `["input", "options", "2", "value"]`.
    pub user_errors: Vec<UserError>,
}

impl FieldAnswer {
    pub(super) fn refused(metadata_version: i64, user_errors: Vec<UserError>) -> Self {
        Self { field: None, metadata_version, user_errors }
    }
}
