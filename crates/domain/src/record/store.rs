//! The statements of the record engine that write and lock rows. Each takes any number of records.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use rapport_tenancy::{Row, TenantTx, ToSql, UserId};
use uuid::Uuid;

use super::{
    Error,
    change::{Change, Record},
    column::{self, Parameter},
    write::Write,
};
use crate::{
    catalog::{Object, Storage},
    plan::Sql,
    rights::{Action, assign, share},
    wire::{JsonText, Moment},
};

/// How a record is held while a write is decided.
#[derive(Clone, Copy)]
pub(super) enum Lock {
    /// Others may still point new records here.
    Update,
    /// They may not: the record is about to go.
    Removal,
}

impl Lock {
    fn sql(self) -> &'static str {
        match self {
            Self::Update => "FOR NO KEY UPDATE",
            Self::Removal => "FOR UPDATE",
        }
    }
}

/// The condition that finds the records of the ids in `$1`. One id is compared, not looked for in a list: that is planned
/// as a look-up of the primary key also while the table is small, and the plan is still good when it no longer is.
pub(super) fn is_one_of(ids: &[Uuid]) -> &'static str {
    if ids.len() == 1 { "id = ($1::uuid[])[1]" } else { "id = ANY($1)" }
}

/// A record that is there for the one who writes.
pub(super) struct Loaded {
    pub record: Record,
    /// Whether the action reaches it, and not only the eye.
    pub within_reach: bool,
}

/// Loads those of the records, in the bin or not, that are there for the one who writes, and holds them until the
/// transaction ends.
pub(super) async fn load(
    write: Write<'_>,
    action: Action,
    ids: &[Uuid],
    lock: Lock,
) -> Result<HashMap<Uuid, Loaded>, Error> {
    let Write { tx, object, view, .. } = write;
    let mut guard = Sql::behind(tx.scope().schema(), view, 1);
    let (seen, reached) = (guard.within(object, Action::Read, "t"), guard.within(object, action, "t"));
    // In the order of ids, so that two writers never wait for each other.
    let sql = format!(
        "SELECT {}, ({}) IS TRUE FROM {} AS t WHERE {} AND {} ORDER BY id {}",
        column::selection(object),
        reached.as_deref().unwrap_or("TRUE"),
        object.rows(tx.scope().schema()),
        is_one_of(ids),
        seen.as_deref().unwrap_or("TRUE"),
        lock.sql()
    );
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&ids];
    parameters.extend(guard.params());
    let rows = tx.query(&sql, &parameters).await?;
    let loaded = |row: &Row| {
        let record = column::read(object, row)?;
        Ok((record.id, Loaded { record, within_reach: row.get(row.len() - 1) }))
    };
    rows.iter().map(loaded).collect()
}

/// The records, live or all, whose relation (`pointer`, in the row `t`) is one of `targets`, beyond the id `after`.
pub(super) async fn load_pointing(
    tx: &TenantTx,
    object: &Object,
    pointer: &str,
    targets: &[Uuid],
    after: Uuid,
    most: i64,
    with_bin: bool,
) -> Result<Vec<Record>, Error> {
    let live = if with_bin { "" } else { "AND deleted_at IS NULL" };
    let sql = format!(
        "SELECT {} FROM {} AS t WHERE {pointer} = ANY($1) AND id > $2 {live} ORDER BY id LIMIT $3 FOR NO KEY UPDATE",
        column::selection(object),
        object.rows(tx.scope().schema()),
    );
    tx.query(&sql, &[&targets, &after, &most]).await?.iter().map(|row| column::read(object, row)).collect()
}

/// Inserts new records; answers which were: a record whose unique value is taken is not.
pub(super) async fn insert(
    tx: &TenantTx,
    object: &Object,
    changes: &[Change],
    now: DateTime<Utc>,
) -> Result<HashSet<Uuid>, Error> {
    let mut statement = Statement::of(object, changes, |_| true);
    let (now, actor) = (statement.add(Box::new(Moment(now))), statement.add(Box::new(actor(tx))));
    let (mark, marked) = match &object.custom {
        Some(key) => ("object, ", format!("'{key}', ")),
        None => ("", String::new()),
    };
    let sql = format!(
        "INSERT INTO {schema}.\"{table}\" ({mark}created_at, updated_at, created_by, updated_by, {names}) \
         SELECT {marked}${now}, ${now}, ${actor}, ${actor}, {values} FROM unnest({arrays}) AS u({names}) ON CONFLICT DO NOTHING RETURNING id",
        schema = tx.scope().schema(),
        table = object.table,
        names = statement.names.join(", "),
        values = statement.values.join(", "),
        arrays = statement.arrays.join(", "),
    );
    Ok(tx.query(&sql, &statement.parameters()).await?.iter().map(|row| row.get(0)).collect())
}

