//! The names that never change: what is written down elsewhere speaks of objects and fields by them.

use std::sync::Arc;

use super::{Field, Kind, Object, Storage};

impl Object {
    /// No two objects have the same one, nor do two ever.
    pub fn key(&self) -> Arc<str> {
        match &self.custom {
            Some(key) => format!("custom:{key}").into(),
            None => self.table.clone(),
        }
    }

    pub fn field_by_key(&self, key: &str) -> Option<&Arc<Field>> {
        self.fields().iter().find(|field| *field.key() == *key)
    }
}

impl Field {
    /// The same among the fields of an object.
    pub fn key(&self) -> Arc<str> {
        match &self.storage {
            Storage::Column(column) => column.clone(),
            Storage::Money { minor, .. } => minor.strip_suffix("_minor").unwrap_or(minor).into(),
            Storage::Custom(key) => format!("custom:{key}").into(),
            Storage::Elsewhere => match &self.kind {
                Kind::Many { target, via } if self.is_custom() => format!("many:{target}.{via}").into(),
                _ => self.name.strip_suffix("Standard").unwrap_or(&self.name).into(),
            },
        }
    }

    /// What sealed values are bound to, of a field that is encrypted.
    pub(crate) fn sealed_as(&self) -> Option<&str> {
        match &self.storage {
            Storage::Custom(key) if self.encrypted => Some(key),
            _ => None,
        }
    }
}
