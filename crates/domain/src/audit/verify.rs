//! Holds the log against its seals, as of one moment, while it is written to.

use rapport_tenancy::{AuditHead, KeyError, LogKeys, Tenancy, TenantDb, TenantTx, log};
use uuid::Uuid;

use super::{
    fault::{Fault, Kind},
    seal::{Entry, Position, Seal, Standing, digest},
    sealing::Error,
};

/// The last true seal, by its number and its MAC.
struct Last {
    seq: i64,
    mac: Vec<u8>,
}

/// Seals that are verified together.
const SEALS: usize = 20;
/// Numbers of entries that are looked through together for some without a seal.
const WINDOW: i64 = 20_000;
/// For one statement: a log may be large.
const PATIENCE: &str = "5min";
/// Faults that are named; the others are counted.
pub const NAMED: usize = 1_000;

/// What became of a verification.
#[derive(Debug, Default)]
pub struct Report {
    /// Entries that were looked at.
    pub events: u64,
    /// Those of them that are older than the chain: a seal vouches for them, no MAC.
    pub unsigned: u64,
    /// Those that are signed and wait for their seal.
    pub waiting: u64,
    pub seals: u64,
    /// The last seal, as a text to be noted elsewhere.
    pub head: Option<String>,
    /// The first of them.
    pub faults: Vec<Fault>,
    /// All of them.
    pub wrong: u64,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.wrong == 0
    }

    fn add(&mut self, kind: Kind, event: Option<i64>, uid: Option<Uuid>, seal: Option<i64>) {
        self.wrong += 1;
        if self.faults.len() < NAMED {
            self.faults.push(Fault { kind, event, uid, seal });
        }
    }
}

/// Verifies the whole log. Changes nothing; seals nothing, so it papers over nothing.
///
/// # Errors
/// [`KeyError::NoMasterKey`] without a master key: then nothing is signed and nothing can be said.
#[tracing::instrument(name = "audit.verify", skip_all, fields(tenant.id = %db.scope().tenant()))]
pub async fn verify(tenancy: &Tenancy, db: &TenantDb) -> Result<Report, Error> {
    // Before the tenant's snapshot: the chain may only be longer than it.
    let head = tenancy.audit_head(db.scope().tenant()).await?;
    let tx = db.begin().await?;
    tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", &[]).await?;
    tx.execute(&format!("SET LOCAL statement_timeout = '{PATIENCE}'"), &[]).await?;
    let keys = tx.fresh_log_keys().await?.ok_or(KeyError::NoMasterKey)?;
    let mut run = Run { tx: &tx, keys: &keys, report: Report::default(), untrue: Vec::new(), upto: None };
    run.chain(head.as_ref()).await?;
    run.others().await?;
    let report = run.report;
    tx.rollback().await;
    Ok(report)
}

struct Run<'a> {
    tx: &'a TenantTx,
    keys: &'a LogKeys,
    report: Report,
    /// Seals that say nothing of their entries.
    untrue: Vec<i64>,
    /// How far the last true seal says that the log is sealed.
    upto: Option<Position>,
}

