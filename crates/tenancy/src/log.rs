//! The log of a tenant as its table keeps it: how an entry gets in, and what of it is signed.
//!
//! An entry's MAC is made by the database, in the statement that writes the entry, since only there its number and its
//! transaction are known, and how `jsonb` looks. All else is hashed here, which costs a tenth. The secret of that MAC is good
//! for this one entry (see [`LogKeys`](crate::LogKeys)), so whoever listens learns nothing that would help with another one.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use tokio_postgres::Row;
use uuid::Uuid;

/// What a writer gives; the rest of a row comes from the database.
const GIVEN: &str = "occurred_at, uid, actor, subject_kind, subject, through_kind, through, address, user_agent, type, object, \
    record_id, version, changed, before, after, details, request_id, trace_id, import_id, mac_key";

/// The hash of what the database writes in its own way. The documents have no line breaks, so no other values have this text.
const DOCUMENTS: &str = "sha256(convert_to(e.changed::text || E'\\n' || coalesce(e.before::text, '') || E'\\n' || \
    coalesce(e.after::text, '') || E'\\n' || coalesce(e.details::text, ''), 'UTF8'))";

/// What is signed: every part has its length.
const SIGNED: &str = "int8send(e.id) || xid8send(e.txid) || int4send(e.epoch) || e.content";

/// The statement that enters what `source` selects, in its order: a column for each name of [`GIVEN`], `content`
/// ([`Content::hash`]), and `secret`, null where there is no key.
pub fn insert(schema: &str, source: &str) -> String {
    let given = GIVEN.split(", ").map(|name| format!("e.{}", name.trim())).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO {schema}.event (id, txid, epoch, {GIVEN}, mac) OVERRIDING SYSTEM VALUE \
         SELECT e.id, e.txid, e.epoch, {given}, \
           CASE WHEN e.mac_key IS NOT NULL THEN sha256(e.secret || {SIGNED} || {DOCUMENTS}) END \
         FROM (SELECT nextval('{schema}.event_id_seq') AS id, pg_current_xact_id() AS txid, \
                 (SELECT epoch FROM {schema}.log_epoch) AS epoch, s.* FROM ({source}) AS s) AS e"
    )
}

/// What of an entry looks the same here and in the database. Its form never changes: a new column gets into one of a higher
/// number in front.
#[derive(Debug, Clone, Copy, Default)]
pub struct Content<'a> {
    /// Microseconds since 1970; nothing for a time that is none.
    pub occurred_at: Option<i64>,
    pub uid: Option<Uuid>,
    pub actor: Option<Uuid>,
    pub subject_kind: Option<&'a str>,
    pub subject: Option<Uuid>,
    pub through_kind: Option<&'a str>,
    pub through: Option<Uuid>,
    pub address: Option<IpAddr>,
    /// Other than the address's own length where somebody made a network of it.
    pub mask: Option<i32>,
    pub user_agent: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub object: Option<&'a str>,
    pub record: Option<Uuid>,
    pub version: Option<i32>,
    pub request_id: Option<&'a str>,
    pub trace_id: Option<&'a str>,
    pub import: Option<Uuid>,
    pub mac_key: Option<i32>,
}

impl Content<'_> {
    /// The mask of a single address.
    pub fn whole(address: Option<IpAddr>) -> Option<i32> {
        address.map(|address| if address.is_ipv4() { 32 } else { 128 })
    }

    pub fn hash(&self) -> [u8; 32] {
        let uuid = |value: &Option<Uuid>| value.map(|value| *value.as_bytes());
        let mut form = Form(Sha256::new());
        form.add(Some(b"rapport log entry 1"));
        form.add(self.occurred_at.map(i64::to_be_bytes));
        form.add(uuid(&self.uid));
        form.add(uuid(&self.actor));
        form.add(self.subject_kind);
        form.add(uuid(&self.subject));
        form.add(self.through_kind);
        form.add(uuid(&self.through));
        match self.address {
            Some(IpAddr::V4(address)) => form.add(Some(address.octets())),
            Some(IpAddr::V6(address)) => form.add(Some(address.octets())),
            None => form.add(None::<&[u8]>),
        }
        form.add(self.mask.map(i32::to_be_bytes));
        form.add(self.user_agent);
        form.add(self.kind);
        form.add(self.object);
        form.add(uuid(&self.record));
        form.add(self.version.map(i32::to_be_bytes));
        form.add(self.request_id);
        form.add(self.trace_id);
        form.add(uuid(&self.import));
        form.add(self.mac_key.map(i32::to_be_bytes));
        form.0.finalize().into()
    }
}

