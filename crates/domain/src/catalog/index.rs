//! The index that a custom field has of its own, so that conditions on it are looked up.
//!
//! A field that is *filterable* or *unique* wants one where its kind can have one; equality of all others is served by
//! the index on the whole of `custom`. [`Indexer`](super::Indexer) brings the tables to what the fields want.

use rapport_tenancy::Index;
use sha2::{Digest, Sha256};

use super::{Field, Kind, Object, Storage};
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
    matches!(kind, Kind::One(_)) || kind.value().is_some_and(|value| value.can_have_index())
}

/// Whether something is left to do for the field's index.
pub(super) fn is_pending(field: &Field) -> bool {
    matches!(field.index, IndexState::None | IndexState::Building) && wants_index(field)
}

/// A relation always does: the list at its other end is read by it.
pub(super) fn wants_index(field: &Field) -> bool {
    let is_wanted = field.filterable || field.unique || matches!(field.kind, Kind::One(_));
    matches!(field.storage, Storage::Custom(_)) && is_wanted && (field.encrypted || can_have_index(&field.kind))
}

/// The index that the field wants.
pub(super) fn wanted(object: &Object, field: &Field) -> Option<Index> {
    let Storage::Custom(key) = &field.storage else { return None };
    if !wants_index(field) {
        return None;
    }
    let value = comparable(field, &format!("\"{}\"", object.table)).sql;
    let live = field.unique.then(|| "deleted_at IS NULL".to_owned());
    let conditions: Vec<String> = object.discriminator().into_iter().chain(live).collect();
    Some(Index {
        name: name(object, key, field.unique),
        table: object.table.to_string(),
        unique: field.unique,
        // Lists are in the order of creation unless asked otherwise: the first page is read in order.
        keys: if field.unique { format!("({value})") } else { format!("({value}), created_at") },
        condition: (!conditions.is_empty()).then(|| conditions.join(" AND ")),
    })
}

/// The same for the same field, and another one where the index would be another.
fn name(object: &Object, key: &str, unique: bool) -> String {
    let hash = Sha256::digest(format!("{}\0{key}\0{unique}", object.custom.as_ref().unwrap_or(&object.table)));
    hash.iter().take(12).fold(PREFIX.to_owned(), |name, byte| format!("{name}{byte:02x}"))
}
