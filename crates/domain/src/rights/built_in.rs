//! The rights of the built-in roles. They are the same for every tenant; a tenant that needs others makes roles of its
//! own.

use std::sync::Arc;

use rapport_tenancy::BuiltInRole;

use super::{Administration, FieldAccess, Level, ObjectRights, RoleRights};

/// Objects that everybody works with and few people change. By key, as below.
const SETTINGS: [&str; 5] = ["users", "team", "pipeline", "stage", "product"];
/// Objects that the organisation does business with: everybody sees them.
const PARTIES: [&str; 2] = ["company", "contact"];

impl RoleRights {
    /// What a role is for, in plain words.
    pub const fn about(role: BuiltInRole) -> &'static str {
        match role {
            BuiltInRole::Owner => "Everything, with who else is an owner.",
            BuiltInRole::Admin => "Everything, except who is an owner.",
            BuiltInRole::Manager => {
                "Works with the records of their teams and the teams below, imports and exports them; sees all companies and contacts."
            }
            BuiltInRole::Rep => {
                "Works with records of their own, sees those of their teams, and all companies and contacts."
            }
            BuiltInRole::ReadOnly => "Sees all records, and changes none.",
            BuiltInRole::Compliance => {
                "Sees and exports all records with their restricted fields, and the audit log; changes nothing."
            }
        }
    }

    pub fn of(role: BuiltInRole) -> Self {
        match role {
            BuiltInRole::Owner | BuiltInRole::Admin => {
                Self { administration: Administration::ALL.to_vec(), ..all_records() }
            }
            BuiltInRole::Manager => {
                let team = || ObjectRights { import: true, export: Level::Team, ..ObjectRights::working(Level::Team) };
                let parties = || ObjectRights { read: Level::All, ..team() };
                Self { others: team(), objects: objects(parties), ..Self::default() }
            }
            BuiltInRole::Rep => {
                let work = || ObjectRights { read: Level::Team, ..ObjectRights::working(Level::Own) };
                let parties = || ObjectRights { read: Level::All, ..work() };
                Self { others: work(), objects: objects(parties), ..Self::default() }
            }
            BuiltInRole::ReadOnly => Self { others: ObjectRights::reading(Level::All), ..Self::default() },
            BuiltInRole::Compliance => Self {
                administration: vec![Administration::Audit],
                others: ObjectRights { export: Level::All, ..ObjectRights::reading(Level::All) },
                restricted_fields: FieldAccess::Read,
                ..Self::default()
            },
        }
    }
}

impl RoleRights {
    /// Everyday work with all records and nothing of the settings: what members had before there were roles, and a fair
    /// start for a role of one's own.
    pub fn of_member() -> Self {
        Self { others: ObjectRights::working(Level::All), ..Self::default() }
    }
}

fn all_records() -> RoleRights {
    RoleRights { others: ObjectRights::everything(), restricted_fields: FieldAccess::Write, ..RoleRights::default() }
}

fn objects(parties: impl Fn() -> ObjectRights) -> std::collections::BTreeMap<Arc<str>, ObjectRights> {
    let settings = SETTINGS.into_iter().map(|name| (name.into(), ObjectRights::reading(Level::All)));
    PARTIES.into_iter().map(|name| (name.into(), parties())).chain(settings).collect()
}
