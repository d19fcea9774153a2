//! What became of each row of an import, as its workspace remembers it: the table `import_rows`.

use std::collections::BTreeMap;

use rapport_tenancy::{DbError, Row as DbRow, TenantConn, TenantDb};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    bind::Pass,
    problem::Problem,
    row::{Fate, RowOutcome},
};
use crate::wire::JsonText;

/// Where some rows of an import stand: the pass, and the first of them in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub import: Uuid,
    /// Of the pass, from 0.
    pub step: i32,
    pub first: i64,
}

const IDLE: char = 'I';
/// Broken when the same rows were written before.
const PRIMARY_KEY: &str = "import_rows_pkey";

/// Notes what became of rows that follow each other.
pub(super) async fn enter(
    conn: &TenantConn,
    position: Position,
    pass: &Pass,
    fates: &[Fate<'_>],
) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO {}.import_rows (import_id, step, first_row, step_name, file, lines, outcomes, records, problems) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        conn.scope().schema()
    );
    let lines: Vec<i64> = fates.iter().map(|fate| i64::try_from(fate.line).unwrap_or(i64::MAX)).collect();
    let outcomes: String = fates.iter().map(|fate| fate.outcome.map_or(IDLE, RowOutcome::letter)).collect();
    let records: Vec<Option<Uuid>> = fates.iter().map(|fate| fate.record).collect();
    let problems: BTreeMap<usize, &[Problem]> = fates
        .iter()
        .enumerate()
        .filter_map(|(place, fate)| (!fate.problems.is_empty()).then_some((place, fate.problems)))
        .collect();
    let problems = JsonText(serde_json::to_string(&problems).unwrap_or_else(|_| "{}".into()));
    let Position { import, step, first } = position;
    conn.execute(&sql, &[&import, &step, &first, &pass.name, &pass.file(), &lines, &outcomes, &records, &problems])
        .await
        .map(|_| ())
}

/// Whether these rows were written.
pub(super) async fn are_there(db: &TenantDb, position: Position) -> Result<bool, DbError> {
    let sql = format!(
        "SELECT 1 FROM {}.import_rows WHERE import_id = $1 AND step = $2 AND first_row = $3",
        db.scope().schema()
    );
    let Position { import, step, first } = position;
    Ok(!db.session().await?.query(&sql, &[&import, &step, &first]).await?.is_empty())
}

/// Whether it says that these rows were written before.
pub(super) fn is_repetition(error: &DbError) -> bool {
    matches!(error, DbError::UniqueViolation { constraint } if constraint == PRIMARY_KEY)
}

/// Which rows of an import to tell, in the order read.
#[derive(Debug, Clone)]
pub struct RowQuery {
    /// All when there are none.
    pub outcomes: Vec<RowOutcome>,
    pub first: usize,
    pub after: Option<RowPlace>,
}

/// Where a row stands in its import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    /// Of the step, from 0.
    pub step: i32,
    /// In it, from 0.
    pub row: i64,
}

/// One row and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedRow {
    #[serde(skip)]
    pub place: RowPlace,
    pub step: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the file, from 1; of the mapping where the row is in it.
    pub line: i64,
    pub outcome: RowOutcome,
    /// Its record. None where it was refused or left out, and in a dry run.
    pub record: Option<Uuid>,
    /// Why it was refused.
    pub problems: Vec<RowProblem>,
}

/// Something that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowProblem {
    pub code: String,
    #[serde(default)]
    pub column: Option<String>,
    pub message: String,
}

/// Rows of an import, and whether there are more.
pub async fn rows(db: &TenantDb, import: Uuid, query: &RowQuery) -> Result<(Vec<ImportedRow>, bool), DbError> {
    // Whole batches are passed over by their position and their letters.
    let sql = format!(
        "SELECT b.step, b.first_row + e.place - 1, b.step_name, b.file, e.line, e.outcome, e.record, b.problems->((e.place - 1)::text) \
         FROM {}.import_rows AS b CROSS JOIN LATERAL \
              unnest(b.lines, string_to_array(b.outcomes, NULL), b.records) WITH ORDINALITY AS e(line, outcome, record, place) \
         WHERE b.import_id = $1 AND (b.step, b.first_row + length(b.outcomes)) > ($2, $3) AND b.outcomes ~ $4 \
           AND e.outcome ~ $4 AND (b.step, b.first_row + e.place - 1) > ($2, $3) \
         ORDER BY b.step, b.first_row, e.place LIMIT $5",
        db.scope().schema()
    );
    let after = query.after.unwrap_or(RowPlace { step: 0, row: -1 });
    let outcomes = if query.outcomes.is_empty() { &RowOutcome::ALL[..] } else { &query.outcomes };
    let letters: String = outcomes.iter().map(|outcome| outcome.letter()).collect();
    let wanted = i64::try_from(query.first + 1).unwrap_or(i64::MAX);
    let found =
        db.session().await?.query(&sql, &[&import, &after.step, &after.row, &format!("[{letters}]"), &wanted]).await?;
    let rows = found.iter().take(query.first).map(read).collect();
    Ok((rows, found.len() > query.first))
}

fn read(row: &DbRow) -> ImportedRow {
    let problems: Option<serde_json::Value> = row.get(7);
    ImportedRow {
        place: RowPlace { step: row.get(0), row: row.get(1) },
        step: row.get(2),
        file: row.get(3),
        line: row.get(4),
        outcome: RowOutcome::of_letter(row.get(5)).unwrap_or(RowOutcome::Unchanged),
        record: row.get(6),
        problems: problems.and_then(|problems| serde_json::from_value(problems).ok()).unwrap_or_default(),
    }
}
