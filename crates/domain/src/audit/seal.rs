use std::{fmt::Write as _, ops::Range};

use chrono::{DateTime, Utc};
use rapport_tenancy::{DbError, LogKeys, Row, TenantConn, TenantTx, log::Signed};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::wire::Moment;

/// A run of entries, and what vouches for it.
pub(super) struct Seal {
    pub seq: i64,
    /// The numbers of its entries, as the database writes a multirange: `{[1,4),[7,8)}`.
    pub events: String,
    pub count: i32,
    pub unsigned: i32,
    pub digest: Vec<u8>,
    pub upto: Position,
    pub sealed_at: DateTime<Utc>,
    /// The MAC of the seal before; nothing in the first.
    pub prev: Vec<u8>,
    pub mac_key: i32,
    pub mac: Vec<u8>,
}

/// How far the log was read: all that `done` sees; and of what `target` sees all up to (txid, id).
#[derive(Clone)]
pub(super) struct Position {
    pub done: String,
    pub target: Option<String>,
    pub txid: String,
    pub id: i64,
}

impl Position {
    /// Before everything: what no snapshot of a real transaction is older than.
    pub fn start() -> Self {
        Self::upto("3:3:".to_owned())
    }

    /// Behind all that a snapshot sees.
    pub fn upto(done: String) -> Self {
        Self { done, target: None, txid: "0".into(), id: 0 }
    }
}

/// An entry of the log as seals see it.
pub(super) struct Entry {
    pub id: i64,
    pub uid: Option<Uuid>,
    /// None of a row that no program of ours can have written.
    signed: Option<Signed>,
}

/// What can be said of an entry by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Signed,
    /// It has no MAC: older than the chain, written without a key, or not by us.
    Unsigned,
    Forged,
    UnknownKey,
}

impl Entry {
    /// From the columns at `from` on, which are those of [`log::signed_columns`].
    pub fn of(row: &Row, from: usize) -> Self {
        let signed = Signed::of(row, from);
        Self { id: row.get(from), uid: signed.as_ref().and_then(|signed| signed.uid), signed }
    }

    pub fn standing(&self, keys: &LogKeys) -> Standing {
        let Some(signed) = &self.signed else { return Standing::Forged };
        match (signed.uid, signed.mac_key, &signed.mac) {
            (_, None, None) => Standing::Unsigned,
            (Some(uid), Some(key), Some(mac)) => match keys.mac(key, uid, &signed.message) {
                Some(right) if right.as_slice() == mac.as_slice() => Standing::Signed,
                Some(_) => Standing::Forged,
                None => Standing::UnknownKey,
            },
            _ => Standing::Forged,
        }
    }
}

/// Over what these entries hold, in the order of their numbers.
pub(super) fn digest<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<u8> {
    let message = |entry: &'e Entry| entry.signed.as_ref().map_or(&[][..], |signed| &signed.message);
    let hash = entries
        .fold(Sha256::new(), |hash, entry| hash.chain_update(entry.id.to_be_bytes()).chain_update(message(entry)));
    hash.finalize().to_vec()
}

/// Ascending numbers as a multirange.
pub(super) fn multirange(ids: impl Iterator<Item = i64>) -> String {
    let mut ranges: Vec<Range<i64>> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some(last) if last.end == id => last.end = id + 1,
            _ => ranges.push(id..id + 1),
        }
    }
    let mut text = String::from("{");
    for (at, range) in ranges.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(text, "{comma}[{},{})", range.start, range.end);
    }
    text + "}"
}

