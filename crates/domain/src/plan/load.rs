//! Runs a plan's statements, level by level: one for the root, then one for each edge, whatever the
//! number of parents. Edges of a level travel together on one connection.

use std::{collections::HashMap, ops::Range};

use futures::future::{BoxFuture, FutureExt as _, try_join_all};
use rapport_tenancy::{Row, TenantConn};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Written,
    cursor::Binding,
    error::Error,
    filter,
    json::Writer,
    keys::Keys,
    list::List,
    record::{Edge, Reading},
    seen::Seen,
    sort::Order,
    sql::{Param, Sql},
    unreadable::{self, Reason, Unreadable},
    window::Window,
};
use crate::{
    catalog::{Catalog, Object},
    query::Variables,
    record::Origin,
    rights::{View, Viewer},
};

/// One run of a plan.
pub(super) struct Run<'r> {
    pub conn: &'r TenantConn,
    pub catalog: &'r Catalog,
    pub viewer: &'r Viewer,
    pub variables: &'r Variables,
    pub keys: Keys,
    pub seen: Seen,
}

/// Rows of one statement, with the lists that hang on them.
pub(super) struct Records {
    pub rows: Vec<Row>,
    pub edges: Vec<Lists>,
}

/// One list for each parent, from one statement.
pub(super) struct Lists {
    pub records: Records,
    /// The rows of each parent, in the order read.
    spans: Vec<Range<usize>>,
    counts: Vec<i64>,
    parents: HashMap<Uuid, usize>,
    pub window: Window,
    pub binding: Binding,
    /// Where the columns with the sort keys start, and how many there are.
    pub keys: Range<usize>,
}

/// One parent's list.
pub(super) struct Page<'l> {
    pub rows: Range<usize>,
    pub has_previous: bool,
    pub has_next: bool,
    pub count: i64,
    pub lists: &'l Lists,
}

impl Lists {
    pub fn page(&self, parent: Option<Uuid>) -> Page<'_> {
        let at = parent.map_or(Some(0), |parent| self.parents.get(&parent).copied());
        let span = at.and_then(|at| self.spans.get(at).cloned()).unwrap_or(0..0);
        let more = span.len() > self.window.limit;
        let (has_previous, has_next) = self.window.neighbours(more);
        let rows = span.start..span.start + span.len().min(self.window.limit);
        let count = at.and_then(|at| self.counts.get(at).copied()).unwrap_or(0);
        Page { rows, has_previous, has_next, count, lists: self }
    }
}

/// What a list's arguments come to in one request.
struct Resolved<'l> {
    list: &'l List,
    filter: Option<Json>,
    order: Order,
    window: Window,
    binding: Binding,
}

