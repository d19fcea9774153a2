//! The rows of `metadata_conversion` and of what it left behind.

use chrono::{DateTime, Utc};
use rapport_tenancy::{DbError, Row, TenantConn, TenantTx};
use serde_json::Value as Json;
use uuid::Uuid;

use super::form::Form;
use crate::wire::Moment;

/// A conversion as it stands.
#[derive(Debug, Clone)]
pub struct Conversion {
    pub id: Uuid,
    /// Names of the object and the field, as they are now.
    pub object: String,
    pub name: String,
    pub state: State,
    pub on_failure: OnFailure,
    /// Why it failed.
    pub problem: Option<String>,
    /// Records with a value, those that are done (converted, or blank), and those whose value does not convert.
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    pub started_at: DateTime<Utc>,
    /// When nothing was left to do.
    pub finished_at: Option<DateTime<Utc>>,
    pub(super) before: Form,
    pub(super) after: Form,
    pub(super) field: Uuid,
    pub(super) spare: Uuid,
    pub(super) old_key: String,
    pub(super) new_key: String,
    pub(super) cursor: Uuid,
}

/// A value that does not convert.
#[derive(Debug, Clone)]
pub struct LeftBehind {
    pub record: Uuid,
    pub value: String,
    pub code: String,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Preparing,
    Copying,
    Settling,
    CatchingUp,
    Cleaning,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: [(Self, &str, &str); 8] = [
        (Self::Preparing, "PREPARING", "It waits until all who write know of it."),
        (Self::Copying, "COPYING", "Values are converted, record by record; the field is as it was."),
        (Self::Settling, "SETTLING", "The field has its new type; it waits until all who write know of that."),
        (Self::CatchingUp, "CATCHING_UP", "Values that were written meanwhile are converted."),
        (Self::Cleaning, "CLEANING", "The values of the old type are taken out of the records."),
        (Self::Done, "DONE", "The field has its new type."),
        (Self::Failed, "FAILED", "The field is as it was; see `problem` and `failures`."),
        (Self::Cancelled, "CANCELLED", "Somebody stopped it; the field is as it was."),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, ..)| *state == self).map_or("", |(_, name, _)| name)
    }

    fn read(text: &str) -> Self {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map_or(Self::Failed, |(state, ..)| *state)
    }

    /// The field is as it was.
    pub fn is_before_the_flip(self) -> bool {
        matches!(self, Self::Preparing | Self::Copying)
    }
}

/// What happens where a value does not convert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// The field stays as it is.
    #[default]
    Refuse,
    /// Those records have no value; what they had is in the report.
    KeepOut,
}

impl OnFailure {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "REFUSE",
            Self::KeepOut => "KEEP_OUT",
        }
    }
}

impl Conversion {
    pub fn from(&self) -> &str {
        &self.before.type_name
    }

    pub fn to(&self) -> &str {
        &self.after.type_name
    }

    fn read(row: &Row) -> Self {
        let form = |at: usize| {
            serde_json::from_value(row.get::<_, Json>(at)).unwrap_or(Form {
                type_name: String::new(),
                choices: Vec::new(),
                region: None,
                default: None,
            })
        };
        Self {
            id: row.get(0),
            object: row.get(1),
            name: row.get(2),
            state: State::read(row.get(3)),
            on_failure: if row.get::<_, &str>(4) == "KEEP_OUT" { OnFailure::KeepOut } else { OnFailure::Refuse },
            problem: row.get(5),
            total: row.get(6),
            done: row.get(7),
            failed: row.get(8),
            started_at: row.get::<_, Moment>(9).0,
            finished_at: row.get::<_, Option<Moment>>(10).map(|moment| moment.0),
            before: form(11),
            after: form(12),
            field: row.get(13),
            spare: row.get(14),
            old_key: row.get(15),
            new_key: row.get(16),
            cursor: row.get(17),
        }
    }
}

