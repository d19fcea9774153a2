//! Seals what was written. Any node may at any time; one does at a time.

use rapport_tenancy::{AuditHead, DbError, KeyError, LogKeys, Tenancy, TenantConn, TenantDb, TenantTx, log};

use super::seal::{Entry, Position, Seal, Standing, digest, multirange};
use crate::record::now;

/// Entries of one seal.
const MOST: usize = 1_000;
/// What no snapshot of a real transaction is older than: nothing is done.
const NOTHING: &str = "3:3:";
/// For so long after the chain began, nodes of the release before may still add to a log that is older than the chain.
const GRACE: chrono::TimeDelta = chrono::TimeDelta::hours(1);

/// Why the log could not be sealed or verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log could not be read, or a seal not be written")]
    Database(#[from] DbError),
    #[error("the keys of the log cannot be used")]
    Keys(#[from] KeyError),
    #[error("the control plane could not be read or written")]
    Control(#[from] rapport_tenancy::Error),
}

/// Seals all that was committed before; answers with the number of entries. Nothing without a master key.
#[tracing::instrument(name = "audit.seal", skip_all, fields(tenant.id = %db.scope().tenant()))]
pub async fn seal(tenancy: &Tenancy, db: &TenantDb) -> Result<u64, Error> {
    let mut sealed = 0;
    let mut last = None;
    while let Some(step) = step(db).await? {
        sealed += u64::try_from(step.seal.count).unwrap_or(0);
        let is_behind = step.is_behind;
        last = Some(step.seal);
        if !is_behind {
            break;
        }
    }
    if let Some(last) = last {
        note(tenancy, db, &last).await?;
    }
    Ok(sealed)
}

struct Step {
    seal: Seal,
    is_behind: bool,
}

async fn step(db: &TenantDb) -> Result<Option<Step>, Error> {
    let tx = db.begin().await?;
    let place = format!("{}.audit_seal", tx.scope().schema());
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&place]).await?;
    let Some(keys) = tx.log_keys().await? else { return Ok(None) };
    let mac_key = keys.current().ok_or(KeyError::NoDataKey)?;
    let before = Seal::last(&tx).await?;
    let (entries, upto) = next(&tx, before.as_ref()).await?;
    let Some(upto) = upto else { return Ok(None) };
    let takes_unsigned = takes_unsigned(&tx, &keys).await?;
    let is_behind = entries.len() == MOST;
    let (mut kept, mut unsigned) = (Vec::with_capacity(entries.len()), 0);
    for entry in entries {
        match entry.standing(&keys) {
            Standing::Signed => kept.push(entry),
            Standing::Unsigned if takes_unsigned => {
                unsigned += 1;
                kept.push(entry);
            }
            standing => {
                // It stays without a seal, for whoever verifies.
                tracing::error!(tenant.id = %tx.scope().tenant(), event.id = entry.id, ?standing, "An entry of the log is not sealed");
            }
        }
    }
    kept.sort_unstable_by_key(|entry| entry.id);
    let mut seal = Seal {
        seq: before.as_ref().map_or(1, |before| before.seq + 1),
        events: multirange(kept.iter().map(|entry| entry.id)),
        count: i32::try_from(kept.len()).unwrap_or(i32::MAX),
        unsigned,
        digest: digest(kept.iter()),
        upto,
        sealed_at: now(),
        prev: before.map(|before| before.mac).unwrap_or_default(),
        mac_key,
        mac: Vec::new(),
    };
    seal.mac = seal.right_mac(&keys).ok_or(KeyError::NoDataKey)?.to_vec();
    seal.append(&tx).await?;
    tx.commit().await?;
    Ok(Some(Step { seal, is_behind }))
}

