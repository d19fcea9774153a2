//! A role as it is kept: what it allows, by the keys of objects and fields.

use std::{collections::BTreeMap, sync::Arc};

use rapport_tenancy::{AccessScope, Scopes};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Action, Administration, Level};

/// What one role allows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleRights {
    pub administration: Vec<Administration>,
    /// Of objects that are not named below.
    pub others: ObjectRights,
    /// By the key of the object.
    pub objects: BTreeMap<Arc<str>, ObjectRights>,
    /// By the keys of the object and of the field. A field that is not named is written where it is not restricted.
    pub fields: BTreeMap<Arc<str>, BTreeMap<Arc<str>, FieldAccess>>,
    /// Access to restricted fields that are not named.
    pub restricted_fields: FieldAccess,
}

/// What a role allows with records of one object.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectRights {
    pub create: bool,
    pub import: bool,
    pub read: Level,
    pub update: Level,
    pub delete: Level,
    pub restore: Level,
    pub export: Level,
    /// Of the level RULE: a filter over the record and the viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Json>,
}

/// What may be done with the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FieldAccess {
    /// As if it were not there.
    #[default]
    None,
    /// Seen in part; no condition, sort or group may use it.
    Masked,
    Read,
    Write,
}

impl FieldAccess {
    pub const ALL: [Self; 4] = [Self::None, Self::Masked, Self::Read, Self::Write];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Masked => "MASKED",
            Self::Read => "READ",
            Self::Write => "WRITE",
        }
    }
}

impl ObjectRights {
    pub const fn level(&self, action: Action) -> Level {
        match action {
            Action::Read => self.read,
            Action::Update => self.update,
            Action::Delete => self.delete,
            Action::Restore => self.restore,
            Action::Export => self.export,
        }
    }

    /// Seen at some level, and nothing else.
    pub(super) fn reading(level: Level) -> Self {
        Self { read: level, ..Self::default() }
    }

    /// All that can be done with records at a level, but to import and to export them.
    pub(super) fn working(level: Level) -> Self {
        Self { create: true, read: level, update: level, delete: level, restore: level, ..Self::default() }
    }

    pub(super) fn everything() -> Self {
        Self { import: true, export: Level::All, ..Self::working(Level::All) }
    }
}

impl RoleRights {
    pub fn of_object(&self, key: &str) -> &ObjectRights {
        self.objects.get(key).unwrap_or(&self.others)
    }

    /// What the role makes of a field; see [`FieldAccess`].
    pub fn of_field(&self, object: &str, field: &str, restricted: bool) -> FieldAccess {
        let named = self.fields.get(object).and_then(|fields| fields.get(field));
        named.copied().unwrap_or(if restricted { self.restricted_fields } else { FieldAccess::Write })
    }

    /// What of it a credential carries, administration aside.
    pub(super) fn within(mut self, scopes: Scopes) -> Self {
        for rights in self.objects.values_mut().chain([&mut self.others]) {
            if !scopes.has(AccessScope::RecordsRead) {
                *rights = ObjectRights::default();
            }
            if !scopes.has(AccessScope::RecordsWrite) {
                let (read, export, rule) = (rights.read, rights.export, rights.rule.take());
                *rights = ObjectRights { read, export, rule, ..ObjectRights::default() };
            }
        }
        self
    }
}