impl<'r> Run<'r> {
    pub(super) fn sql(&self) -> Sql<'r> {
        Sql::new(self.conn.scope().schema(), View { catalog: self.catalog, viewer: self.viewer })
    }

    pub async fn record(&self, reading: &Reading, id: Uuid, out: &mut Vec<u8>) -> Result<Vec<Unreadable>, Error> {
        let mut sql = self.sql();
        push_select(&mut sql, reading, &[]);
        sql.push(" FROM ").table(&reading.object).push(" t");
        push_joins(&mut sql, reading);
        sql.push(" WHERE t.id = ").bind(Param::Uuid(id), "uuid").push(" AND t.deleted_at IS NULL");
        let records = self.records(reading, self.query(&sql).await?).await?;
        let write = |writer: &mut Writer<'_>| {
            if records.rows.is_empty() {
                writer.null();
                return Ok(());
            }
            writer.record(reading, &records, 0)
        };
        self.write(out, write).await
    }

    /// Writes an answer; a second time, with the keys as they are now, where it has a value of a key that is not known.
    pub(super) async fn write(
        &self,
        out: &mut Vec<u8>,
        write: impl Fn(&mut Writer<'_>) -> Result<(), Error>,
    ) -> Result<Vec<Unreadable>, Error> {
        let start = out.len();
        let mut writer = Writer::new(out, &self.keys);
        write(&mut writer)?;
        let mut unreadable = std::mem::take(&mut writer.unreadable);
        if unreadable.iter().any(|value| value.reason == Reason::UnknownKey) {
            let keys = Keys::again(self.conn).await?;
            out.truncate(start);
            let mut writer = Writer::new(out, &keys);
            write(&mut writer)?;
            unreadable = writer.unreadable;
        }
        unreadable::tell(&unreadable);
        Ok(unreadable)
    }

    /// The records of these ids, in the bin or not, each as JSON.
    pub async fn records_of(&self, reading: &Reading, ids: &[Uuid]) -> Result<HashMap<Uuid, Written>, Error> {
        let mut sql = self.sql();
        push_select(&mut sql, reading, &["t.id".into()]);
        sql.push(" FROM ").table(&reading.object).push(" t");
        push_joins(&mut sql, reading);
        match ids {
            // One id is looked up, whatever the table was when the statement was planned.
            [id] => sql.push(" WHERE t.id = ").bind(Param::Uuid(*id), "uuid"),
            ids => sql.push(" WHERE t.id = ANY(").bind(Param::Uuids(ids.to_vec()), "uuid[]").push(")"),
        };
        let records = self.records(reading, self.query(&sql).await?).await?;
        let id = reading.columns.len();
        let mut found = HashMap::with_capacity(records.rows.len());
        for (at, row) in records.rows.iter().enumerate() {
            let mut json = Vec::with_capacity(256);
            let unreadable = self.write(&mut json, |writer| writer.record(reading, &records, at)).await?;
            found.insert(row.try_get(id).map_err(|_| undecoded(&reading.object, id))?, Written { json, unreadable });
        }
        Ok(found)
    }

    pub async fn root_list(&self, list: &List, out: &mut Vec<u8>) -> Result<Vec<Unreadable>, Error> {
        let (resolved, sql) = self.resolve(list)?;
        let (rows, counts) =
            futures::future::try_join(self.root_rows(&resolved, sql), self.root_count(&resolved)).await?;
        self.seen.show(&list.reading, &rows.iter().take(resolved.window.limit))?;
        let edges = self.edges(&list.reading, &rows).await?;
        let lists = resolved.lists(Records { rows, edges }, None, counts, HashMap::new());
        let page = lists.page(None);
        self.write(out, |writer| writer.list(list, &page)).await
    }

    /// With the statement that its order is made for.
    fn resolve<'l>(&self, list: &'l List) -> Result<(Resolved<'l>, Sql<'r>), Error> {
        let mut sql = self.sql();
        let resolved = self.resolved(list, &mut sql).map_err(|error| error.below(&list.path))?;
        Ok((resolved, sql))
    }

    fn resolved<'l>(&self, list: &'l List, sql: &mut Sql<'_>) -> Result<Resolved<'l>, Error> {
        let scope = self.conn.scope();
        let filter = list.args.filter.resolve(self.variables).filter(|filter| !filter.is_null());
        let order_by = list.args.order_by.resolve(self.variables);
        let order = Order::resolve(sql, &list.reading.object, "t", order_by.as_ref(), "orderBy")?;
        let binding = if list.wants_cursors || !list.args.after.is_absent() || !list.args.before.is_absent() {
            Binding::of(scope.tenant().uuid().as_bytes(), &list.name, filter.as_ref(), order_by.as_ref())
        } else {
            Binding::none()
        };
        let window = Window::resolve(&list.args, self.variables, binding, &order)?;
        Ok(Resolved { list, filter, order, window, binding })
    }

    async fn root_rows(&self, resolved: &Resolved<'_>, mut sql: Sql<'_>) -> Result<Vec<Row>, Error> {
        if !resolved.list.wants_rows {
            return Ok(Vec::new());
        }
        let reading = &resolved.list.reading;
        push_select(&mut sql, reading, &resolved.key_columns());
        let records = sql.rows_for(&reading.object, resolved.list.action());
        if reading.joins.is_empty() {
            sql.push(" FROM ").push(&records).push(" t WHERE ");
            self.push_window(&mut sql, resolved)?;
        } else {
            // The window is cut before the joins, so that they touch the records of the page alone.
            sql.push(" FROM (SELECT t.* FROM ").push(&records).push(" t WHERE ");
            self.push_window(&mut sql, resolved)?;
            sql.push(") t");
            push_joins(&mut sql, reading);
            resolved.order.push(&mut sql, resolved.window.backward);
        }
        self.query(&sql).await
    }

    async fn root_count(&self, resolved: &Resolved<'_>) -> Result<Vec<i64>, Error> {
        if !resolved.list.wants_count {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        let records = sql.rows_for(&resolved.list.reading.object, resolved.list.action());
        sql.push("SELECT count(*) FROM ").push(&records).push(" t WHERE ");
        self.push_condition(&mut sql, resolved)?;
        Ok(self.query(&sql).await?.iter().map(|row| row.get(0)).collect())
    }

    /// The lists that hang on these rows, in the order of the reading's edges.
    fn edges<'f>(&'f self, reading: &'f Reading, rows: &'f [Row]) -> BoxFuture<'f, Result<Vec<Lists>, Error>> {
        if reading.edges.is_empty() {
            return futures::future::ready(Ok(Vec::new())).boxed();
        }
        try_join_all(reading.edges.iter().map(move |edge| self.edge(edge, rows))).boxed()
    }

    async fn edge(&self, edge: &Edge, rows: &[Row]) -> Result<Lists, Error> {
        let (resolved, sql) = self.resolve(&edge.list)?;
        let mut parents = HashMap::with_capacity(rows.len());
        let mut ids = Vec::with_capacity(rows.len());
        for row in rows {
            let parent: Option<Uuid> =
                row.try_get(edge.parent).map_err(|_| undecoded(&edge.list.reading.object, edge.parent))?;
            if let Some(parent) = parent {
                parents.entry(parent).or_insert_with(|| {
                    ids.push(parent);
                    ids.len() - 1
                });
            }
        }
        if ids.is_empty() {
            let none = Records { rows: Vec::new(), edges: Vec::new() };
            return Ok(resolved.lists(none, Some(Vec::new()), Vec::new(), parents));
        }
        let (rows, counts) = futures::future::try_join(
            self.edge_rows(edge, &resolved, &ids, sql),
            self.edge_counts(edge, &resolved, &ids),
        )
        .await?;
        let reading = &edge.list.reading;
        let ordinal = reading.columns.len() + resolved.key_columns().len();
        let mut spans: Vec<Range<usize>> = vec![0..0; ids.len()];
        for (at, row) in rows.iter().enumerate() {
            let parent: i64 = row.try_get(ordinal).map_err(|_| undecoded(&reading.object, ordinal))?;
            let span = usize::try_from(parent - 1).ok().and_then(|parent| spans.get_mut(parent));
            let span = span.ok_or_else(|| undecoded(&reading.object, ordinal))?;
            *span = if span.start == span.end { at..at + 1 } else { span.start..at + 1 };
        }
        for span in &spans {
            self.seen.show(reading, &rows[span.clone()].iter().take(resolved.window.limit))?;
        }
        let edges = self.edges(reading, &rows).await?;
        Ok(resolved.lists(Records { rows, edges }, Some(spans), counts, parents))
    }

    async fn edge_rows(
        &self,
        edge: &Edge,
        resolved: &Resolved<'_>,
        parents: &[Uuid],
        mut sql: Sql<'_>,
    ) -> Result<Vec<Row>, Error> {
        if !edge.list.wants_rows {
            return Ok(Vec::new());
        }
        let reading = &edge.list.reading;
        let mut extra = resolved.key_columns();
        extra.push("p.at".into());
        push_select(&mut sql, reading, &extra);
        sql.push(" FROM unnest(").bind(Param::Uuids(parents.to_vec()), "uuid[]");
        sql.push(") WITH ORDINALITY p(id, at) CROSS JOIN LATERAL (SELECT t.* FROM ").table(&reading.object);
        sql.push(" t WHERE ").push(&edge.via).push(" = p.id AND ");
        self.push_window(&mut sql, resolved)?;
        sql.push(") t");
        if !reading.joins.is_empty() {
            push_joins(&mut sql, reading);
            sql.push(" ORDER BY p.at, ");
            resolved.order.push_keys(&mut sql, resolved.window.backward);
        }
        self.query(&sql).await
    }

    async fn edge_counts(&self, edge: &Edge, resolved: &Resolved<'_>, parents: &[Uuid]) -> Result<Vec<i64>, Error> {
        if !edge.list.wants_count {
            return Ok(Vec::new());
        }
        let mut sql = self.sql();
        sql.push("SELECT c.n FROM unnest(").bind(Param::Uuids(parents.to_vec()), "uuid[]");
        sql.push(") WITH ORDINALITY p(id, at) CROSS JOIN LATERAL (SELECT count(*) AS n FROM ")
            .table(&edge.list.reading.object);
        sql.push(" t WHERE ").push(&edge.via).push(" = p.id AND ");
        self.push_condition(&mut sql, resolved)?;
        sql.push(") c ORDER BY p.at");
        Ok(self.query(&sql).await?.iter().map(|row| row.get(0)).collect())
    }

    fn push_condition(&self, sql: &mut Sql, resolved: &Resolved<'_>) -> Result<(), Error> {
        let object = &resolved.list.reading.object;
        push_matching(sql, self.catalog, object, resolved.filter.as_ref(), "filter", &self.keys)
            .map_err(|error| error.below(&resolved.list.path))
    }

    fn push_window(&self, sql: &mut Sql, resolved: &Resolved<'_>) -> Result<(), Error> {
        let window = &resolved.window;
        self.push_condition(sql, resolved)?;
        for (place, before) in [(&window.after, false), (&window.before, true)] {
            if let Some(place) = place {
                sql.push(" AND ");
                resolved.order.push_beyond(sql, place, before);
            }
        }
        resolved.order.push(sql, window.backward);
        sql.limit(window.limit + usize::from(resolved.list.wants_more));
        if window.offset > 0 {
            sql.push(" OFFSET ").bind(Param::Int(i64::try_from(window.offset).unwrap_or(i64::MAX)), "bigint");
        }
        Ok(())
    }

    pub(super) async fn query(&self, sql: &Sql<'_>) -> Result<Vec<Row>, Error> {
        self.seen.touch(&sql.touched);
        Ok(self.conn.query(&sql.text, &sql.params()).await?)
    }

    pub(super) async fn records(&self, reading: &Reading, rows: Vec<Row>) -> Result<Records, Error> {
        self.seen.show(reading, &rows.iter())?;
        let edges = self.edges(reading, &rows).await?;
        Ok(Records { rows, edges })
    }
}

