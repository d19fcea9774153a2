//! How far the log is read, and what comes next in it.
//!
//! Transactions commit in another order than they write in, so no number tells how far one has read. A snapshot does: it says
//! of each transaction whether it was visible. What one just wrote is taken at once, though an older transaction may still
//! be open, and what that one wrote is taken when it has ended.

use std::collections::{BTreeMap, BTreeSet};

use rapport_tenancy::{DbError, TenantConn, TenantTx};
use uuid::Uuid;

/// Events that were not read yet, up to a number.
pub(super) struct Pending {
    /// The records they speak of, by object.
    pub records: BTreeMap<String, BTreeSet<Uuid>>,
    pub events: usize,
    /// Where the last of them stands; nothing when they are all there are.
    last: Option<(String, i64)>,
}

/// How many events are to be read, counted to `most`.
pub(super) async fn count(conn: &TenantConn, most: usize) -> Result<usize, DbError> {
    let sql = format!(
        "SELECT CASE WHEN {OURS} \
           THEN (SELECT count(*) FROM (SELECT FROM {schema}.event AS e WHERE {NOT_DONE} LIMIT {most}) AS counted) ELSE {most} END \
         FROM {schema}.search_state AS s",
        schema = conn.scope().schema()
    );
    let rows = conn.query(&sql, &[]).await?;
    Ok(rows.first().map_or(0, |row| usize::try_from(row.get::<_, i64>(0)).unwrap_or(most)))
}

const NOT_DONE: &str = "e.txid >= pg_snapshot_xmin(s.done) AND NOT pg_visible_in_snapshot(e.txid, s.done)";

/// Whether the position is one in the log of this server. That of another, from which the workspace was moved, says nothing here.
const OURS: &str = "pg_snapshot_xmax(s.done) <= pg_snapshot_xmax(pg_current_snapshot())";

/// Holds the log for this reader alone, until the transaction ends. False when all has to be read anew.
pub(super) async fn hold(tx: &TenantTx) -> Result<bool, DbError> {
    let schema = tx.scope().schema();
    tx.execute(&format!("SELECT FROM {schema}.search_state FOR UPDATE"), &[]).await?;
    // In a statement of its own: one that had to wait still has the snapshot of before.
    let rows = tx.query(&format!("SELECT {OURS} FROM {schema}.search_state AS s"), &[]).await?;
    Ok(rows.first().is_none_or(|row| row.get(0)))
}

/// Counts all that is visible now as read.
pub(super) async fn skip(tx: &TenantTx) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE {}.search_state SET done = pg_current_snapshot(), target = NULL, txid = '0', id = 0",
        tx.scope().schema()
    );
    tx.execute(&sql, &[]).await.map(|_| ())
}

impl Pending {
    pub async fn read(tx: &TenantTx, most: usize) -> Result<Self, DbError> {
        let schema = tx.scope().schema();
        let aim = format!(
            "UPDATE {schema}.search_state SET target = coalesce(target, pg_current_snapshot()) \
             RETURNING done::text, target::text, txid::text, id"
        );
        let aim = tx.query(&aim, &[]).await?;
        let mut pending = Self { records: BTreeMap::new(), events: 0, last: None };
        let Some(aim) = aim.first() else { return Ok(pending) };
        let (done, target): (&str, &str) = (aim.get(0), aim.get(1));
        let (txid, id): (&str, i64) = (aim.get(2), aim.get(3));
        let sql = format!(
            "SELECT e.object, e.record_id, e.txid::text, e.id FROM {schema}.event AS e \
             WHERE (e.txid, e.id) > ($3::text::xid8, $4::bigint) AND e.txid >= pg_snapshot_xmin($1::text::pg_snapshot) \
               AND NOT pg_visible_in_snapshot(e.txid, $1::text::pg_snapshot) \
               AND pg_visible_in_snapshot(e.txid, $2::text::pg_snapshot) \
             ORDER BY e.txid, e.id LIMIT {most}"
        );
        let rows = tx.query(&sql, &[&done, &target, &txid, &id]).await?;
        for row in &rows {
            // A sign-in and a list that was read are about no record.
            if let (Some(object), Some(record)) = (row.get::<_, Option<String>>(0), row.get::<_, Option<Uuid>>(1)) {
                pending.records.entry(object).or_default().insert(record);
            }
        }
        pending.events = rows.len();
        pending.last = rows.last().filter(|_| rows.len() == most).map(|row| (row.get(2), row.get(3)));
        Ok(pending)
    }

    /// Writes down that they are read.
    pub async fn done(&self, tx: &TenantTx) -> Result<(), DbError> {
        let schema = tx.scope().schema();
        if let Some((txid, id)) = &self.last {
            let sql = format!("UPDATE {schema}.search_state SET txid = $1::text::xid8, id = $2");
            tx.execute(&sql, &[txid, id]).await?;
        } else {
            let sql = format!("UPDATE {schema}.search_state SET done = target, target = NULL, txid = '0', id = 0");
            tx.execute(&sql, &[]).await?;
        }
        Ok(())
    }
}
