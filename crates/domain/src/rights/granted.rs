use std::{collections::BTreeSet, sync::Arc};

use rapport_tenancy::{AccessScope, BuiltInRole, Scopes};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{Action, Administration, Condition, FieldAccess, Level, Reach, RoleRights, rule};
use crate::catalog::{Catalog, Field, Object, Source};

/// What a subject may do: all that its roles allow, cut to the scopes of its credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    roles: Vec<RoleRights>,
    scopes: Scopes,
    /// Of the roles, so that two with the same rights share what is made for them.
    digest: [u8; 16],
}

/// What may be done with records of one object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Granted {
    pub create: bool,
    pub import: bool,
    read: Reach,
    update: Reach,
    delete: Reach,
    restore: Reach,
    export: Reach,
}

impl Granted {
    /// Everything with every record.
    pub const fn all() -> Self {
        let (read, update, delete, restore, export) = (Reach::All, Reach::All, Reach::All, Reach::All, Reach::All);
        Self { create: true, import: true, read, update, delete, restore, export }
    }

    pub const fn reach(&self, action: Action) -> &Reach {
        match action {
            Action::Read => &self.read,
            Action::Update => &self.update,
            Action::Delete => &self.delete,
            Action::Restore => &self.restore,
            Action::Export => &self.export,
        }
    }

    fn reach_mut(&mut self, action: Action) -> &mut Reach {
        match action {
            Action::Read => &mut self.read,
            Action::Update => &mut self.update,
            Action::Delete => &mut self.delete,
            Action::Restore => &mut self.restore,
            Action::Export => &mut self.export,
        }
    }
}

impl Rights {
    /// Everything: the rights of owners and of the system.
    pub fn everything() -> Arc<Self> {
        Self::of_roles([RoleRights::of(BuiltInRole::Owner)])
    }

    /// All that these roles allow, with a credential that carries all of it.
    pub fn of_roles(roles: impl IntoIterator<Item = RoleRights>) -> Arc<Self> {
        Arc::new(Self::of(roles.into_iter().collect(), Scopes::ALL))
    }

