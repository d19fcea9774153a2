//! Changes of rights in the log, like those of records.

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::role::Role;
use crate::{
    catalog::Object,
    event::{self, Event},
    record::{Origin, now},
};

/// One change of rights.
pub(super) struct Note(Event);

/// The object name of roles in the log; no real object has it.
const ROLE: &str = "Role";

impl Note {
    pub fn role(what: &str, role: &Role) -> Self {
        Self::of(ROLE, &format!("role.{what}"), role.id, role.version)
    }

    /// A role that a subject gets or loses.
    pub fn holder(what: &str, role: &Role, subject: Uuid, kind: &str) -> Self {
        let held = match json!({"subject": subject, "subjectKind": kind, "role": role.name}) {
            Json::Object(held) => held,
            _ => Map::new(),
        };
        let note = Self::role(what, role);
        if what == "given" { note.between(Map::new(), held) } else { note.between(held, Map::new()) }
    }

    /// A record that is shared, or no longer.
    pub fn record(what: &str, object: &Object, record: Uuid, version: i32) -> Self {
        Self(Event::new(object, what, record, version))
    }

    fn of(object: &str, kind: &str, record: Uuid, version: i32) -> Self {
        let (object, record, version) = (Some(object.to_owned()), Some(record), Some(version));
        Self(Event { object, record, version, ..Event::named(kind) })
    }

    /// With what there was before and is now.
    #[must_use]
    pub fn between(self, before: Map<String, Json>, after: Map<String, Json>) -> Self {
        Self(self.0.between(before, after))
    }
}

pub(super) async fn enter(tx: &TenantTx, origin: &Origin, notes: Vec<Note>) -> Result<(), DbError> {
    let events: Vec<Event> = notes.into_iter().map(|Note(event)| event).collect();
    event::enter(tx, now(), origin, &events).await
}
