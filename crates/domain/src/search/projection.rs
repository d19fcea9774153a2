//! Keeps the entries in step with the records.

use std::collections::HashMap;

use rapport_tenancy::{DbError, Row, TenantConn, TenantDb, TenantTx};
use uuid::Uuid;

use super::{
    document::Document,
    pending::{self, Pending},
    read::{self, Texts},
    store,
    subject::Subject,
};
use crate::{
    catalog::{Catalog, registry::Registry},
    rights::View,
};

/// Records, or events, of one transaction.
const STEP: usize = 1_000;

/// A workspace's entries, brought in step with its records. Any node may do it at any time; one does at a time.
pub struct Projection<'a> {
    pub db: &'a TenantDb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// All that was committed before can be found.
    Current,
    /// Some records cannot be found yet, or by what they were before.
    Behind,
}

/// How far an object's entries are.
struct Progress {
    fields: Option<String>,
    building: Option<String>,
    last_read: Option<Uuid>,
}

impl Projection<'_> {
    /// Catches up where at most so many records are to be read. `catalog` is the whole one, and may be a little old.
    #[tracing::instrument(name = "search.catch_up", skip_all, fields(tenant.id = %self.db.scope().tenant()))]
    pub async fn catch_up(&self, catalog: &Catalog, most: usize) -> Result<Standing, DbError> {
        match self.backlog(catalog, most + 1).await? {
            0 => return Ok(Standing::Current),
            backlog if backlog > most => return Ok(Standing::Behind),
            _ => {}
        }
        // Others write meanwhile: there is no end to keeping up with them.
        for _ in 0..=2 * most.div_ceil(STEP) {
            if self.step().await? == Standing::Current {
                return Ok(Standing::Current);
            }
        }
        Ok(Standing::Behind)
    }

    /// How many records and events are to be read, counted to about `most`.
    async fn backlog(&self, catalog: &Catalog, most: usize) -> Result<usize, DbError> {
        let conn = self.db.session().await?;
        let (events, progress) = futures::future::join(pending::count(&conn, most), progress(&conn)).await;
        let (mut backlog, mut progress) = (events?, progress?);
        for object in catalog.objects() {
            let (subject, known) = (Subject::of(object), progress.remove(&*object.name));
            let wanted = subject.fingerprint();
            if known.as_ref().is_some_and(|known| known.is_of(&wanted)) || backlog >= most {
                continue;
            }
            let last = known.filter(|known| known.building.as_ref() == Some(&wanted)).and_then(|known| known.last_read);
            // One more, since an object without records has to be looked at as well.
            backlog += 1 + read::count_after(&conn, &subject, last.unwrap_or_default(), most).await?;
        }
        Ok(backlog + progress.len())
    }

    /// Does a part of what is to be done, in one transaction.
    #[tracing::instrument(name = "search.step", skip_all, fields(tenant.id = %self.db.scope().tenant()))]
    pub async fn step(&self) -> Result<Standing, DbError> {
        let tx = self.db.begin().await?;
        let is_ours = pending::hold(&tx).await?;
        // As it is now: an older one would have entries made from fields that are not searchable any more.
        let catalog = Catalog::with(&Registry::read(&tx).await?);
        let mut left = STEP;
        if is_ours {
            left = left.saturating_sub(events(&tx, &catalog, left).await?);
        } else {
            pending::skip(&tx).await?;
            let sql = format!("UPDATE {}.search_object SET fields = NULL, building = NULL", tx.scope().schema());
            tx.execute(&sql, &[]).await?;
        }
        let mut known = progress(&tx).await?;
        for object in catalog.objects() {
            let (subject, known) = (Subject::of(object), known.remove(&*object.name));
            if left > 0 {
                left = left.saturating_sub(rebuild(&tx, &subject, known, left).await?);
            }
        }
        for object in known.keys() {
            if left > 0 {
                left = left.saturating_sub(remove(&tx, object, left).await?);
            }
        }
        tx.commit().await?;
        Ok(if left > 0 { Standing::Current } else { Standing::Behind })
    }
}

impl Progress {
    fn is_of(&self, wanted: &str) -> bool {
        self.fields.as_deref() == Some(wanted) && self.building.is_none()
    }
}

/// Reads the records anew that the next events speak of; how many events.
async fn events(tx: &TenantTx, catalog: &Catalog, most: usize) -> Result<usize, DbError> {
    let pending = Pending::read(tx, most).await?;
    for (object, records) in &pending.records {
        let records: Vec<Uuid> = records.iter().copied().collect();
        let texts = match catalog.object(object).map(|object| Subject::of(object)) {
            Some(subject) => {
                documents(&subject, &read::by_ids(tx, View::of_system(catalog), &subject, &records).await?)
            }
            None => Vec::new(),
        };
        store::write(tx, object, &records, &texts).await?;
    }
    pending.done(tx).await?;
    Ok(pending.events)
}

/// Goes on with making an object's entries anew, where its searchable fields are others than they were made from.
async fn rebuild(tx: &TenantTx, subject: &Subject<'_>, known: Option<Progress>, most: usize) -> Result<usize, DbError> {
    let wanted = subject.fingerprint();
    if known.as_ref().is_some_and(|known| known.is_of(&wanted)) {
        return Ok(0);
    }
    let last = known.filter(|known| known.building.as_ref() == Some(&wanted)).and_then(|known| known.last_read);
    let texts = read::after(tx, subject, last.unwrap_or_default(), most).await?;
    let records: Vec<Uuid> = texts.iter().map(|texts| texts.record).collect();
    let object = &*subject.object.name;
    store::write(tx, object, &records, &documents(subject, &texts)).await?;
    let is_whole = texts.len() < most;
    let (fields, building) = if is_whole { (Some(&wanted), None) } else { (None, Some(&wanted)) };
    let last = records.last().copied().or(last).filter(|_| !is_whole);
    let sql = format!(
        "INSERT INTO {}.search_object AS o (object, fields, building, last_read) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (object) DO UPDATE SET fields = coalesce(excluded.fields, o.fields), building = excluded.building, \
           last_read = excluded.last_read",
        tx.scope().schema()
    );
    tx.execute(&sql, &[&object, &fields, &building, &last]).await?;
    Ok(texts.len())
}

/// Takes away entries of an object that is no more.
async fn remove(tx: &TenantTx, object: &str, most: usize) -> Result<usize, DbError> {
    let removed = store::remove_some(tx, object, most).await?;
    if removed < most {
        let sql = format!("DELETE FROM {}.search_object WHERE object = $1", tx.scope().schema());
        tx.execute(&sql, &[&object]).await?;
    }
    Ok(removed)
}

fn documents(subject: &Subject<'_>, texts: &[Texts]) -> Vec<Document> {
    texts.iter().filter_map(|texts| Document::of(subject, texts)).collect()
}

async fn progress(conn: &TenantConn) -> Result<HashMap<String, Progress>, DbError> {
    let sql = format!("SELECT object, fields, building, last_read FROM {}.search_object", conn.scope().schema());
    let read = |row: &Row| (row.get(0), Progress { fields: row.get(1), building: row.get(2), last_read: row.get(3) });
    Ok(conn.query(&sql, &[]).await?.iter().map(read).collect())
}
