use std::sync::Arc;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::value::{Slot, Stored};
use crate::catalog::{Field, Object, Storage};

/// A record as it stands, or as it will.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub id: Uuid,
    pub version: i32,
    pub deleted: bool,
    /// One for each field of the object, in its order.
    pub slots: Vec<Slot>,
    /// The whole `custom` column, with what the caller's view does not show.
    pub custom: Map<String, Json>,
}

impl Record {
    pub fn new(object: &Object, id: Uuid) -> Self {
        Self { id, version: 1, deleted: false, slots: vec![None; object.fields().len()], custom: Map::new() }
    }
}

/// What a write does to one record.
#[derive(Debug)]
pub(super) struct Change {
    /// The row of the batch that asked for it. `None` where the engine itself did.
    pub row: Option<usize>,
    /// `None` for a new record.
    pub before: Option<Record>,
    pub after: Record,
    /// Positions of the fields that the caller wrote.
    pub given: Vec<usize>,
}

impl Change {
    pub fn creation(row: usize, record: Record) -> Self {
        Self { row: Some(row), before: None, after: record, given: Vec::new() }
    }

    pub fn of(row: Option<usize>, record: Record) -> Self {
        Self { row, after: record.clone(), before: Some(record), given: Vec::new() }
    }

    pub fn is_creation(&self) -> bool {
        self.before.is_none()
    }

    /// Whether a record appears among the live ones: all its values are new to them.
    pub fn appears(&self) -> bool {
        !self.after.deleted && self.before.as_ref().is_none_or(|before| before.deleted)
    }

    pub fn before(&self, at: usize) -> Option<&Stored> {
        self.before.as_ref().and_then(|before| before.slots[at].as_ref())
    }

    pub fn after(&self, at: usize) -> Option<&Stored> {
        self.after.slots[at].as_ref()
    }

    pub fn touches(&self, at: usize) -> bool {
        self.before(at) != self.after(at)
    }

    pub fn gives(&self, at: usize) -> bool {
        self.given.contains(&at)
    }

    pub fn changed<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = (usize, &'a Arc<Field>)> {
        object.fields().iter().enumerate().filter(|(at, _)| self.touches(*at))
    }

    /// An encrypted field takes nothing but nothing here: see [`super::secret::Secrets::give`].
    pub fn set(&mut self, object: &Object, at: usize, value: Slot) {
        debug_assert!(value.is_none() || !object.fields()[at].encrypted, "a value that is not sealed");
        if let Some(shadow) = &object.fields()[at].shadow {
            self.after.custom.shift_remove(&**shadow);
        }
        if let Storage::Custom(key) = &object.fields()[at].storage {
            match &value {
                Some(stored) => self.after.custom.insert(key.to_string(), stored.to_custom()),
                None => self.after.custom.shift_remove(&**key),
            };
        }
        self.after.slots[at] = value;
    }
}

/// The name by which a field is written: a to-one relation by that of its id.
pub(crate) fn input_name(field: &Field) -> String {
    field.id_name().unwrap_or_else(|| field.name.to_string())
}