/// Writes changed records over their rows, into the bin or out of it where the change says so.
pub(super) async fn update(
    tx: &TenantTx,
    object: &Object,
    changes: &[Change],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut statement = Statement::of(object, changes, |at| changes.iter().any(|change| change.touches(at)));
    let (now, actor) = (statement.add(Box::new(Moment(now))), statement.add(Box::new(actor(tx))));
    let deletion = match changes
        .iter()
        .find_map(|change| change.before.as_ref().map(|before| (before.deleted, change.after.deleted)))
    {
        Some((false, true)) => format!(", deleted_at = ${now}"),
        Some((true, false)) => ", deleted_at = NULL".to_owned(),
        _ => String::new(),
    };
    // The id is the first of the names; it finds the row.
    let pairs = statement.names.iter().zip(&statement.values).skip(1);
    let sets: Vec<String> = pairs.map(|(name, value)| format!(", {name} = {value}")).collect();
    // See `is_one_of`: a row that is looked up, not joined.
    let only = if changes.len() == 1 { " AND t.id = ($1::uuid[])[1]" } else { "" };
    let sql = format!(
        "UPDATE {schema}.\"{table}\" AS t SET version = t.version + 1, updated_at = ${now}, updated_by = ${actor}{deletion}{} \
         FROM unnest({arrays}) AS u({names}) WHERE t.id = u.id{only}",
        sets.concat(),
        schema = tx.scope().schema(),
        table = object.table,
        arrays = statement.arrays.join(", "),
        names = statement.names.join(", "),
    );
    tx.execute(&sql, &statement.parameters()).await?;
    Ok(())
}

pub(super) async fn remove(tx: &TenantTx, object: &Object, ids: &[Uuid]) -> Result<(), Error> {
    let sql = format!("DELETE FROM {}.\"{}\" WHERE {}", tx.scope().schema(), object.table, is_one_of(ids));
    tx.execute(&sql, &[&ids]).await?;
    // What did not convert once is kept beside the record, and goes with it.
    let sql = format!("DELETE FROM {}.metadata_conversion_failure WHERE record = ANY($1)", tx.scope().schema());
    tx.execute(&sql, &[&ids]).await?;
    share::remove(tx, object, ids).await?;
    if &*object.key() == "users" {
        assign::forget(tx, ids).await?;
    }
    Ok(())
}

/// The user who writes, where it is one.
pub(crate) fn actor(tx: &TenantTx) -> Option<Uuid> {
    tx.scope().actor().user_id().map(UserId::uuid)
}

/// The columns of a write as arrays, one element for each record.
struct Statement<'a> {
    names: Vec<String>,
    values: Vec<String>,
    arrays: Vec<String>,
    bound: Vec<Parameter<'a>>,
}

impl<'a> Statement<'a> {
    fn of(object: &Object, changes: &'a [Change], written: impl Fn(usize) -> bool) -> Self {
        let mut statement = Self { names: Vec::new(), values: Vec::new(), arrays: Vec::new(), bound: Vec::new() };
        statement.column(
            "id",
            "",
            "uuid[]",
            Box::new(changes.iter().map(|change| change.after.id).collect::<Vec<_>>()),
        );
        let is_custom = |at: usize| matches!(object.fields()[at].storage, Storage::Custom(_));
        if (0..object.fields().len()).any(|at| is_custom(at) && written(at)) {
            let custom =
                changes.iter().map(|change| JsonText(serde_json::to_string(&change.after.custom).unwrap_or_default()));
            statement.column("custom", "", "jsonb[]", Box::new(custom.collect::<Vec<_>>()));
        }
        for column in column::columns(object, written) {
            statement.column(
                column.name,
                column.cast(object),
                column.array_type(object),
                column.values(object, changes),
            );
        }
        statement
    }

    fn column(&mut self, name: &str, cast: &str, array_type: &str, values: Parameter<'a>) {
        let number = self.add(values);
        self.names.push(format!("\"{name}\""));
        self.values.push(format!("u.\"{name}\"{cast}"));
        self.arrays.push(format!("${number}::{array_type}"));
    }

    fn add(&mut self, value: Parameter<'a>) -> usize {
        self.bound.push(value);
        self.bound.len()
    }

    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.bound.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}
