//! The log that every write enters, in the transaction of the write.
//!
//! One log, many projections: audit, timeline, webhooks, live updates. An event says what happened: its type
//! (`contact.updated`), who did it, through what and from where, and of a record the fields that changed, before and
//! after, in the graph's names and forms, so that no consumer needs to know how values are kept. Replaying a record's
//! events from its creation yields what it holds now. Each event is signed ([`rapport_tenancy::log`]); [`crate::audit`]
//! chains and verifies them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rapport_tenancy::{DbError, Failure, KeyError, LogKeys, TenantConn, ToSql, UserId, log};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    catalog::{Object, snake_case},
    record::{Origin, now},
    wire::{JsonText, Moment},
};

/// What happened, to one record or to none.
#[derive(Debug, Clone)]
pub struct Event {
    /// `opportunity.stage_changed`
    pub kind: String,
    pub object: Option<String>,
    pub record: Option<Uuid>,
    /// The record's version after it.
    pub version: Option<i32>,
    /// Values of the changed fields, where there were some.
    pub before: Option<Map<String, Json>>,
    /// Of a creation the whole record, else the changed fields.
    pub after: Option<Map<String, Json>>,
    /// Names of the changed fields. Empty for a creation: all of them are new.
    pub changed: Vec<String>,
    /// What is neither before nor after: which fields were read, why a sign-in failed.
    pub details: Option<Map<String, Json>>,
}

impl Event {
    pub fn new(object: &Object, what: &str, record: Uuid, version: i32) -> Self {
        let mut event = Self::about(object, what);
        event.record = Some(record);
        event.version = Some(version);
        event
    }

    /// About records of an object and no single one.
    pub fn about(object: &Object, what: &str) -> Self {
        Self {
            object: Some(object.name.to_string()),
            ..Self::named(&format!("{}.{what}", snake_case(&object.singular)))
        }
    }

    /// Records of an object were taken out as a file: which fields, how many.
    pub fn exported(object: &Object, fields: &[&str], records: u64) -> Self {
        Self::about(object, "exported").with("fields", fields).with("count", records)
    }

    /// About no record at all.
    pub fn named(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            object: None,
            record: None,
            version: None,
            before: None,
            after: None,
            changed: Vec::new(),
            details: None,
        }
    }

    /// With what there was before and is now; only what differs is kept.
    #[must_use]
    pub fn between(mut self, mut before: Map<String, Json>, mut after: Map<String, Json>) -> Self {
        let same: Vec<String> = before
            .iter()
            .filter(|(name, value)| after.get(*name) == Some(value))
            .map(|(name, _)| name.clone())
            .collect();
        for name in &same {
            before.remove(name);
            after.remove(name);
        }
        let mut changed: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
        changed.sort_unstable();
        changed.dedup();
        self.changed = changed;
        self.before = (!before.is_empty()).then_some(before);
        self.after = (!after.is_empty()).then_some(after);
        self
    }

    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.details.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }
}

/// Types of events about people and their access. Whoever changes one of these enters it in the transaction of the change.
pub mod security {
    pub const SIGNED_IN: &str = "user.signed_in";
    pub const SIGN_IN_FAILED: &str = "user.sign_in_failed";
    pub const SIGNED_OUT: &str = "user.signed_out";
    pub const SESSION_REVOKED: &str = "session.revoked";
    pub const PASSWORD_CHANGED: &str = "password.changed";
    pub const EMAIL_VERIFIED: &str = "email.verified";
    pub const EMAIL_CHANGED: &str = "email.changed";
    pub const SECOND_FACTOR_ENABLED: &str = "second_factor.enabled";
    pub const SECOND_FACTOR_DISABLED: &str = "second_factor.disabled";
    pub const RECOVERY_CODE_USED: &str = "second_factor.recovery_code_used";
    pub const RECOVERY_CODES_RENEWED: &str = "second_factor.recovery_codes_renewed";
    pub const INVITATION_SENT: &str = "invitation.sent";
    pub const INVITATION_RESENT: &str = "invitation.resent";
    pub const INVITATION_REVOKED: &str = "invitation.revoked";
    pub const INVITATION_ACCEPTED: &str = "invitation.accepted";
    pub const AUDIT_EXPORTED: &str = "audit.exported";
    pub const AUDIT_ACCEPTED: &str = "audit.accepted";
}

/// Enters one event that is written now: what people did with their access, what was read.
pub async fn note(conn: &TenantConn, origin: &Origin, event: Event) -> Result<(), DbError> {
    enter(conn, now(), origin, &[event]).await
}

/// The columns of the statement's source that are the same for all events.
const SHARED: &str = "$1::timestamptz AS occurred_at, $2::uuid AS actor, $3::text AS subject_kind, $4::uuid AS subject, \
    $5::text AS through_kind, $6::uuid AS through, $7::inet AS address, $8::text AS user_agent, $9::text AS request_id, \
    $10::text AS trace_id, $11::uuid AS import_id, $12::integer AS mac_key";