    pub fn of(mut roles: Vec<RoleRights>, scopes: Scopes) -> Self {
        let owner = RoleRights::of(BuiltInRole::Owner);
        if roles.contains(&owner) {
            roles = vec![owner];
        }
        let texts: BTreeSet<String> =
            roles.iter().map(|role| serde_json::to_string(role).unwrap_or_default()).collect();
        let mut hash = Sha256::new();
        hash.update(format!("{:?}", scopes.iter().collect::<Vec<_>>()));
        for text in &texts {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        Self { roles, scopes, digest }
    }

    pub fn is_everything(&self) -> bool {
        self.scopes.iter().count() == AccessScope::ALL.len() && self.roles.contains(&RoleRights::of(BuiltInRole::Owner))
    }

    /// Whether the credential may be used for this at all.
    pub fn carries(&self, scope: AccessScope) -> bool {
        self.scopes.has(scope)
    }

    pub fn digest(&self) -> [u8; 16] {
        self.digest
    }

    pub fn may(&self, administration: Administration) -> bool {
        let scope = match administration {
            Administration::Metadata => AccessScope::Metadata,
            Administration::Members | Administration::Roles | Administration::ApiKeys => AccessScope::Members,
            Administration::Audit => AccessScope::Audit,
            Administration::Destroy => AccessScope::RecordsWrite,
        };
        self.scopes.has(scope) && self.roles.iter().any(|role| role.administration.contains(&administration))
    }

    /// The rules of the roles, as they are kept.
    pub(super) fn rules(&self) -> impl Iterator<Item = &Json> {
        let all = self.roles.iter().flat_map(|role| role.objects.values().chain([&role.others]));
        all.filter_map(|rights| rights.rule.as_ref())
    }

    /// The roles that show an object. The others allow nothing with it.
    fn showing<'r>(&'r self, object: &'r str) -> impl Iterator<Item = &'r RoleRights> {
        self.roles.iter().filter(move |role| role.of_object(object).read > Level::None)
    }

    /// Of an object in the whole catalog of a tenant.
    pub fn granted(&self, catalog: &Catalog, object: &Object) -> Granted {
        let key = object.key();
        let mut granted = Granted::default();
        for role in self.showing(&key) {
            let rights = role.of_object(&key);
            let rule = rights.rule.as_ref().and_then(|rule| rule::by_names(catalog, object, rule));
            let rule = rule.map(|rule| Arc::from(rule.to_string()));
            granted.create |= rights.create;
            granted.import |= rights.import;
            for action in Action::ALL {
                let reach = granted.reach_mut(action);
                *reach = std::mem::take(reach).or(Reach::of(rights.level(action), rule.as_ref()));
            }
        }
        if let Some(right) = object.administered_by {
            let reach = if self.may(right) { Reach::All } else { Reach::None };
            granted = Granted {
                create: self.may(right),
                update: reach.clone(),
                delete: reach.clone(),
                restore: reach,
                ..granted
            };
        }
        self.cut(&mut granted);
        if let Some(parent) = object.parent().and_then(|via| catalog.target(object.field(via)?)) {
            granted.follow(&self.granted(catalog, parent));
        }
        granted
    }

    /// Takes away what the scopes do not carry, and what needs more than there is.
    fn cut(&self, granted: &mut Granted) {
        if !self.scopes.has(AccessScope::RecordsRead) || granted.read.is_none() {
            *granted = Granted::default();
        }
        if !self.scopes.has(AccessScope::RecordsWrite) {
            *granted = Granted {
                read: std::mem::take(&mut granted.read),
                export: std::mem::take(&mut granted.export),
                ..Granted::default()
            };
        }
    }

    /// Whether these rights read a field of every record. Only then an answer may tell values of any record.
    pub fn shows_all(&self, catalog: &Catalog, object: &Object, field: &Field) -> bool {
        self.field(catalog, object, field) >= FieldAccess::Read
            && self.granted(catalog, object).reach(Action::Read).is_all()
    }

    /// Whether these read every field that an object has, had or may have: a role gives all of them, restricted ones too.
    pub fn read_every_field(&self, object: &Object) -> bool {
        let key = object.key();
        self.roles.iter().any(|role| {
            let named = role.fields.get(&key).into_iter().flat_map(|fields| fields.values());
            role.of_object(&key).read > Level::None
                && named.chain([&role.restricted_fields]).all(|access| *access >= FieldAccess::Read)
        })
    }

    /// The widest access that a role gives, of the roles that show the object. A field that shows values of other fields
    /// shows no more of them than those do.
    pub fn field(&self, catalog: &Catalog, object: &Object, field: &Field) -> FieldAccess {
        let behind =
            catalog.behind(object, field).into_iter().map(|(object, field)| self.field(catalog, object, field));
        let most = behind.min().filter(|least| *least < FieldAccess::Read).unwrap_or(FieldAccess::Write);
        let access = self.of_field(object, field).min(most);
        // The field may have been a text when the role was made.
        if access == FieldAccess::Masked && !field.is_maskable() { FieldAccess::None } else { access }
    }

    fn of_field(&self, object: &Object, field: &Field) -> FieldAccess {
        let (object_key, key) = (object.key(), field.key());
        let access = self.showing(&object_key).map(|role| role.of_field(&object_key, &key, field.restricted));
        let most = access.max().unwrap_or_default();
        // Values that the engine sets are never secret.
        if field.source == Source::System && !field.is_custom() { most.max(FieldAccess::Read) } else { most }
    }
}

impl Granted {
    /// The records of this object are parts of those of another: they are within reach where that is.
    fn follow(&mut self, parent: &Self) {
        for action in Action::ALL {
            let of_parent = match action {
                Action::Read | Action::Export => parent.reach(action),
                Action::Update | Action::Delete | Action::Restore => parent.reach(Action::Update),
            };
            let reach = self.reach_mut(action);
            *reach = match (&*reach, of_parent) {
                (Reach::None, _) | (_, Reach::None) => Reach::None,
                (_, Reach::All) => Reach::All,
                (_, Reach::Some(_)) => Reach::Some(BTreeSet::<Condition>::new()),
            };
        }
        self.create &= !parent.update.is_none();
    }
}
