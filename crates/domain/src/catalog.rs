//! What a tenant's CRM consists of: its objects and their fields.
//!
//! Standard objects are declared in `standard/`; a tenant's own fields are rows of its metadata
//! registry (`registry`). Together they are the tenant's [`Catalog`]: immutable, fingerprinted and
//! shared by `Arc`. [`Catalog::visible_to`] is the only door through which a role sees one.

mod cache;
pub mod currency;
mod field;
mod fingerprint;
mod index;
mod indexer;
mod key;
mod kind;
mod object;
pub mod registry;
mod rule;
mod standard;
pub mod template;
pub mod types;

use std::{collections::HashMap, sync::Arc};

use rapport_tenancy::Role;

pub use self::{
    cache::{Catalogs, Current},
    field::{Field, Privacy, Source, Storage, snake_case},
    fingerprint::Fingerprint,
    index::IndexState,
    indexer::{Indexer, IndexerError},
    kind::{Choice, Choices, Kind, Operators},
    object::{Object, Section, Writers},
    rule::{Announcement, Becomes, Stamp},
};

#[derive(Debug)]
pub struct Catalog {
    objects: Vec<Arc<Object>>,
    by_name: HashMap<Arc<str>, usize>,
    fingerprint: Fingerprint,
    role: Role,
    has_pending_indexes: bool,
    has_encrypted: bool,
    has_conversions: bool,
}

impl Catalog {
    /// The standard objects alone, as an owner sees them.
    pub fn base() -> Self {
        Self::of(standard::objects(), Role::Owner)
    }

    fn of(objects: Vec<Arc<Object>>, role: Role) -> Self {
        let fingerprint = Fingerprint::of(&objects, role);
        let fields = || objects.iter().flat_map(|object| object.fields());
        let has_pending_indexes = fields().any(|field| index::is_pending(field));
        let has_encrypted = fields().any(|field| field.encrypted);
        let has_conversions = fields().any(|field| field.shadow.is_some());
        let by_name = objects.iter().enumerate().map(|(at, object)| (object.name.clone(), at)).collect();
        Self { objects, by_name, fingerprint, role, has_pending_indexes, has_encrypted, has_conversions }
    }

    /// What `role` may read. A forbidden field is not there: no query, filter, sort or schema can name it.
    #[must_use]
    pub fn visible_to(&self, role: Role) -> Self {
        let objects = self
            .objects
            .iter()
            .map(|object| object.filtered(|field| role == Role::Owner || !field.restricted))
            .collect();
        // Whoever serves the tenant goes on with a conversion, of fields that the role does not see as well.
        Self { has_conversions: self.has_conversions, ..Self::of(objects, role) }
    }

    pub fn objects(&self) -> &[Arc<Object>] {
        &self.objects
    }

    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.by_name.get(name).map(|&at| &self.objects[at])
    }

    /// The object that a field of this catalog points to.
    pub fn target(&self, field: &Field) -> Option<&Arc<Object>> {
        self.object(field.kind.target()?)
    }

    /// Whether an index of a custom field is still to be built.
    pub fn has_pending_indexes(&self) -> bool {
        self.has_pending_indexes
    }

    /// Whether any field is encrypted.
    pub fn has_encrypted(&self) -> bool {
        self.has_encrypted
    }

    /// Whether a field is on its way to another type.
    pub fn has_conversions(&self) -> bool {
        self.has_conversions
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whose view of the tenant this is.
    pub fn role(&self) -> Role {
        self.role
    }

    pub fn may_write(&self, object: &Object) -> bool {
        self.role == Role::Owner || object.writers == Writers::Members
    }
}