/// Enters events, in their order, as done by whoever the connection acts for.
pub async fn enter(conn: &TenantConn, at: DateTime<Utc>, origin: &Origin, events: &[Event]) -> Result<(), DbError> {
    if events.is_empty() {
        return Ok(());
    }
    let keys = signing_keys(conn).await?;
    let key = keys.as_ref().and_then(|keys| keys.current());
    // Their order is that of their numbers, so that what is written together stands together in the index.
    let uids: Vec<Uuid> = events.iter().map(|_| Uuid::now_v7()).collect();
    let secret = |uid: &Uuid| keys.as_ref().zip(key).and_then(|(keys, key)| keys.secret(key, *uid)).map(Vec::from);
    let secrets: Vec<Option<Vec<u8>>> = uids.iter().map(secret).collect();
    let sql = log::insert(
        conn.scope().schema(),
        &format!(
            "SELECT {SHARED}, u.uid, u.secret, u.content, u.type, u.object, u.record_id, u.version, u.before, u.after, u.details, \
                CASE WHEN u.changed = '' THEN '{{}}'::text[] ELSE string_to_array(u.changed, ',') END AS changed \
             FROM unnest($13::uuid[], $14::bytea[], $15::text[], $16::text[], $17::uuid[], $18::integer[], $19::jsonb[], \
                  $20::jsonb[], $21::jsonb[], $22::text[], $23::bytea[]) \
                  WITH ORDINALITY AS u(uid, secret, type, object, record_id, version, before, after, details, changed, content, place) \
             ORDER BY u.place"
        ),
    );
    let json = |side: &Option<Map<String, Json>>| {
        side.as_ref().map(|fields| JsonText(serde_json::to_string(fields).unwrap_or_default()))
    };
    let actor = conn.scope().actor();
    let user = actor.user_id().map(UserId::uuid);
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let objects: Vec<Option<&str>> = events.iter().map(|event| event.object.as_deref()).collect();
    let records: Vec<Option<Uuid>> = events.iter().map(|event| event.record).collect();
    let versions: Vec<Option<i32>> = events.iter().map(|event| event.version).collect();
    let before: Vec<_> = events.iter().map(|event| json(&event.before)).collect();
    let after: Vec<_> = events.iter().map(|event| json(&event.after)).collect();
    let details: Vec<_> = events.iter().map(|event| json(&event.details)).collect();
    // Names of fields hold no commas: one text carries them through `unnest`, which flattens nested arrays.
    let changed: Vec<String> = events.iter().map(|event| event.changed.join(",")).collect();
    let (subject, through) = (actor.subject, actor.through);
    let shared = log::Content {
        occurred_at: Some(at.timestamp_micros()),
        actor: user,
        subject_kind: Some(subject.kind()),
        subject: subject.id(),
        through_kind: Some(through.kind()),
        through: through.id(),
        address: origin.address,
        mask: log::Content::whole(origin.address),
        user_agent: origin.user_agent.as_deref(),
        request_id: origin.request_id.as_deref(),
        trace_id: origin.trace_id.as_deref(),
        import: origin.import,
        mac_key: key,
        ..log::Content::default()
    };
    let mut contents: Vec<Vec<u8>> = Vec::with_capacity(events.len());
    for (event, uid) in events.iter().zip(&uids) {
        let content = log::Content {
            uid: Some(*uid),
            kind: Some(&event.kind),
            object: event.object.as_deref(),
            record: event.record,
            version: event.version,
            ..shared
        };
        contents.push(content.hash().to_vec());
    }
    let at = Moment(at);
    let parameters: [&(dyn ToSql + Sync); 23] = [
        &at,
        &user,
        &subject.kind(),
        &subject.id(),
        &through.kind(),
        &through.id(),
        &origin.address,
        &origin.user_agent,
        &origin.request_id,
        &origin.trace_id,
        &origin.import,
        &key,
        &uids,
        &secrets,
        &kinds,
        &objects,
        &records,
        &versions,
        &before,
        &after,
        &details,
        &changed,
        &contents,
    ];
    let entered = conn.execute(&sql, &parameters).await?;
    if entered == events.len() as u64 {
        return Ok(());
    }
    // A trigger or a rule that is none of ours: then nothing is written that the log does not tell of.
    let message = format!("the log took {entered} of {} entries", events.len());
    Err(DbError::Other(Failure { code: None, message }))
}

/// Without a key that opens work goes on, and whoever verifies the log learns of it.
async fn signing_keys(conn: &TenantConn) -> Result<Option<Arc<LogKeys>>, DbError> {
    let error = match conn.log_keys().await {
        Err(KeyError::Database(error)) => return Err(error),
        Err(error) => Some(error),
        Ok(None) => return Ok(None),
        Ok(Some(keys)) if keys.current().is_some() => return Ok(Some(keys)),
        Ok(Some(_)) => None,
    };
    let error = error.as_ref().map(|error| error as &dyn std::error::Error);
    tracing::error!(tenant.id = %conn.scope().tenant(), error, "Events are not signed: the log has no key that opens");
    Ok(None)
}