impl Run<'_> {
    /// Every seal, and the entries of those that are true.
    async fn chain(&mut self, head: Option<&AuditHead>) -> Result<(), Error> {
        let mut cursor = i64::MIN;
        let mut last = Last { seq: 0, mac: Vec::new() };
        let head = self.noted(head);
        let mut has_head = false;
        loop {
            let seals = Seal::after(self.tx, cursor, SEALS).await?;
            let mut entries = self.entries(&seals).await?.into_iter().peekable();
            for seal in &seals {
                cursor = seal.seq;
                self.report.seals += 1;
                if !self.is_true(seal) {
                    self.untrue.push(seal.seq);
                    continue;
                }
                for missing in (last.seq + 1..seal.seq).filter(|seq| !self.untrue.contains(seq)).collect::<Vec<_>>() {
                    self.report.add(Kind::SealMissing, None, None, Some(missing));
                }
                if seal.seq == last.seq + 1 && seal.prev != last.mac {
                    self.report.add(Kind::Rewritten, None, None, Some(last.seq));
                }
                let of_it = std::iter::from_fn(|| entries.next_if(|(of, _)| *of == seal.seq).map(|(_, entry)| entry));
                let of_it = of_it.collect::<Vec<_>>();
                self.seal(seal, &of_it);
                if let Some(head) = head.filter(|head| head.seq == seal.seq) {
                    has_head = true;
                    if head.mac != seal.mac {
                        self.report.add(Kind::Rewritten, None, None, Some(seal.seq));
                    }
                }
                self.upto = Some(seal.upto.clone());
                last = Last { seq: seal.seq, mac: seal.mac.clone() };
            }
            if seals.len() < SEALS {
                break;
            }
        }
        if let Some(head) = head.filter(|head| !has_head && head.seq > last.seq) {
            self.report.add(Kind::Truncated, None, None, Some(head.seq));
        }
        let hex = |text: String, byte: &u8| text + &format!("{byte:02x}");
        self.report.head = (last.seq > 0).then(|| last.mac.iter().fold(format!("{}:", last.seq), hex));
        Ok(())
    }

    /// What is noted of the end of the chain, where it was us who noted it.
    fn noted<'h>(&mut self, head: Option<&'h AuditHead>) -> Option<&'h AuditHead> {
        let is_true = |head: &&AuditHead| head.is_true(self.keys, self.tx.scope().tenant());
        let noted = head.filter(is_true);
        if noted.is_none() {
            let kind = if head.is_some() { Kind::HeadChanged } else { Kind::HeadMissing };
            self.report.add(kind, None, None, head.map(|head| head.seq));
        }
        noted
    }

    fn is_true(&mut self, seal: &Seal) -> bool {
        match seal.right_mac(self.keys) {
            Some(right) if right.as_slice() == seal.mac.as_slice() => return true,
            Some(_) => self.report.add(Kind::SealChanged, None, None, Some(seal.seq)),
            None => self.report.add(Kind::KeyMissing, None, None, Some(seal.seq)),
        }
        false
    }

    /// The entries that true seals name, each with its seal.
    async fn entries(&self, seals: &[Seal]) -> Result<Vec<(i64, Entry)>, Error> {
        let is_true =
            |seal: &&Seal| seal.right_mac(self.keys).is_some_and(|right| right.as_slice() == seal.mac.as_slice());
        let seals: Vec<i64> = seals.iter().filter(is_true).map(|seal| seal.seq).collect();
        let schema = self.tx.scope().schema();
        // Without `OFFSET 0` the whole log is read for every seal.
        let sql = format!(
            "SELECT s.seq, {} FROM {schema}.audit_seal AS s CROSS JOIN LATERAL unnest(s.events) AS r(ids) CROSS JOIN LATERAL \
               (SELECT * FROM {schema}.event AS e WHERE e.id >= lower(r.ids) AND e.id < upper(r.ids) OFFSET 0) AS e \
             WHERE s.seq = ANY($1) ORDER BY s.seq, e.id",
            log::signed_columns()
        );
        let rows = self.tx.query(&sql, &[&seals]).await?;
        Ok(rows.iter().map(|row| (row.get(0), Entry::of(row, 1))).collect())
    }

    /// Holds the entries of a true seal against it.
    fn seal(&mut self, seal: &Seal, entries: &[Entry]) {
        let wrong_before = self.report.wrong;
        let mut found = entries.iter().map(|entry| entry.id).peekable();
        for id in seal.ids() {
            if found.next_if_eq(&id).is_none() {
                self.report.add(Kind::Missing, Some(id), None, Some(seal.seq));
            }
        }
        let mut unsigned = 0;
        for entry in entries {
            self.report.events += 1;
            let kind = match entry.standing(self.keys) {
                Standing::Signed => continue,
                Standing::Unsigned if seal.unsigned > 0 => {
                    unsigned += 1;
                    continue;
                }
                Standing::Unsigned | Standing::Forged => Kind::Changed,
                Standing::UnknownKey => Kind::KeyMissing,
            };
            self.report.add(kind, Some(entry.id), entry.uid, Some(seal.seq));
        }
        self.report.unsigned += unsigned;
        // Each signed one was as it should be: it is one of the others, or one that lost its MAC.
        if self.report.wrong == wrong_before && digest(entries.iter()) != seal.digest {
            self.report.add(Kind::ChangedBefore, None, None, Some(seal.seq));
        }
    }

    /// The entries that no true seal names.
    async fn others(&mut self) -> Result<(), Error> {
        let schema = self.tx.scope().schema();
        let next = format!("SELECT min(id) FROM {schema}.event WHERE id >= $1");
        let late = "pg_visible_in_snapshot(e.txid, $4::text::pg_snapshot) \
            OR coalesce(pg_visible_in_snapshot(e.txid, $5::text::pg_snapshot) AND (e.txid, e.id) <= ($6::text::xid8, $7::bigint), false)";
        let sql = format!(
            "SELECT pg_snapshot_xmax($4::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot()) AND ({late}), {} \
             FROM {schema}.event AS e WHERE e.id BETWEEN $1 AND $2 \
               AND NOT EXISTS (SELECT FROM {schema}.audit_seal AS s WHERE s.events @> e.id AND s.seq <> ALL($3)) ORDER BY e.id",
            log::signed_columns()
        );
        let Position { done, target, txid, id } = self.upto.clone().unwrap_or_else(Position::start);
        let mut start = Some(i64::MIN);
        while let Some(at) = start {
            let Some(from) = self.tx.query(&next, &[&at]).await?.first().and_then(|row| row.get::<_, Option<i64>>(0))
            else {
                break;
            };
            let to = from.saturating_add(WINDOW);
            for row in self.tx.query(&sql, &[&from, &to, &self.untrue, &done, &target, &txid, &id]).await? {
                let (is_late, entry) = (row.get(0), Entry::of(&row, 1));
                self.report.events += 1;
                match entry.standing(self.keys) {
                    Standing::Signed if is_late => self.report.add(Kind::Unsealed, Some(entry.id), entry.uid, None),
                    Standing::Signed => self.report.waiting += 1,
                    Standing::Unsigned | Standing::Forged => {
                        self.report.add(Kind::Inserted, Some(entry.id), entry.uid, None);
                    }
                    Standing::UnknownKey => self.report.add(Kind::KeyMissing, Some(entry.id), entry.uid, None),
                }
            }
            start = to.checked_add(1);
        }
        Ok(())
    }
}