impl Resolved<'_> {
    fn key_columns(&self) -> Vec<String> {
        if self.list.wants_cursors { self.order.columns().collect() } else { Vec::new() }
    }

    /// Without spans, all rows are one list.
    fn lists(
        self,
        records: Records,
        spans: Option<Vec<Range<usize>>>,
        counts: Vec<i64>,
        parents: HashMap<Uuid, usize>,
    ) -> Lists {
        let from = self.list.reading.columns.len();
        let keys = from..from + if self.list.wants_cursors { self.order.len() } else { 0 };
        let all = 0..records.rows.len();
        Lists {
            spans: spans.unwrap_or_else(|| vec![all]),
            records,
            counts,
            parents,
            window: self.window,
            binding: self.binding,
            keys,
        }
    }
}

/// Appends the condition that live records match `filter`. One that asks for `deletedAt` sees the bin too.
pub(super) fn push_matching(
    sql: &mut Sql,
    catalog: &Catalog,
    object: &Object,
    filter: Option<&Json>,
    at: &str,
    keys: &Keys,
) -> Result<(), Error> {
    let asks_for_bin = filter.is_some_and(asks_for_bin);
    if !asks_for_bin {
        sql.push("t.deleted_at IS NULL");
    }
    match filter {
        Some(filter) => {
            if !asks_for_bin {
                sql.push(" AND ");
            }
            filter::compile(sql, catalog, object, "t", filter, at, keys)?;
            sql.end_conditions();
            Ok(())
        }
        None => Ok(()),
    }
}

