//! Reads of what is searched, from the records themselves.

use rapport_tenancy::{DbError, Row, TenantConn, ToSql};
use uuid::Uuid;

use super::subject::Subject;
use crate::{plan::Sql, rights::View};

/// The texts of a record, one for each field of its [`Subject`].
pub(super) struct Texts {
    pub record: Uuid,
    pub texts: Vec<Option<String>>,
}

impl Texts {
    fn of(row: &Row) -> Self {
        Self { record: row.get(0), texts: (1..row.len()).map(|at| row.get(at)).collect() }
    }
}

/// Those of the records that are live and there for somebody.
pub(super) async fn by_ids(
    conn: &TenantConn,
    view: View<'_>,
    subject: &Subject<'_>,
    ids: &[Uuid],
) -> Result<Vec<Texts>, DbError> {
    let mut guard = Sql::behind(conn.scope().schema(), view, 1);
    let rows = guard.rows(subject.object);
    let sql = format!("SELECT {} FROM {rows} AS r WHERE r.id = ANY($1) AND r.deleted_at IS NULL", subject.selection());
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids];
    parameters.extend(guard.params());
    Ok(conn.query(&sql, &parameters).await?.iter().map(Texts::of).collect())
}

/// The next live records beyond an id, in the order of ids.
pub(super) async fn after(
    conn: &TenantConn,
    subject: &Subject<'_>,
    id: Uuid,
    most: usize,
) -> Result<Vec<Texts>, DbError> {
    let sql = format!(
        "SELECT {} FROM {} WHERE r.id > $1 AND r.deleted_at IS NULL ORDER BY r.id LIMIT {most}",
        subject.selection(),
        subject.table(conn.scope().schema())
    );
    Ok(conn.query(&sql, &[&id]).await?.iter().map(Texts::of).collect())
}

/// How many records are beyond an id, counted to `most`.
pub(super) async fn count_after(
    conn: &TenantConn,
    subject: &Subject<'_>,
    id: Uuid,
    most: usize,
) -> Result<usize, DbError> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT FROM {} WHERE r.id > $1 AND r.deleted_at IS NULL LIMIT {most}) AS counted",
        subject.table(conn.scope().schema())
    );
    let rows = conn.query(&sql, &[&id]).await?;
    Ok(rows.first().map_or(0, |row| usize::try_from(row.get::<_, i64>(0)).unwrap_or(most)))
}