/// Values one after the other, each after its length, and those that are not there told from empty ones.
struct Form(Sha256);

impl Form {
    fn add(&mut self, value: Option<impl AsRef<[u8]>>) {
        match value {
            Some(value) => {
                let value = value.as_ref();
                self.0.update((value.len() as u64 + 1).to_be_bytes());
                self.0.update(value);
            }
            None => self.0.update(0u64.to_be_bytes()),
        }
    }
}

/// An entry as it is signed, and its signature.
#[derive(Debug)]
pub struct Signed {
    pub id: i64,
    pub uid: Option<Uuid>,
    pub mac_key: Option<i32>,
    pub mac: Option<Vec<u8>>,
    /// What the MAC is over.
    pub message: Vec<u8>,
}

/// The columns that [`Signed::of`] reads, of a row `e`.
pub fn signed_columns() -> String {
    format!(
        "e.id, e.uid, e.mac_key, e.mac, int8send(e.id) || xid8send(e.txid) || int4send(e.epoch), {DOCUMENTS}, \
         CASE WHEN isfinite(e.occurred_at) THEN (extract(epoch FROM e.occurred_at) * 1000000)::bigint END, e.actor, \
         e.subject_kind, e.subject, e.through_kind, e.through, e.address, masklen(e.address), e.user_agent, e.type, e.object, \
         e.record_id, e.version, e.request_id, e.trace_id, e.import_id"
    )
}

impl Signed {
    /// From the columns at `from` on. None of a row that no program of ours can have written.
    pub fn of(row: &Row, from: usize) -> Option<Self> {
        let (uid, mac_key) = (row.try_get(from + 1).ok()?, row.try_get(from + 2).ok()?);
        let content = Content {
            occurred_at: row.try_get(from + 6).ok()?,
            uid,
            actor: row.try_get(from + 7).ok()?,
            subject_kind: row.try_get(from + 8).ok()?,
            subject: row.try_get(from + 9).ok()?,
            through_kind: row.try_get(from + 10).ok()?,
            through: row.try_get(from + 11).ok()?,
            address: row.try_get(from + 12).ok()?,
            mask: row.try_get(from + 13).ok()?,
            user_agent: row.try_get(from + 14).ok()?,
            kind: row.try_get(from + 15).ok()?,
            object: row.try_get(from + 16).ok()?,
            record: row.try_get(from + 17).ok()?,
            version: row.try_get(from + 18).ok()?,
            request_id: row.try_get(from + 19).ok()?,
            trace_id: row.try_get(from + 20).ok()?,
            import: row.try_get(from + 21).ok()?,
            mac_key,
        };
        let (place, documents): (&[u8], &[u8]) = (row.try_get(from + 4).ok()?, row.try_get(from + 5).ok()?);
        let message = [place, &content.hash(), documents].concat();
        Some(Self { id: row.get(from), uid, mac_key, mac: row.try_get(from + 3).ok()?, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_in_its_place_alone() {
        let hash = |content: Content<'_>| content.hash();
        let (one, other) = (Some("a"), Some("b"));
        let plain = Content { object: one, request_id: other, ..Content::default() };
        for different in [
            Content { object: other, request_id: one, ..Content::default() },
            Content { object: Some("ab"), request_id: Some(""), ..Content::default() },
            Content { object: Some("ab"), ..Content::default() },
            Content { kind: one, request_id: other, ..Content::default() },
        ] {
            assert_ne!(hash(plain), hash(different), "{different:?}");
        }
        assert_ne!(hash(Content { trace_id: Some(""), ..Content::default() }), hash(Content::default()));
    }
}
