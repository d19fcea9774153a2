//! Values that were asked for and cannot be read: null in the answer, which is whole otherwise.

use std::sync::Arc;

use uuid::Uuid;

/// One such value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it stands in the answer, below the root.
    pub path: Vec<Step>,
    pub object: Arc<str>,
    /// The field, by the key of its values.
    pub field: Arc<str>,
    pub record: Uuid,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(Arc<str>),
    Index(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It was not written here like this: moved from elsewhere, or changed.
    Damaged,
    /// It names a key that the workspace does not have.
    UnknownKey,
    /// The server cannot use the key.
    NoKey,
}

impl Step {
    /// From a key as it is written: `"name":`.
    pub(super) fn written(key: &[u8]) -> Self {
        let text = key.strip_suffix(b":").and_then(|text| serde_json::from_slice::<String>(text).ok());
        Self::Key(text.unwrap_or_default().into())
    }
}

/// Says in the log which values could not be read, and nothing of what they are.
pub(super) fn tell(unreadable: &[Unreadable]) {
    const TOLD: usize = 10;
    for Unreadable { object, field, record, reason, .. } in unreadable.iter().take(TOLD) {
        let (object, field) = (&**object, &**field);
        tracing::warn!(object, field, record.id = %record, ?reason, "An encrypted value cannot be read");
    }
    if unreadable.len() > TOLD {
        tracing::warn!(more = unreadable.len() - TOLD, "More encrypted values cannot be read");
    }
}
