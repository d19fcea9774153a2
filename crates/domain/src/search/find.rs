//! From a query to what is found.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rapport_tenancy::{DbError, TenantConn, TenantDb, TenantTx};
use uuid::Uuid;

use super::{
    candidates::{Candidate, Search},
    highlight::{Match, found},
    query::{Query, folded},
    read::{self, Texts},
    spelling::{Spelling, spellings},
    subject::Subject,
};
use crate::{plan::Seen, record::Origin, rights::View};

/// Candidates beyond the hits that are wanted, for those that turn out not to be any.
const SPARE: usize = 40;

/// A record that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Name of the object.
    pub object: Arc<str>,
    pub record: Uuid,
    pub title: String,
    pub score: f64,
    pub matches: Vec<Match>,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Finding {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Some of them show sensitive fields: that is in the audit log now.
    pub noted: bool,
}

/// The records of some objects of the catalog that have all words of the query, the best first; where they are fewer than
/// `first`, those follow that have words like them. What is not in view is not looked into.
#[tracing::instrument(name = "search.find", skip_all, fields(tenant.id = %db.scope().tenant()))]
pub async fn find(
    db: &TenantDb,
    view: View<'_>,
    query: &Query,
    objects: &[&str],
    first: usize,
    origin: &Origin,
) -> Result<Finding, DbError> {
    if query.terms.is_empty() || objects.is_empty() {
        return Ok(Finding::default());
    }
    let finder = Finder { view, query, objects, first };
    let session = db.session().await?;
    let mut hits = finder.exact(&session).await?;
    drop(session);
    if hits.len() < first {
        let tx = db.begin().await?;
        let alike = finder.alike(&tx, &hits).await?;
        tx.rollback().await;
        hits.extend(alike);
        hits.truncate(first);
    }
    let noted = note(db, view, &hits, origin).await?;
    Ok(Finding { hits, noted })
}

/// Hits that show a sensitive field enter the log before they are told of.
async fn note(db: &TenantDb, view: View<'_>, hits: &[Hit], origin: &Origin) -> Result<bool, DbError> {
    let seen = Seen::default();
    let mut shows_some = false;
    for hit in hits {
        let Some(object) = view.catalog.object(&hit.object) else { continue };
        let names = hit.matches.iter().map(|found| &found.field).chain([&object.name_field]);
        for field in names.filter_map(|name| object.field(name)).filter(|field| field.is_sensitive()) {
            seen.value(object, field, hit.record);
            shows_some = true;
        }
    }
    if !shows_some {
        return Ok(false);
    }
    seen.note(&*db.session().await?, view.catalog, origin).await
}

struct Finder<'f> {
    view: View<'f>,
    query: &'f Query,
    objects: &'f [&'f str],
    first: usize,
}

impl Finder<'_> {
    async fn exact(&self, conn: &TenantConn) -> Result<Vec<Hit>, DbError> {
        let tsquery = self.query.tsquery(&[]);
        let search = self.search(&tsquery);
        // Whose title starts with it comes before all others: where they are enough, those are not even counted.
        let mut candidates = search.by_title(conn).await?;
        if candidates.len() < search.most {
            candidates.extend(search.by_words(conn).await?);
        }
        let mut seen = HashSet::new();
        candidates.retain(|candidate| seen.insert((candidate.object.clone(), candidate.record)));
        // Stable: those with equal scores stay in the order of their titles.
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.hits(conn, candidates, &[]).await
    }

    /// Hits that are none of `hits`, by words that are like those of the query.
    async fn alike(&self, tx: &TenantTx, hits: &[Hit]) -> Result<Vec<Hit>, DbError> {
        let spellings = spellings(tx, &self.search("")).await?;
        if spellings.iter().all(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let tsquery = self.query.tsquery(&spellings);
        let mut candidates = self.search(&tsquery).by_words(tx).await?;
        candidates.retain(|candidate| {
            hits.iter().all(|hit| (hit.record, &*hit.object) != (candidate.record, &*candidate.object))
        });
        for candidate in &mut candidates {
            candidate.score = candidate.score.fract();
        }
        let mut alike = self.hits(tx, candidates, &spellings).await?;
        alike.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(alike)
    }

    fn search<'s>(&'s self, tsquery: &'s str) -> Search<'s> {
        Search { view: self.view, query: self.query, tsquery, objects: self.objects, most: self.first + SPARE }
    }

    /// Those of the candidates that are hits.
    async fn hits(
        &self,
        conn: &TenantConn,
        candidates: Vec<Candidate>,
        spellings: &[Vec<Spelling>],
    ) -> Result<Vec<Hit>, DbError> {
        let mut hits = Vec::new();
        for candidates in candidates.chunks(self.first + SPARE) {
            let mut texts = self.texts(conn, candidates).await?;
            for Candidate { object, record, score } in candidates {
                let Some(object) = self.view.catalog.object(object) else { continue };
                let Some(texts) = texts.remove(&(object.name.clone(), *record)) else { continue };
                let subject = Subject::of(object);
                let Some(found) = found(self.query, spellings, &subject, &texts) else { continue };
                #[expect(clippy::cast_precision_loss, reason = "a handful")]
                let score = score / (1 + found.distance) as f64;
                let title = title(&subject, &texts);
                let score = if self.is_in_part(&subject) { self.seen_score(&title, &found.matches) } else { score };
                hits.push(Hit { object: object.name.clone(), record: *record, title, score, matches: found.matches });
            }
            if hits.len() >= self.first {
                break;
            }
        }
        // What a hit is worth may be told by less than the index knows: then they stand otherwise.
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(self.first);
        Ok(hits)
    }

    /// Whether the index has words of the object that are not in view.
    fn is_in_part(&self, subject: &Subject<'_>) -> bool {
        let whole = self.view.catalog.whole().object(&subject.object.name);
        whole.is_some_and(|whole| Subject::of(whole).fields.len() > subject.fields.len())
    }

    /// How good a hit is by what is in view of it alone.
    fn seen_score(&self, title: &str, matches: &[Match]) -> f64 {
        let folded = folded(title);
        let by_title = if folded == self.query.title {
            3.0
        } else if folded.starts_with(&self.query.title) {
            2.0
        } else {
            1.0
        };
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let placed = matches.len() as f64;
        by_title + placed / (placed + 1.0) / 2.0
    }

    /// What the records say now, where they are live.
    async fn texts(
        &self,
        conn: &TenantConn,
        candidates: &[Candidate],
    ) -> Result<HashMap<(Arc<str>, Uuid), Texts>, DbError> {
        let mut records: HashMap<&str, Vec<Uuid>> = HashMap::new();
        for candidate in candidates {
            records.entry(&candidate.object).or_default().push(candidate.record);
        }
        let reads = records.into_iter().filter_map(|(object, records)| {
            let object = self.view.catalog.object(object)?;
            Some(async move {
                let read = read::by_ids(conn, self.view, &Subject::of(object), &records).await;
                read.map(|read| read.into_iter().map(|texts| ((object.name.clone(), texts.record), texts)))
            })
        });
        Ok(futures::future::try_join_all(reads).await?.into_iter().flatten().collect())
    }
}

/// The name of a record, else the first of its texts.
fn title(subject: &Subject<'_>, read: &Texts) -> String {
    let named = subject.fields.first().filter(|field| subject.is_name(field)).and(read.texts.first());
    let text = named.and_then(Option::as_ref).or_else(|| read.texts.iter().flatten().next());
    text.map(|text| text.trim().to_owned()).unwrap_or_default()
}
