//! The log as people read it: who did what, when and from where. Of what records held a reader sees the fields that they may
//! read in the records themselves.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use rapport_tenancy::{DbError, Row, TenantConn, ToSql};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use super::visible::Visible;
use crate::{catalog::Catalog, wire::Moment};

/// Which entries are wanted; all that it says must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Name of an object: `Contact`.
    pub object: Option<String>,
    /// Entries about this record, reads of it included.
    pub record: Option<Uuid>,
    /// Who acted: a user or an API key.
    pub subject: Option<Uuid>,
    /// A type, `contact.updated`, or the start of some before a `*`: `user.*`.
    pub kind: Option<String>,
    pub from: Option<DateTime<Utc>>,
    /// Up to and without.
    pub to: Option<DateTime<Utc>>,
    pub request: Option<String>,
    pub import: Option<Uuid>,
}

/// One entry, as far as its reader may see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number: cursors are made of it.
    #[serde(skip)]
    pub number: i64,
    pub id: String,
    pub occurred_at: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub object: Option<String>,
    pub record_id: Option<Uuid>,
    pub version: Option<i32>,
    pub changed: Vec<String>,
    pub before: Option<Json>,
    pub after: Option<Json>,
    pub details: Option<Json>,
    pub actor: Actor,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub trace_id: Option<String>,
    pub import_id: Option<Uuid>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    pub kind: String,
    pub id: Option<Uuid>,
    /// Of a user or a key, as it is now.
    pub name: Option<String>,
    pub through: Option<String>,
    pub through_id: Option<Uuid>,
}

/// What a key is called, as the log told last.
const KEY_NAME: &str = "SELECT k.after ->> 'name' FROM {schema}.event AS k \
    WHERE k.record_id = e.subject AND k.object = 'ApiKey' AND k.after ? 'name' ORDER BY k.id DESC LIMIT 1";

/// The newest entries that match, before the entry with number `before`; and whether there are more.
pub async fn page(
    conn: &TenantConn,
    catalog: &Catalog,
    filter: &Filter,
    before: Option<i64>,
    most: usize,
) -> Result<(Vec<Entry>, bool), DbError> {
    let schema = conn.scope().schema();
    let mut conditions = Conditions::default();
    conditions.and("e.id <", before);
    conditions.and("e.object =", filter.object.clone());
    if let Some(record) = filter.record {
        let (id, text) = (conditions.bind(record), conditions.bind(record.to_string()));
        conditions
            .sql
            .push(format!("(e.record_id = {id} OR e.details ? 'records' AND e.details -> 'records' ? {text})"));
    }
    conditions.and("coalesce(e.subject, e.actor) =", filter.subject);
    match filter.kind.as_deref().map(|kind| (kind, kind.strip_suffix('*'))) {
        Some((_, Some(start))) => conditions.and("starts_with(e.type, ", Some(start.to_owned())),
        Some((kind, None)) => conditions.and("e.type =", Some(kind.to_owned())),
        None => {}
    }
    conditions.and("e.occurred_at >=", filter.from.map(Moment));
    conditions.and("e.occurred_at <", filter.to.map(Moment));
    conditions.and("e.request_id =", filter.request.clone());
    conditions.and("e.import_id =", filter.import);
    let key_name = KEY_NAME.replace("{schema}", schema);
    let sql = format!(
        "SELECT e.id, e.uid, e.occurred_at, e.type, e.object, e.record_id, e.version, e.changed, e.before, e.after, e.details, \
            coalesce(e.subject_kind, CASE WHEN e.actor IS NULL THEN 'SYSTEM' ELSE 'USER' END), coalesce(e.subject, e.actor), \
            coalesce(u.name, CASE WHEN e.subject_kind = 'API_KEY' THEN ({key_name}) END), e.through_kind, e.through, e.address, e.user_agent, e.request_id, e.trace_id, e.import_id \
         FROM {schema}.event AS e LEFT JOIN {schema}.users AS u ON u.id = coalesce(e.subject, e.actor) \
         {} ORDER BY e.id DESC LIMIT {}",
        conditions.text(),
        most + 1
    );
    let parameters: Vec<&(dyn ToSql + Sync)> =
        conditions.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
    let rows = conn.query(&sql, &parameters).await?;
    let visible = Visible::to(conn, catalog).await?;
    let entries = rows.iter().take(most).map(|row| Entry::of(row, &visible)).collect();
    Ok((entries, rows.len() > most))
}

#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Conditions {
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    fn and(&mut self, left: &str, value: Option<impl ToSql + Sync + Send + 'static>) {
        let Some(value) = value else { return };
        let place = self.bind(value);
        let close = if left.contains('(') && !left.contains(')') { ")" } else { "" };
        self.sql.push(format!("{left} {place}{close}"));
    }

    fn text(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!("WHERE {}", self.sql.join(" AND ")) }
    }
}

impl Entry {
    fn of(row: &Row, visible: &Visible<'_>) -> Self {
        let number: i64 = row.get(0);
        let object: Option<String> = row.get(4);
        let shown = visible.of(object.as_deref());
        let side = |at: usize| row.get::<_, Option<Json>>(at).map(|side| shown.values(side));
        let changed: Vec<String> = row.get(7);
        Self {
            number,
            // An entry from before there were ids goes by its number.
            id: row.get::<_, Option<Uuid>>(1).map_or_else(|| number.to_string(), |uid| uid.to_string()),
            occurred_at: row.get::<_, Moment>(2).0.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            kind: row.get(3),
            record_id: row.get(5),
            version: row.get(6),
            changed: changed.into_iter().filter(|name| shown.has(name)).collect(),
            before: side(8),
            after: side(9),
            details: row.get::<_, Option<Json>>(10).map(|details| shown.details(details)),
            actor: Actor {
                kind: row.get(11),
                id: row.get(12),
                name: row.get(13),
                through: row.get(14),
                through_id: row.get(15),
            },
            address: row.get(16),
            user_agent: row.get(17),
            request_id: row.get(18),
            trace_id: row.get(19),
            import_id: row.get(20),
            object,
        }
    }
}
