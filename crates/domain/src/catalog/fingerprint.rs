use std::{fmt, sync::Arc};

use sha2::{Digest, Sha256};

use super::object::Object;
use crate::rights::Rights;

/// Identifies a catalog by content: tenants with equal catalogs share schemas and plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(super) fn of(objects: &[Arc<Object>], rights: &Rights) -> Self {
        let mut hash = Sha256::new();
        hash.update(rights.digest());
        for object in objects {
            hash.update(format!("{:?}", Described(object)));
        }
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        Self(short)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An object without its index, whose order is random.
struct Described<'a>(&'a Object);

impl fmt::Debug for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(object) = self;
        let Object { name, plural, label, label_plural, description, name_field, custom, sections, .. } = object;
        write!(f, "{:?}", (name, plural, label, label_plural, description, name_field, custom, sections))?;
        object.fields().iter().try_for_each(|field| write!(f, "{field:?}"))
    }
}