/// Whether a filter names `deletedAt` of the records themselves, however deep among its own conditions. What it says of
/// related records does not count: those in the bin are no relations.
fn asks_for_bin(filter: &Json) -> bool {
    let conditions = |glue: &str| match filter.get(glue) {
        Some(Json::Array(several)) => several.as_slice(),
        one => one.map_or(&[][..], std::slice::from_ref),
    };
    filter.get("deletedAt").is_some() || ["and", "or", "not"].into_iter().flat_map(conditions).any(asks_for_bin)
}

pub(super) async fn matching_ids(
    conn: &TenantConn,
    view: View<'_>,
    object: &Object,
    filter: &Json,
    most: usize,
    origin: &Origin,
) -> Result<Vec<Uuid>, Error> {
    let mut sql = Sql::new(conn.scope().schema(), view);
    sql.push("SELECT t.id FROM ").table(object).push(" t WHERE ");
    let keys = Keys::of(conn, view.catalog).await?;
    push_matching(&mut sql, view.catalog, object, Some(filter), "filter", &keys)?;
    sql.push(" ORDER BY t.created_at, t.id").limit(most.saturating_add(1));
    let seen = Seen::default();
    seen.touch(&sql.touched);
    let rows = conn.query(&sql.text, &sql.params()).await?;
    seen.note(conn, view.catalog, origin).await?;
    if rows.len() > most {
        return Err(Error::TooMany { most });
    }
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn push_select(sql: &mut Sql, reading: &Reading, extra: &[String]) {
    sql.push("SELECT ");
    for (index, column) in reading.columns.iter().chain(extra).enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        sql.push(column);
    }
}

pub(super) fn push_joins(sql: &mut Sql, reading: &Reading) {
    for join in &reading.joins {
        sql.push(" LEFT JOIN ").table(&join.object);
        sql.push(&format!(
            " {alias} ON {alias}.id = {on}{live}",
            alias = join.alias,
            on = join.on,
            live = if join.with_bin { String::new() } else { format!(" AND {}.deleted_at IS NULL", join.alias) }
        ));
    }
}

pub(super) fn undecoded(object: &Object, column: usize) -> Error {
    Error::Decode { object: object.name.to_string(), column }
}
