//! The index that a custom field has of its own, so that conditions on it are looked up.
//!
//! A field that is *filterable* or *unique* wants one where its kind can have one; equality of all others is served by
//! the index on the whole of `custom`. [`Indexer`](super::Indexer) brings the tables to what the fields want.

use rapport_tenancy::Index;
use uuid::Uuid;

use super::{Field, Kind, Object};
use crate::plan::comparable;

/// Names of indexes of custom fields start so.
pub(super) const PREFIX: &str = "cf_";

/// Where the index of a field is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexState {
    /// There is none.
    #[default]
    None,
    Building,
    /// It is there, and conditions on the field use it.
    Ready,
    /// It could not be built; nothing is tried until the field changes.
    Failed,
}

impl IndexState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Building => "BUILDING",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
        }
    }

    pub(super) fn read(text: &str) -> Self {
        match text {
            "BUILDING" => Self::Building,
            "READY" => Self::Ready,
            "FAILED" => Self::Failed,
            _ => Self::None,
        }
    }
}

/// Kinds whose values fit into a B-tree and are worth looking up one by one.
pub(super) fn can_have_index(kind: &Kind) -> bool {
    kind.value().is_some_and(|value| value.can_have_index())
}

/// Whether something is left to do for the field's index.
pub(super) fn is_pending(field: &Field) -> bool {
    matches!(field.index, IndexState::None | IndexState::Building) && wants_index(field)
}

fn wants_index(field: &Field) -> bool {
    field.is_custom() && (field.filterable || field.unique) && can_have_index(&field.kind)
}

/// The index that the field wants.
pub(super) fn wanted(object: &Object, field: &Field) -> Option<Index> {
    let id = field.custom.filter(|_| wants_index(field))?;
    let value = comparable(field, &format!("\"{}\"", object.table)).sql;
    Some(Index {
        name: name(id),
        table: object.table.to_string(),
        unique: field.unique,
        // Lists are in the order of creation unless asked otherwise: the first page is read in order.
        keys: if field.unique { format!("({value})") } else { format!("({value}), created_at") },
        condition: field.unique.then(|| "deleted_at IS NULL".to_owned()),
    })
}

fn name(field: Uuid) -> String {
    format!("{PREFIX}{}", field.simple())
}