impl Seal {
    /// The numbers that it names, ascending.
    pub fn ids(&self) -> Vec<i64> {
        let ranges = self.events.trim_matches(['{', '}']).split("),").filter(|range| !range.is_empty());
        let bounds = ranges.filter_map(|range| range.trim_matches(['[', ')']).split_once(','));
        bounds.filter_map(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?)).flatten().collect()
    }

    /// Its MAC, where the key is known.
    pub fn right_mac(&self, keys: &LogKeys) -> Option<[u8; 32]> {
        let at = self.sealed_at.timestamp_micros().to_be_bytes();
        keys.seal_mac(
            self.mac_key,
            &[
                &self.seq.to_be_bytes(),
                self.events.as_bytes(),
                &self.count.to_be_bytes(),
                &self.unsigned.to_be_bytes(),
                &self.digest,
                self.upto.done.as_bytes(),
                self.upto.target.as_deref().unwrap_or_default().as_bytes(),
                self.upto.txid.as_bytes(),
                &self.upto.id.to_be_bytes(),
                &at,
                &self.prev,
                &self.mac_key.to_be_bytes(),
            ],
        )
    }

    pub async fn last(conn: &TenantConn) -> Result<Option<Self>, DbError> {
        let rows = Self::read(conn, "ORDER BY seq DESC LIMIT 1", &[]).await?;
        Ok(rows.into_iter().next())
    }

    pub async fn after(conn: &TenantConn, seq: i64, most: usize) -> Result<Vec<Self>, DbError> {
        Self::read(conn, &format!("WHERE seq > $1 ORDER BY seq LIMIT {most}"), &[&seq]).await
    }

    pub async fn at(conn: &TenantConn, seq: i64) -> Result<Option<Self>, DbError> {
        Ok(Self::read(conn, "WHERE seq = $1", &[&seq]).await?.into_iter().next())
    }

    async fn read(
        conn: &TenantConn,
        which: &str,
        parameters: &[&(dyn rapport_tenancy::ToSql + Sync)],
    ) -> Result<Vec<Self>, DbError> {
        let sql = format!(
            "SELECT seq, events::text, count, unsigned, digest, done::text, target::text, txid::text, id, sealed_at, prev, \
                mac_key, mac FROM {}.audit_seal {which}",
            conn.scope().schema()
        );
        let rows = conn.query(&sql, parameters).await?;
        let seal = |row: &Row| Self::of(row).unwrap_or_else(|_| Self::unreadable(row.get(0)));
        Ok(rows.iter().map(seal).collect())
    }

    fn of(row: &Row) -> Result<Self, DbError> {
        Ok(Self {
            seq: row.try_get(0)?,
            events: row.try_get(1)?,
            count: row.try_get(2)?,
            unsigned: row.try_get(3)?,
            digest: row.try_get(4)?,
            upto: Position {
                done: row.try_get(5)?,
                target: row.try_get(6)?,
                txid: row.try_get(7)?,
                id: row.try_get(8)?,
            },
            sealed_at: row.try_get::<_, Moment>(9)?.0,
            prev: row.try_get(10)?,
            mac_key: row.try_get(11)?,
            mac: row.try_get(12)?,
        })
    }

    /// In the place of a row that no program of ours can have written. No MAC is right for it.
    fn unreadable(seq: i64) -> Self {
        Self {
            seq,
            events: String::new(),
            count: 0,
            unsigned: 0,
            digest: Vec::new(),
            upto: Position::start(),
            sealed_at: DateTime::UNIX_EPOCH,
            prev: Vec::new(),
            mac_key: 0,
            mac: Vec::new(),
        }
    }

    pub async fn append(&self, tx: &TenantTx) -> Result<(), DbError> {
        let sql = format!(
            "INSERT INTO {}.audit_seal (seq, events, count, unsigned, digest, done, target, txid, id, sealed_at, prev, mac_key, mac) \
             VALUES ($1, $2::text::int8multirange, $3, $4, $5, $6::text::pg_snapshot, $7::text::pg_snapshot, $8::text::xid8, \
                $9, $10, $11, $12, $13)",
            tx.scope().schema()
        );
        let Position { done, target, txid, id } = &self.upto;
        tx.execute(
            &sql,
            &[
                &self.seq,
                &self.events,
                &self.count,
                &self.unsigned,
                &self.digest,
                done,
                target,
                txid,
                id,
                &Moment(self.sealed_at),
                &self.prev,
                &self.mac_key,
                &self.mac,
            ],
        )
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_seal_names_its_entries(ids in proptest::collection::btree_set(-50i64..200, 0..60)) {
            let seal = Seal {
                seq: 1, events: multirange(ids.iter().copied()), count: 0, unsigned: 0, digest: Vec::new(),
                upto: Position { done: "3:3:".into(), target: None, txid: "0".into(), id: 0 },
                sealed_at: DateTime::UNIX_EPOCH, prev: Vec::new(), mac_key: 1, mac: Vec::new(),
            };
            prop_assert_eq!(seal.ids(), ids.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(multirange([1, 2, 3, 7].into_iter()), "{[1,4),[7,8)}");
        assert_eq!(multirange(std::iter::empty()), "{}");
    }
}
