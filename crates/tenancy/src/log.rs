//! The log of a tenant as its table keeps it: how an entry gets in, and the text of it that is signed.
//!
//! An entry's MAC is made by the database, in the statement that writes the entry, since only there its number and its
//! transaction are known. The secret of that MAC is good for this one entry (see [`LogKeys`](crate::LogKeys)), so whoever
//! listens learns nothing that would help with another one.

/// A row `e` of the log in one text that no other row has: columns in this order, quoted by the database as it quotes
/// composite values. It never changes: a new column gets into the text of a higher number in front.
const FORM: &str = "ROW(1, e.id, e.txid::text, e.epoch, (extract(epoch FROM e.occurred_at) * 1000000)::bigint, e.uid, e.actor, \
    e.subject_kind, e.subject, e.through_kind, e.through, e.address, e.user_agent, e.type, e.object, e.record_id, e.version, \
    e.changed, e.before, e.after, e.details, e.request_id, e.trace_id, e.import_id, e.mac_key)::text";

/// What a writer gives; the rest of a row comes from the database.
const GIVEN: &str = "occurred_at, uid, actor, subject_kind, subject, through_kind, through, address, user_agent, type, object, \
    record_id, version, changed, before, after, details, request_id, trace_id, import_id, mac_key";

/// SHA-256 over all columns of the row `e` but its MAC.
pub fn digest() -> String {
    format!("sha256(convert_to({FORM}, 'UTF8'))")
}

/// The statement that enters what `source` selects, in its order: a column for each name of [`GIVEN`], and `secret`, null
/// where there is no key.
pub fn insert(schema: &str, source: &str) -> String {
    let given = GIVEN.split(", ").map(|name| format!("e.{}", name.trim())).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO {schema}.event (id, txid, epoch, {GIVEN}, mac) OVERRIDING SYSTEM VALUE \
         SELECT e.id, e.txid, e.epoch, {given}, CASE WHEN e.mac_key IS NOT NULL THEN sha256(e.secret || {}) END \
         FROM (SELECT nextval('{schema}.event_id_seq') AS id, pg_current_xact_id() AS txid, \
                 (SELECT epoch FROM {schema}.log_epoch) AS epoch, s.* FROM ({source}) AS s) AS e",
        digest()
    )
}
