//! Seals what was written. Any node may at any time; one does at a time.

use rapport_tenancy::{AuditHead, DbError, KeyError, Tenancy, TenantConn, TenantDb, TenantTx, log};

use super::seal::{Entry, Position, Seal, Standing, digest, multirange};
use crate::{
    event::{self, Event, security},
    record::{Origin, now},
};

/// Entries of one seal.
const MOST: usize = 1_000;

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
    let (sealed, last) = seal_all(db, Unsigned::Left).await?;
    if let Some(last) = last {
        note(tenancy, db, &last).await?;
    }
    Ok(sealed)
}

/// Somebody vouches for the log as it is: entries without a MAC become part of the chain, and where the chain ends now is
/// where it ends. For a log that was written before there was a master key, and after a backup was restored.
#[tracing::instrument(name = "audit.accept", skip_all, fields(tenant.id = %db.scope().tenant()))]
pub async fn accept(tenancy: &Tenancy, db: &TenantDb) -> Result<u64, Error> {
    event::note(&*db.session().await?, &Origin::default(), Event::named(security::AUDIT_ACCEPTED)).await?;
    let (sealed, _) = seal_all(db, Unsigned::Taken).await?;
    let session = db.session().await?;
    let keys = session.fresh_log_keys().await?.ok_or(KeyError::NoMasterKey)?;
    let (seq, mac) = Seal::last(&session).await?.map_or((0, Vec::new()), |last| (last.seq, last.mac));
    let head = AuditHead::signed(&keys, db.scope().tenant(), seq, mac).ok_or(KeyError::NoDataKey)?;
    tenancy.set_audit_head(db.scope().tenant(), &head).await?;
    Ok(sealed)
}

/// What becomes of entries without a MAC: written without a key, or not by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unsigned {
    Left,
    Taken,
}

async fn seal_all(db: &TenantDb, unsigned: Unsigned) -> Result<(u64, Option<Seal>), Error> {
    let (mut sealed, mut last) = (0, None);
    while let Some(step) = step(db, unsigned).await? {
        sealed += u64::try_from(step.seal.count).unwrap_or(0);
        let is_behind = step.is_behind;
        last = Some(step.seal);
        if !is_behind {
            break;
        }
    }
    Ok((sealed, last))
}

struct Step {
    seal: Seal,
    is_behind: bool,
}

async fn step(db: &TenantDb, taking: Unsigned) -> Result<Option<Step>, Error> {
    let tx = db.begin().await?;
    let place = format!("{}.audit_seal", tx.scope().schema());
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&place]).await?;
    // As they are now: an entry may be signed with a key that another process made a moment ago.
    let Some(keys) = tx.fresh_log_keys().await? else { return Ok(None) };
    let mac_key = keys.current().ok_or(KeyError::NoDataKey)?;
    let before = Seal::last(&tx).await?;
    let (entries, upto) = next(&tx, before.as_ref(), taking).await?;
    let Some(upto) = upto else { return Ok(None) };
    let is_behind = entries.len() == MOST;
    let (mut kept, mut unsigned) = (Vec::with_capacity(entries.len()), 0);
    for entry in entries {
        match entry.standing(&keys) {
            Standing::Signed => kept.push(entry),
            Standing::Unsigned if taking == Unsigned::Taken => {
                unsigned += 1;
                kept.push(entry);
            }
            // Perhaps it opens again: it is not passed by.
            Standing::UnknownKey if taking == Unsigned::Left => return Err(KeyError::NoDataKey.into()),
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
async fn next(
    tx: &TenantTx,
    before: Option<&Seal>,
    taking: Unsigned,
) -> Result<(Vec<Entry>, Option<Position>), DbError> {
    let schema = tx.scope().schema();
    let mut from = before.map_or_else(Position::start, |before| before.upto.clone());
    let sql = "SELECT pg_current_snapshot()::text, pg_snapshot_xmax($1::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())";
    let rows = tx.query(sql, &[&from.done]).await?;
    let (current, is_ours): (String, bool) =
        rows.first().map_or((Position::start().done, true), |row| (row.get(0), row.get(1)));
    // The positions of another server, from which the workspace was moved, say nothing here: what has a seal tells.
    // And what was passed by lies before the position.
    let sealed = if is_ours && taking == Unsigned::Left {
        String::new()
    } else {
        from = Position::start();
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
            Some(_) => Position::upto(target),
            None if from.target.is_some() => {
                from = Position::upto(target);
                continue;
            }
            None => return Ok((Vec::new(), None)),
        };
        return Ok((rows.iter().map(|row| Entry::of(row, 1)).collect(), Some(upto)));
    }
}

/// Notes the end of the chain in the control plane, as long as what is noted there is ours, and the chain still has it. Otherwise
/// the note stays as it is, and [`super::verify`] finds that.
async fn note(tenancy: &Tenancy, db: &TenantDb, last: &Seal) -> Result<(), Error> {
    let tenant = db.scope().tenant();
    let session = db.session().await?;
    let keys = session.fresh_log_keys().await?.ok_or(KeyError::NoMasterKey)?;
    let known = tenancy.audit_head(tenant).await?;
    let Some(known) = known.filter(|known| known.is_true(&keys, tenant)) else {
        tracing::error!(tenant.id = %tenant, "Where the chain of audit seals ended is not noted, or not by us; see `rapport tenant verify-audit`");
        return Ok(());
    };
    if known.seq >= last.seq {
        return Ok(());
    }
    if !has(&session, &known).await? {
        tracing::error!(tenant.id = %tenant, seal = known.seq, "The chain of audit seals does not have a seal that it had");
        return Ok(());
    }
    let head = AuditHead::signed(&keys, tenant, last.seq, last.mac.clone()).ok_or(KeyError::NoDataKey)?;
    tenancy.note_audit_head(tenant, &known, &head).await?;
    Ok(())
}

async fn has(conn: &TenantConn, head: &AuditHead) -> Result<bool, DbError> {
    Ok(head.seq == 0 || Seal::at(conn, head.seq).await?.is_some_and(|seal| seal.mac == head.mac))
}
