use super::{Field, Object, Storage};

impl Object {
    /// The name that sealed values of its records are bound to: it never changes, and no two objects have the same one.
    pub(crate) fn sealed_as(&self) -> String {
        match &self.custom {
            Some(key) => format!("custom:{key}"),
            None => self.table.to_string(),
        }
    }
}

impl Field {
    /// The same of a field that is encrypted.
    pub(crate) fn sealed_as(&self) -> Option<&str> {
        match &self.storage {
            Storage::Custom(key) if self.encrypted => Some(key),
            _ => None,
        }
    }
}
