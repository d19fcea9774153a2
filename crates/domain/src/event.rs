//! The log that every write enters, in the transaction of the write.
//!
//! One log, many projections: audit, timeline, webhooks, live updates. An event says what happened to one
//! record: its type (`contact.updated`), who did it, and the fields that changed, before and after, in the
//! graph's names and forms, so that no consumer needs to know how values are kept. Replaying a record's
//! events from its creation yields what it holds now.

use chrono::{DateTime, Utc};
use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    catalog::{Object, snake_case},
    record::Origin,
    wire::{JsonText, Moment},
};

/// What happened to one record.
#[derive(Debug)]
pub struct Event {
    /// `opportunity.stage_changed`
    pub kind: String,
    pub object: String,
    pub record: Uuid,
    /// The record's version after it.
    pub version: i32,
    /// Values of the changed fields, where there were some.
    pub before: Option<Map<String, Json>>,
    /// Of a creation the whole record, else the changed fields.
    pub after: Option<Map<String, Json>>,
    /// Names of the changed fields. Empty for a creation: all of them are new.
    pub changed: Vec<String>,
}

impl Event {
    pub fn new(object: &Object, what: &str, record: Uuid, version: i32) -> Self {
        Self {
            kind: format!("{}.{what}", snake_case(&object.singular)),
            object: object.name.to_string(),
            record,
            version,
            before: None,
            after: None,
            changed: Vec::new(),
        }
    }
}

/// Enters events, in their order.
pub async fn enter(tx: &TenantTx, at: DateTime<Utc>, origin: &Origin, events: &[Event]) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO {}.event (occurred_at, actor, request_id, trace_id, import_id, type, object, record_id, version, before, after, changed) \
         SELECT $1, $2, $3, $4, $5, u.type, u.object, u.record_id, u.version, u.before, u.after, \
                CASE WHEN u.changed = '' THEN '{{}}'::text[] ELSE string_to_array(u.changed, ',') END \
         FROM unnest($6::text[], $7::text[], $8::uuid[], $9::integer[], $10::jsonb[], $11::jsonb[], $12::text[]) \
              WITH ORDINALITY AS u(type, object, record_id, version, before, after, changed, place) ORDER BY u.place",
        tx.scope().schema()
    );
    let json = |side: &Option<Map<String, Json>>| {
        side.as_ref().map(|fields| JsonText(serde_json::to_string(fields).unwrap_or_default()))
    };
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let objects: Vec<&str> = events.iter().map(|event| event.object.as_str()).collect();
    let records: Vec<Uuid> = events.iter().map(|event| event.record).collect();
    let versions: Vec<i32> = events.iter().map(|event| event.version).collect();
    let before: Vec<_> = events.iter().map(|event| json(&event.before)).collect();
    let after: Vec<_> = events.iter().map(|event| json(&event.after)).collect();
    // Names of fields hold no commas: one text carries them through `unnest`, which flattens nested arrays.
    let changed: Vec<String> = events.iter().map(|event| event.changed.join(",")).collect();
    let (at, actor) = (Moment(at), crate::record::actor(tx));
    let parameters: [&(dyn rapport_tenancy::ToSql + Sync); 12] = [
        &at,
        &actor,
        &origin.request_id,
        &origin.trace_id,
        &origin.import,
        &kinds,
        &objects,
        &records,
        &versions,
        &before,
        &after,
        &changed,
    ];
    tx.execute(&sql, &parameters).await.map(|_| ())
}