fn selection(schema: &str) -> String {
    format!(
        "SELECT c.id, f.object, f.name, c.state, c.on_failure, c.problem, greatest(c.total, c.done), c.done, \
           (SELECT count(*) FROM {schema}.metadata_conversion_failure AS l WHERE l.conversion = c.id AND l.message IS NOT NULL), \
           c.started_at, c.finished_at, c.before, c.after, c.field, c.spare, c.old_key, c.new_key, c.cursor \
         FROM {schema}.metadata_conversion AS c JOIN {schema}.metadata_field AS f ON f.id = c.field"
    )
}

pub async fn find(conn: &TenantConn, id: Uuid) -> Result<Option<Conversion>, DbError> {
    let sql = format!("{} WHERE c.id = $1", selection(conn.scope().schema()));
    Ok(conn.query(&sql, &[&id]).await?.first().map(Conversion::read))
}

/// The one to go on with.
pub(super) async fn unfinished(conn: &TenantConn) -> Result<Option<Conversion>, DbError> {
    let sql =
        format!("{} WHERE c.finished_at IS NULL ORDER BY c.started_at, c.id LIMIT 1", selection(conn.scope().schema()));
    Ok(conn.query(&sql, &[]).await?.first().map(Conversion::read))
}

/// Holds a conversion for a step. `None` while another node has it, or where it is no longer as it was seen.
pub(super) async fn hold(tx: &TenantTx, seen: &Conversion) -> Result<Option<Conversion>, DbError> {
    let sql = format!(
        "{} WHERE c.id = $1 AND c.state = $2 AND c.cursor = $3 AND c.finished_at IS NULL FOR NO KEY UPDATE OF c SKIP LOCKED",
        selection(tx.scope().schema())
    );
    let rows = tx.query(&sql, &[&seen.id, &seen.state.as_str(), &seen.cursor]).await?;
    Ok(rows.first().map(Conversion::read))
}

/// The same for whoever stops it, who waits for its turn.
pub(super) async fn wait_for(tx: &TenantTx, id: Uuid) -> Result<Option<Conversion>, DbError> {
    let sql = format!("{} WHERE c.id = $1 FOR NO KEY UPDATE OF c", selection(tx.scope().schema()));
    Ok(tx.query(&sql, &[&id]).await?.first().map(Conversion::read))
}

/// Begins a state, and its pass over the records.
pub(super) async fn enter(tx: &TenantTx, id: Uuid, state: State, problem: Option<&str>) -> Result<(), DbError> {
    let sql = format!(
        "UPDATE {}.metadata_conversion SET state = $2, problem = $3, cursor = $4, since = clock_timestamp(), barrier = NULL WHERE id = $1",
        tx.scope().schema()
    );
    tx.execute(&sql, &[&id, &state.as_str(), &problem, &Uuid::nil()]).await.map(|_| ())
}

/// How far the pass is.
pub(super) async fn advance(tx: &TenantTx, id: Uuid, cursor: Uuid, done: i64) -> Result<(), DbError> {
    let sql =
        format!("UPDATE {}.metadata_conversion SET cursor = $2, done = done + $3 WHERE id = $1", tx.scope().schema());
    tx.execute(&sql, &[&id, &cursor, &done]).await.map(|_| ())
}

/// Values that do not convert, in the order of their records, beyond the record `after`. `None` without such a conversion.
pub async fn failures(
    conn: &TenantConn,
    id: Uuid,
    first: i64,
    after: Option<Uuid>,
) -> Result<Option<Vec<LeftBehind>>, DbError> {
    let Some(conversion) = find(conn, id).await? else { return Ok(None) };
    let sql = format!(
        "SELECT record, value, coalesce(code, ''), message FROM {}.metadata_conversion_failure \
         WHERE conversion = $1 AND message IS NOT NULL AND record > $2 ORDER BY record LIMIT $3",
        conn.scope().schema()
    );
    let rows = conn.query(&sql, &[&id, &after.unwrap_or_default(), &first]).await?;
    let left = |row: &Row| LeftBehind {
        record: row.get(0),
        value: conversion.before.shown(&row.get::<_, Json>(1)),
        code: row.get(2),
        message: row.get(3),
    };
    Ok(Some(rows.iter().map(left).collect()))
}
