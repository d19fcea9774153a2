//! What the index proposes, the best first.

use rapport_tenancy::{DbError, Role, Row, TenantConn};
use uuid::Uuid;

use super::query::Query;

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
    /// What owners alone see is not looked into for others: not even the order of hits may speak of it.
    pub role: Role,
    pub query: &'s Query,
    pub tsquery: &'s str,
    pub objects: &'s [&'s str],
    pub most: usize,
}

impl Search<'_> {
    /// All words are there.
    pub async fn by_words(&self, conn: &TenantConn) -> Result<Vec<Candidate>, DbError> {
        let (matches, vector) = match self.role {
            Role::Owner => ("(e.words @@ $1::text::tsquery OR e.all_words @@ $1::text::tsquery)", ALL_WORDS),
            Role::Member => ("e.words @@ $1::text::tsquery", "e.words"),
        };
        let sql = format!(
            "SELECT object, record_id, CASE WHEN title = $3 THEN 3 WHEN starts_with(title, $3) THEN 2 ELSE 1 END \
               + ts_rank_cd(vector, $1::text::tsquery, {BELOW_ONE})::float8 AS score \
             FROM (SELECT e.object, e.record_id, e.title, {vector} AS vector FROM {}.search_entry AS e \
                   WHERE {matches} AND e.object = ANY($2) LIMIT {RANKED}) AS found \
             ORDER BY score DESC, title, record_id LIMIT {}",
            conn.scope().schema(),
            self.most
        );
        self.read(conn, &sql, &[&self.tsquery, &self.objects, &self.query.title]).await
    }

    /// The title is what is looked for, or starts so.
    pub async fn by_title(&self, conn: &TenantConn) -> Result<Vec<Candidate>, DbError> {
        let vector = if self.role == Role::Owner { ALL_WORDS } else { "e.words" };
        let sql = format!(
            "SELECT e.object, e.record_id, CASE WHEN e.title = $3 THEN 3 ELSE 2 END \
               + ts_rank_cd({vector}, $1::text::tsquery, {BELOW_ONE})::float8 \
             FROM {}.search_entry AS e WHERE e.title >= $3 AND e.title < $4 AND e.object = ANY($2) \
             ORDER BY e.title, e.record_id LIMIT {}",
            conn.scope().schema(),
            self.most
        );
        let end = format!("{}\u{10ffff}", self.query.title);
        self.read(conn, &sql, &[&self.tsquery, &self.objects, &self.query.title, &end]).await
    }

    async fn read(
        &self,
        conn: &TenantConn,
        sql: &str,
        parameters: &[&(dyn rapport_tenancy::ToSql + Sync)],
    ) -> Result<Vec<Candidate>, DbError> {
        let candidate = |row: &Row| Candidate { object: row.get(0), record: row.get(1), score: row.get(2) };
        Ok(conn.query(sql, parameters).await?.iter().map(candidate).collect())
    }
}

const ALL_WORDS: &str = "coalesce(e.all_words, e.words)";

/// Normalisation of `ts_rank_cd`: rank / (rank + 1).
const BELOW_ONE: u8 = 32;
