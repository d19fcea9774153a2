//! What the index proposes, the best first.

use std::fmt::Write as _;

use rapport_tenancy::{DbError, Row, TenantConn, ToSql};
use uuid::Uuid;

use super::query::Query;
use crate::{
    plan::Sql,
    rights::{Action, View},
};

/// A common word is in more entries than can be ranked while somebody waits; whose title starts with it are found apart.
const RANKED: usize = 2_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub object: String,
    pub record: Uuid,
    /// 3 and up where the title is what is looked for, 2 and up where it starts so, 1 and up where all words are there,
    /// below where some may be misspelt. What comes after the point is how well they are placed.
    pub score: f64,
}

/// How the words are asked for.
pub(super) struct Search<'s> {
    /// What is not in view is not looked into: not even the order of hits may speak of it.
    pub view: View<'s>,
    pub query: &'s Query,
    pub tsquery: &'s str,
    pub objects: &'s [&'s str],
    pub most: usize,
}

impl Search<'_> {
    /// All words are there.
    pub async fn by_words(&self, conn: &TenantConn) -> Result<Vec<Candidate>, DbError> {
        let matches = self.matches("$1::text::tsquery");
        let vector = if self.view.catalog.sees_restricted() { ALL_WORDS } else { "e.words" };
        let mut guard = Sql::behind(conn.scope().schema(), self.view, 3);
        let within_reach = self.within_reach(&mut guard);
        let sql = format!(
            "SELECT object, record_id, CASE WHEN title = $3 THEN 3 WHEN starts_with(title, $3) THEN 2 ELSE 1 END \
               + ts_rank_cd(vector, $1::text::tsquery, {BELOW_ONE})::float8 AS score \
             FROM (SELECT e.object, e.record_id, e.title, {vector} AS vector FROM {}.search_entry AS e \
                   WHERE {matches} AND e.object = ANY($2){within_reach} LIMIT {RANKED}) AS found \
             ORDER BY score DESC, title, record_id LIMIT {}",
            conn.scope().schema(),
            self.most
        );
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&self.tsquery, &self.objects, &self.query.title];
        parameters.extend(guard.params());
        self.read(conn, &sql, &parameters).await
    }

    /// The title is what is looked for, or starts so.
    pub async fn by_title(&self, conn: &TenantConn) -> Result<Vec<Candidate>, DbError> {
        let vector = if self.view.catalog.sees_restricted() { ALL_WORDS } else { "e.words" };
        let mut guard = Sql::behind(conn.scope().schema(), self.view, 4);
        let within_reach = self.within_reach(&mut guard);
        let sql = format!(
            "SELECT e.object, e.record_id, CASE WHEN e.title = $3 THEN 3 ELSE 2 END \
               + ts_rank_cd({vector}, $1::text::tsquery, {BELOW_ONE})::float8 \
             FROM {}.search_entry AS e WHERE e.title >= $3 AND e.title < $4 AND e.object = ANY($2){within_reach} \
             ORDER BY e.title, e.record_id LIMIT {}",
            conn.scope().schema(),
            self.most
        );
        let end = format!("{}\u{10ffff}", self.query.title);
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&self.tsquery, &self.objects, &self.query.title, &end];
        parameters.extend(guard.params());
        self.read(conn, &sql, &parameters).await
    }

    /// That an entry has the words of a query, in what is in view of it.
    pub fn matches(&self, query: &str) -> String {
        if self.view.catalog.sees_restricted() {
            format!("(e.words @@ {query} OR e.all_words @@ {query})")
        } else {
            format!("e.words @@ {query}")
        }
    }

    /// That the record is within the viewer's reach, of objects where not all are: there are only so many candidates, and
    /// those must not be used up by what nobody will be shown.
    pub fn within_reach(&self, guard: &mut Sql<'_>) -> String {
        let mut conditions = String::new();
        for object in self.objects.iter().filter_map(|object| self.view.catalog.object(object)) {
            if !self.view.catalog.granted(object).reach(Action::Read).is_all() {
                let rows = guard.rows(object);
                let _ = write!(
                    conditions,
                    " AND (e.object <> '{}' OR EXISTS (SELECT 1 FROM {rows} r WHERE r.id = e.record_id))",
                    object.name
                );
            }
        }
        conditions
    }

    async fn read(
        &self,
        conn: &TenantConn,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Candidate>, DbError> {
        let candidate = |row: &Row| Candidate { object: row.get(0), record: row.get(1), score: row.get(2) };
        Ok(conn.query(sql, parameters).await?.iter().map(candidate).collect())
    }
}

const ALL_WORDS: &str = "coalesce(e.all_words, e.words)";

/// Normalisation of `ts_rank_cd`: rank / (rank + 1).
const BELOW_ONE: u8 = 32;