/// The next entries, in the order of their transactions, and how far the log is read then; nothing where there is nothing new.
async fn next(tx: &TenantTx, before: Option<&Seal>) -> Result<(Vec<Entry>, Option<Position>), DbError> {
    let schema = tx.scope().schema();
    let start = |done: String| Position { done, target: None, txid: "0".into(), id: 0 };
    let mut from = before.map_or_else(|| start(NOTHING.into()), |before| before.upto.clone());
    let sql = "SELECT pg_current_snapshot()::text, pg_snapshot_xmax($1::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())";
    let rows = tx.query(sql, &[&from.done]).await?;
    let (current, is_ours): (String, bool) =
        rows.first().map_or((NOTHING.into(), true), |row| (row.get(0), row.get(1)));
    // The positions of another server, from which the workspace was moved, say nothing here: what has a seal tells.
    let sealed = if is_ours {
        String::new()
    } else {
        from = start(NOTHING.into());
        format!("AND NOT EXISTS (SELECT FROM {schema}.audit_seal AS s WHERE s.events @> e.id)")
    };
    let sql = format!(
        "SELECT e.txid::text, {} FROM {schema}.event AS e \
         WHERE (e.txid, e.id) > ($3::text::xid8, $4::bigint) AND e.txid >= pg_snapshot_xmin($1::text::pg_snapshot) \
           AND NOT pg_visible_in_snapshot(e.txid, $1::text::pg_snapshot) \
           AND pg_visible_in_snapshot(e.txid, $2::text::pg_snapshot) {sealed} \
         ORDER BY e.txid, e.id LIMIT {MOST}",
        log::signed_columns()
    );
    loop {
        let target: String = from.target.clone().unwrap_or_else(|| current.clone());
        let rows = tx.query(&sql, &[&from.done, &target, &from.txid, &from.id]).await?;
        let upto = match rows.last() {
            Some(last) if rows.len() == MOST => {
                Position { done: from.done, target: Some(target), txid: last.get(0), id: last.get(1) }
            }
            Some(_) => start(target),
            None if from.target.is_some() => {
                from = start(target);
                continue;
            }
            None => return Ok((Vec::new(), None)),
        };
        return Ok((rows.iter().map(|row| Entry::of(row, 1)).collect(), Some(upto)));
    }
}

/// Whether entries without a MAC are taken over into the chain: the log was there before the chain, and that began just now.
async fn takes_unsigned(tx: &TenantTx, keys: &LogKeys) -> Result<bool, DbError> {
    if let Some(first) = Seal::first(tx).await? {
        return Ok(first.unsigned > 0 && now() - first.sealed_at < GRACE);
    }
    // The first entry of a workspace that was made with a key is signed.
    let sql = format!("SELECT {} FROM {}.event AS e ORDER BY e.id LIMIT 1", log::signed_columns(), tx.scope().schema());
    let rows = tx.query(&sql, &[]).await?;
    Ok(rows.first().is_some_and(|row| Entry::of(row, 0).standing(keys) == Standing::Unsigned))
}

/// Notes the end of the chain in the control plane, as long as the chain still has what was noted there before. Otherwise
/// the note stays as it is, and [`super::verify`] finds that the chain is another one.
async fn note(tenancy: &Tenancy, db: &TenantDb, last: &Seal) -> Result<(), Error> {
    let tenant = db.scope().tenant();
    let known = tenancy.audit_head(tenant).await?;
    if let Some(known) = &known {
        if known.seq >= last.seq {
            return Ok(());
        }
        let session = db.session().await?;
        if !has(&session, known).await? {
            tracing::error!(tenant.id = %tenant, seal = known.seq, "The chain of audit seals does not have a seal that it had");
            return Ok(());
        }
    }
    let head = AuditHead { seq: last.seq, mac: last.mac.clone() };
    tenancy.note_audit_head(tenant, known.as_ref(), &head).await?;
    Ok(())
}

async fn has(conn: &TenantConn, head: &AuditHead) -> Result<bool, DbError> {
    Ok(Seal::at(conn, head.seq).await?.is_some_and(|seal| seal.mac == head.mac))
}
