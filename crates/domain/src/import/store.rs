use chrono::{DateTime, Utc};
use rapport_tenancy::{DbError, Row, TenantDb, UserId};
use serde::Serialize;
use uuid::Uuid;

use super::report::{Report, RowError, UndoReport};
use crate::wire::{JsonText, Moment};

/// An import as its workspace remembers it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    pub id: Uuid,
    pub state: State,
    pub dry_run: bool,
    pub files: Vec<String>,
    /// The user who started it; none for an API key and the command line.
    pub actor: Option<Uuid>,
    /// The user or the API key that started it.
    #[serde(skip)]
    pub subject: Option<Uuid>,
    pub rows_total: i64,
    pub rows_done: i64,
    /// The step that is being read.
    pub step: Option<String>,
    /// Once it has ended, well or not.
    pub report: Option<Report>,
    /// The first refused rows.
    pub errors: Vec<RowError>,
    pub undo: Option<UndoReport>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Running,
    Succeeded,
    /// Ended early; the report says why. What was written stays; run it again to go on.
    Failed,
    Cancelled,
    /// Nothing was heard of it for a while: the process that ran it is gone. Run it again to go on.
    Interrupted,
    Undone,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Interrupted => "INTERRUPTED",
            Self::Undone => "UNDONE",
        }
    }

    fn read(text: &str, alive: bool) -> Self {
        match text {
            "SUCCEEDED" => Self::Succeeded,
            "CANCELLED" => Self::Cancelled,
            "UNDONE" => Self::Undone,
            "RUNNING" if alive => Self::Running,
            "RUNNING" => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

pub(super) struct New<'n> {
    pub dry_run: bool,
    pub fingerprint: &'n str,
    pub files: &'n [String],
    pub rows_total: u64,
}

pub(super) async fn open(db: &TenantDb, new: New<'_>) -> Result<Uuid, DbError> {
    let (session, id, actor) = (db.session().await?, Uuid::now_v7(), db.scope().actor());
    let user = actor.user_id().map(UserId::uuid);
    let sql = format!(
        "INSERT INTO {}.import (id, state, dry_run, fingerprint, files, actor, subject, rows_total) VALUES ($1, 'RUNNING', $2, $3, $4, $5, $6, $7)",
        db.scope().schema()
    );
    let total = i64::try_from(new.rows_total).unwrap_or(i64::MAX);
    session
        .execute(&sql, &[&id, &new.dry_run, &new.fingerprint, &new.files, &user, &actor.subject.id(), &total])
        .await?;
    Ok(id)
}

/// Says that it is alive; answers whether it should stop.
pub(super) async fn touch(db: &TenantDb, id: Uuid, done: u64, step: &str) -> Result<bool, DbError> {
    let sql = format!(
        "UPDATE {}.import SET rows_done = $2, step = $3, seen_at = now() WHERE id = $1 RETURNING cancel_requested",
        db.scope().schema()
    );
    let done = i64::try_from(done).unwrap_or(i64::MAX);
    let rows = db.session().await?.query(&sql, &[&id, &done, &step]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

pub(super) async fn close(
    db: &TenantDb,
    id: Uuid,
    state: State,
    report: &Report,
    errors: &[RowError],
) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE {}.import SET state = $2, report = $3, errors = $4, rows_done = $5, step = NULL, seen_at = now(), finished_at = now() WHERE id = $1",
        db.scope().schema()
    );
    let done = i64::try_from(report.total().read).unwrap_or(i64::MAX);
    db.session().await?.execute(&sql, &[&id, &state.as_str(), &json(report), &json(&errors), &done]).await?;
    Ok(())
}

pub(super) async fn undone(db: &TenantDb, id: Uuid, report: &UndoReport) -> Result<(), DbError> {
    let sql = format!("UPDATE {}.import SET state = 'UNDONE', undo = $2 WHERE id = $1", db.scope().schema());
    db.session().await?.execute(&sql, &[&id, &json(report)]).await?;
    Ok(())
}

/// Asks a running import to stop after the rows it is writing. False if there is none.
pub async fn cancel(db: &TenantDb, id: Uuid) -> Result<bool, DbError> {
    let sql = format!(
        "UPDATE {}.import SET cancel_requested = true WHERE id = $1 AND state = 'RUNNING'",
        db.scope().schema()
    );
    Ok(db.session().await?.execute(&sql, &[&id]).await? > 0)
}

/// An import of this workspace.
pub async fn find(db: &TenantDb, id: Uuid) -> Result<Option<Import>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM {}.import WHERE id = $1", db.scope().schema());
    Ok(db.session().await?.query(&sql, &[&id]).await?.first().map(read))
}

/// Whether the same mapping and files were brought in before, whatever became of the records since.
pub async fn was_done(db: &TenantDb, fingerprint: &str) -> Result<bool, DbError> {
    let sql = format!(
        "SELECT 1 FROM {}.import WHERE fingerprint = $1 AND NOT dry_run AND state IN ('SUCCEEDED', 'UNDONE') LIMIT 1",
        db.scope().schema()
    );
    Ok(!db.session().await?.query(&sql, &[&fingerprint]).await?.is_empty())
}

/// A running import counts as interrupted after a minute of silence.
const COLUMNS: &str = "id, state, seen_at > now() - interval '60 seconds', dry_run, files, actor, rows_total, rows_done, step, report, errors, undo, started_at, finished_at, subject";

fn read(row: &Row) -> Import {
    let json = |at: usize| row.get::<_, Option<serde_json::Value>>(at);
    let report = json(9).and_then(|report| serde_json::from_value(report).ok());
    Import {
        id: row.get(0),
        state: State::read(row.get(1), row.get(2)),
        dry_run: row.get(3),
        files: row.get(4),
        actor: row.get(5),
        subject: row.get(14),
        rows_total: row.get(6),
        rows_done: row.get(7),
        step: row.get(8),
        report,
        errors: json(10).and_then(|errors| serde_json::from_value(errors).ok()).unwrap_or_default(),
        undo: json(11).and_then(|undo| serde_json::from_value(undo).ok()),
        started_at: row.get::<_, Moment>(12).0,
        finished_at: row.get::<_, Option<Moment>>(13).map(|moment| moment.0),
    }
}

fn json(value: &impl Serialize) -> JsonText {
    JsonText(serde_json::to_string(value).unwrap_or_else(|_| "null".into()))
}
