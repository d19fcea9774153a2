use std::sync::Arc;

use super::{index::IndexState, kind::Kind, types::Shape};
use crate::rights::FieldAccess;

/// One field of an object: what it means, what values it takes and where they are kept.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of the metadata API")]
pub struct Field {
    /// Name in the graph, camelCase: `employeeCount`.
    pub name: Arc<str>,
    pub label: Arc<str>,
    pub description: Option<Arc<str>>,
    pub kind: Kind,
    pub storage: Storage,
    /// The other key of `custom` that values have while the type changes: a write takes out what is under it.
    pub shadow: Option<Arc<str>>,
    /// A record cannot be without it.
    pub required: bool,
    /// No two live records may share a value.
    pub unique: bool,
    /// Conditions on it are fast however many records there are: a custom field has an index of its own.
    pub filterable: bool,
    /// Of a custom field's own index; standard fields have theirs with the table.
    pub index: IndexState,
    /// Why it has no index, where building it failed.
    pub index_error: Option<Arc<str>>,
    pub searchable: bool,
    /// Visible only to roles that grant it.
    pub restricted: bool,
    /// Sealed with the tenant's key: compared for equality, and by nothing else.
    pub encrypted: bool,
    /// A relation of an object to itself that never leads in a circle.
    pub acyclic: bool,
    /// What it says about a person.
    pub privacy: Privacy,
    pub source: Source,
    /// The fields of the record that the database makes its values from.
    pub made_of: Vec<Arc<str>>,
    /// What a new record gets when nothing is said.
    pub default: Option<serde_json::Value>,
    /// A line for the person who fills it in.
    pub help: Option<Arc<str>>,
    /// The tenant's own.
    pub custom: bool,
    /// Access of the viewer this catalog was made for.
    pub access: FieldAccess,
}

/// What the values of a field say about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Privacy {
    #[default]
    None,
    /// Something about a person: exports and erasure reach it.
    Personal,
    /// Something that hurts people when it gets out: health, belief, origin.
    Sensitive,
}

impl Privacy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Personal => "PERSONAL",
            Self::Sensitive => "SENSITIVE",
        }
    }

    pub fn is_personal(self) -> bool {
        self != Self::None
    }
}

/// Where the values of a field are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    Column(Arc<str>),
    /// Minor units and ISO 4217 code, two columns.
    Money {
        minor: Arc<str>,
        currency: Arc<str>,
    },
    /// A key in the table's `custom` JSONB. It never changes, so that a rename costs nothing.
    Custom(Arc<str>),
    /// To-many relations: kept by the other side.
    Elsewhere,
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The writer of the record.
    Caller,
    /// The record engine or the database: ids, times, derived names.
    System,
    /// A copy of `field` of the record that the relation `via` points to, kept in step by the engine.
    Follows { via: Arc<str>, field: Arc<str> },
}

impl Field {
    pub fn new(name: &str, kind: Kind) -> Self {
        let column: Arc<str> = snake_case(name).into();
        let storage = match &kind {
            kind if kind.is_money() => Storage::Money {
                minor: format!("{column}_minor").into(),
                currency: format!("{column}_currency").into(),
            },
            Kind::One(_) => Storage::Column(format!("{column}_id").into()),
            Kind::Many { .. } => Storage::Elsewhere,
            _ => Storage::Column(column),
        };
        Self {
            name: name.into(),
            label: sentence_case(name).into(),
            description: None,
            kind,
            storage,
            shadow: None,
            required: false,
            unique: false,
            filterable: true,
            index: IndexState::None,
            index_error: None,
            searchable: false,
            restricted: false,
            encrypted: false,
            acyclic: false,
            privacy: Privacy::None,
            source: Source::Caller,
            made_of: Vec::new(),
            default: None,
            help: None,
            custom: false,
            access: FieldAccess::Write,
        }
    }

    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    #[must_use]
    pub fn searchable(mut self) -> Self {
        self.searchable = true;
        self
    }

    #[must_use]
    pub fn acyclic(mut self) -> Self {
        self.acyclic = true;
        self
    }

    #[must_use]
    pub fn personal(mut self) -> Self {
        self.privacy = Privacy::Personal;
        self
    }

    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub fn describe(mut self, text: &str) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Keeps the values in this column instead of the one that follows from the name.
    #[must_use]
    pub fn column(mut self, column: &str) -> Self {
        self.storage = Storage::Column(column.into());
        self
    }

    #[must_use]
    pub fn system(mut self) -> Self {
        self.source = Source::System;
        self
    }

    /// The database makes its values from these fields.
    #[must_use]
    pub fn made_of(mut self, fields: &[&str]) -> Self {
        self.made_of = fields.iter().map(|&name| name.into()).collect();
        self.system()
    }

    #[must_use]
    pub fn or(mut self, default: impl Into<serde_json::Value>) -> Self {
        self.default = Some(default.into());
        self
    }

    /// Copies `field` of the record that the to-one relation `via` points to.
    #[must_use]
    pub fn follows(mut self, via: &str, field: &str) -> Self {
        self.source = Source::Follows { via: via.into(), field: field.into() };
        self
    }

    /// Whether reads of its values are noted in the audit log.
    pub fn is_sensitive(&self) -> bool {
        self.restricted || self.encrypted || self.privacy == Privacy::Sensitive
    }

    pub fn is_custom(&self) -> bool {
        self.custom
    }

    /// Whether conditions may compare its values. They may not compare masked ones: answers would reveal them.
    pub fn is_comparable(&self) -> bool {
        self.access >= FieldAccess::Read
    }

    /// Whether its values can be shown in part: plain texts can.
    pub fn is_maskable(&self) -> bool {
        self.kind.shape() == Shape::Text && self.kind.choices().is_none() && self.kind.target().is_none()
    }

    /// Whether callers give it its value.
    pub fn is_writable(&self) -> bool {
        self.source == Source::Caller && self.access == FieldAccess::Write
    }

    /// Lists can be sorted by it.
    pub fn is_sortable(&self) -> bool {
        !self.encrypted && self.is_comparable() && self.kind.is_sortable()
    }

    /// Records can be grouped by it.
    pub fn is_groupable(&self) -> bool {
        !self.encrypted && self.is_comparable() && self.kind.is_groupable()
    }

    /// A null can never be stored: ids, times and counters that the engine sets.
    pub fn never_null(&self) -> bool {
        self.required && !self.is_custom()
    }

    /// The name under which a to-one relation is written and read as a bare id: `companyId`.
    pub fn id_name(&self) -> Option<String> {
        matches!(self.kind, Kind::One(_)).then(|| format!("{}Id", self.name))
    }
}

pub fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            if !out.is_empty() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

pub(super) fn sentence_case(name: &str) -> String {
    let words = snake_case(name).replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
