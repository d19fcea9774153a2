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

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

pub use self::{
    cache::{Catalogs, Current},
    field::{Field, Privacy, Source, Storage, snake_case},
    fingerprint::Fingerprint,
    index::IndexState,
    indexer::{Indexer, IndexerError},
    kind::{Choice, Choices, Kind, Operators},
    object::{Object, Section},
    rule::{Announcement, Becomes, Stamp},
};
use crate::rights::{Action, Administration, FieldAccess, Granted, Rights};

#[derive(Debug)]
pub struct Catalog {
    objects: Vec<Arc<Object>>,
    by_name: HashMap<Arc<str>, usize>,
    fingerprint: Fingerprint,
    rights: Arc<Rights>,
    /// What may be done with the records of each object; empty where everything may.
    granted: HashMap<Arc<str>, Granted>,
    /// The catalog that this is a view of.
    whole: Option<Arc<Catalog>>,
    /// Of a whole one: the views of it that are in use, by the rights they are for.
    views: Mutex<HashMap<[u8; 16], Weak<Catalog>>>,
    has_pending_indexes: bool,
    has_encrypted: bool,
    has_conversions: bool,
}

impl Catalog {
    /// The standard objects alone, with nothing left out for lack of rights.
    pub fn base() -> Self {
        Self::of(standard::objects())
    }

    fn of(objects: Vec<Arc<Object>>) -> Self {
        Self::seen(objects, Rights::everything(), HashMap::new())
    }

    fn seen(objects: Vec<Arc<Object>>, rights: Arc<Rights>, granted: HashMap<Arc<str>, Granted>) -> Self {
        let fingerprint = Fingerprint::of(&objects, &rights);
        let fields = || objects.iter().flat_map(|object| object.fields());
        let has_pending_indexes = fields().any(|field| index::is_pending(field));
        let has_encrypted = fields().any(|field| field.encrypted);
        let has_conversions = fields().any(|field| field.shadow.is_some());
        let by_name = objects.iter().enumerate().map(|(at, object)| (object.name.clone(), at)).collect();
        Self {
            objects,
            by_name,
            fingerprint,
            rights,
            granted,
            whole: None,
            views: Mutex::default(),
            has_pending_indexes,
            has_encrypted,
            has_conversions,
        }
    }

    /// What somebody with these rights sees of the whole catalog: the same for all who have them. A forbidden object or
    /// field is not there: no query, filter, sort or schema can name it.
    #[must_use]
    pub fn visible_to(self: &Arc<Self>, rights: &Arc<Rights>) -> Arc<Self> {
        if rights.is_everything() {
            return self.clone();
        }
        let views = || self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views().get(&rights.digest()).and_then(Weak::upgrade) {
            return view;
        }
        // Made without the lock: others go on with theirs. Of two that are made at once the first one stays.
        let made = self.seen_with(rights);
        let mut views = views();
        if let Some(view) = views.get(&rights.digest()).and_then(Weak::upgrade) {
            return view;
        }
        if views.len() == views.capacity() {
            views.retain(|_, view| view.strong_count() > 0);
        }
        views.insert(rights.digest(), Arc::downgrade(&made));
        made
    }

    fn seen_with(self: &Arc<Self>, rights: &Arc<Rights>) -> Arc<Self> {
        let granted: HashMap<Arc<str>, Granted> =
            self.objects.iter().map(|object| (object.name.clone(), rights.granted(self, object))).collect();
        let is_seen = |name: &str| granted.get(name).is_some_and(|granted| !granted.reach(Action::Read).is_none());
        let objects = self.objects.iter().filter(|object| is_seen(&object.name)).map(|object| {
            object.seen(|field| match field.kind.target() {
                Some(target) if !is_seen(target) => FieldAccess::None,
                _ => rights.field(self, object, field),
            })
        });
        let view = Self::seen(objects.collect(), rights.clone(), granted.clone());
        // Whoever serves the tenant goes on with a conversion, of fields that are not in view as well.
        Arc::new(Self { has_conversions: self.has_conversions, whole: Some(self.clone()), ..view })
    }

    /// The catalog that this is a view of: for what the engine does by itself, never for an answer.
    pub fn whole(&self) -> &Self {
        self.whole.as_deref().unwrap_or(self)
    }

    /// Whether everything is in view and within reach.
    pub fn is_whole(&self) -> bool {
        self.whole.is_none()
    }

    pub fn rights(&self) -> &Arc<Rights> {
        &self.rights
    }

    pub fn may(&self, administration: Administration) -> bool {
        self.rights.may(administration)
    }

    /// Whether records of any object may be imported.
    pub fn may_import(&self) -> bool {
        self.objects.iter().any(|object| self.granted(object).import)
    }

    /// What may be done with records of an object.
    pub fn granted(&self, object: &Object) -> &Granted {
        static ALL: Granted = Granted::all();
        static NONE: std::sync::LazyLock<Granted> = std::sync::LazyLock::new(Granted::default);
        match &self.whole {
            None => &ALL,
            Some(_) => self.granted.get(&object.name).unwrap_or(&NONE),
        }
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

    /// The fields whose values a field shows: those it is made of, the one it copies, and for a list the relation at its
    /// other side.
    pub fn behind<'c>(&'c self, object: &'c Object, field: &'c Field) -> Vec<(&'c Object, &'c Field)> {
        let there = |target: &str, name: &str| {
            let target = &**self.object(target)?;
            Some((target, &**target.field(name)?))
        };
        let made_of = field.made_of.iter().filter_map(|name| Some((object, &**object.field(name)?)));
        let elsewhere = match (&field.kind, &field.source) {
            (Kind::Many { target, via }, _) => there(target, via),
            (_, Source::Follows { via, field }) => object.field(via).and_then(|via| there(via.kind.target()?, field)),
            _ => None,
        };
        made_of.chain(elsewhere).collect()
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

    /// Whether a field is in view in every record: only then is one told of values, whosever they are.
    pub fn shows_all(&self, object: &str, field: &str) -> bool {
        let shows = |object: &Arc<Object>| {
            self.granted(object).reach(Action::Read).is_all()
                && object.field(field).is_some_and(|field| field.is_comparable())
        };
        self.is_whole() || self.object(object).is_some_and(shows)
    }

    /// Whether every field is in view in every record.
    pub fn shows_everything(&self) -> bool {
        let whole = self.whole().objects().iter();
        self.is_whole()
            || whole
                .flat_map(|object| object.fields().iter().map(move |field| (object, field)))
                .all(|(object, field)| self.shows_all(&object.name, &field.name))
    }

    /// Whether any restricted field is in view.
    pub fn sees_restricted(&self) -> bool {
        self.objects.iter().flat_map(|object| object.fields()).any(|field| field.restricted && field.is_comparable())
    }
}
