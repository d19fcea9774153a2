//! The order of records: keys, directions, where missing values go, and the position after a cursor.

use chrono::{DateTime, TimeDelta};
use serde_json::Value;
use uuid::Uuid;

use super::{
    cursor::Position,
    error::Error,
    expression,
    seen::{Touch, Way},
    sql::{Param, Sql},
};
use crate::{
    catalog::Object,
    wire::{Day, Moment},
};

const MOST_KEYS: usize = 8;
/// Relations on the way to a key.
const DEEPEST: usize = 8;

/// An order over records, its last key always the id, so that no two records tie.
#[derive(Debug)]
pub(super) struct Order {
    keys: Vec<Key>,
}

/// The values of the keys at a cursor's position.
pub(super) type Place = Vec<Option<Param>>;

#[derive(Debug)]
struct Key {
    sql: String,
    /// Its type in SQL.
    ty: &'static str,
    descending: bool,
    nulls_first: bool,
    never_null: bool,
    /// The sensitive field that it looks at.
    touch: Option<Touch>,
}

impl Order {
    /// The order that `orderBy` asks for on the row `alias`, for one statement; oldest first where nothing is asked.
    pub fn resolve(
        sql: &mut Sql,
        object: &Object,
        alias: &str,
        order_by: Option<&Value>,
        at: &str,
    ) -> Result<Self, Error> {
        let mut keys = Vec::new();
        let single;
        let wanted: &[Value] = match order_by {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                single = [other.clone()];
                &single
            }
        };
        if wanted.len() > MOST_KEYS {
            return Err(Error::input(at, format!("has more than {MOST_KEYS} keys")));
        }
        for (index, item) in wanted.iter().enumerate() {
            keys.push(Key::resolve(sql, object, alias, item, &format!("{at}.{index}"))?);
        }
        Ok(Self::closed(keys, alias))
    }

    fn closed(mut keys: Vec<Key>, alias: &str) -> Self {
        if keys.is_empty() {
            keys.push(Key::plain(format!("{alias}.created_at"), "timestamptz"));
        }
        keys.push(Key::plain(format!("{alias}.id"), "uuid"));
        Self { keys }
    }

    pub fn push(&self, sql: &mut Sql, backward: bool) {
        sql.push(" ORDER BY ");
        self.push_keys(sql, backward);
    }

    pub fn push_keys(&self, sql: &mut Sql, backward: bool) {
        for (index, key) in self.keys.iter().enumerate() {
            if index > 0 {
                sql.push(", ");
            }
            key.push(sql, backward);
        }
    }

    /// The values of the keys as text, one column each, for cursors.
    pub fn columns(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(Key::written)
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The values of a cursor.
    ///
    /// # Errors
    /// [`Error::Input`] where they are no values of these keys.
    pub fn place(&self, position: &Position, at: &str) -> Result<Place, Error> {
        let foreign = || Error::input(at, "is not a cursor of this query");
        let read = |(key, value): (&Key, &Option<String>)| match value {
            Some(value) => key.read(value).map(Some).ok_or_else(foreign),
            None => Ok(None),
        };
        self.keys.iter().zip(&position.values).map(read).collect()
    }

    /// Appends the condition that a row stands after (or before) a position.
    pub fn push_beyond(&self, sql: &mut Sql, place: &Place, before: bool) {
        sql.push("(");
        for depth in 0..self.keys.len() {
            if depth > 0 {
                sql.push(" OR (");
                for (key, value) in self.keys[..depth].iter().zip(place) {
                    key.push_equal(sql, value.as_ref());
                    sql.push(" AND ");
                }
            }
            self.keys[depth].push_beyond(sql, place[depth].as_ref(), before);
            if depth > 0 {
                sql.push(")");
            }
        }
        sql.push(")");
        // The first key alone bounds the range: this is what an index can use.
        let first = &self.keys[0];
        if let (true, Some(value)) = (first.never_null, &place[0]) {
            let sign = if first.descending == before { " >= " } else { " <= " };
            sql.push(" AND ").push(&first.sql).push(sign);
            first.bind(sql, value);
        }
    }
}

impl Key {
    fn plain(sql: String, ty: &'static str) -> Self {
        Self { sql, ty, descending: false, nulls_first: false, never_null: true, touch: None }
    }

    fn resolve(sql: &mut Sql, object: &Object, alias: &str, item: &Value, at: &str) -> Result<Self, Error> {
        let fields = item.as_object().filter(|fields| fields.len() == 1);
        let Some((name, wanted)) = fields.and_then(|fields| fields.iter().next()) else {
            return Err(Error::input(at, "needs exactly one field, such as { createdAt: DESC }"));
        };
        let at = format!("{at}.{name}");
        let Some(field) = object.field(name).filter(|field| field.is_sortable()) else {
            return Err(Error::input(at, format!("{} has no field `{name}` to sort by", object.name)));
        };
        if let (Some(id), Some(target), true) =
            (expression::relation(field, alias), sql.view.catalog.target(field), wanted.is_object())
        {
            // One letter a relation: names that are too long would be cut, and then be the same.
            if alias.len() > DEEPEST {
                return Err(Error::input(at, format!("goes over more than {DEEPEST} relations")));
            }
            let row = format!("{alias}r");
            let inner = Self::resolve(sql, target, &row, wanted, &at)?;
            let sql = format!(
                "(SELECT {} FROM {} {row} WHERE {row}.id = {id} AND {row}.deleted_at IS NULL)",
                inner.sql,
                sql.rows(target)
            );
            return Ok(Self { sql, never_null: false, ..inner });
        }
        let (descending, nulls_first) = match wanted.as_str() {
            Some("ASC" | "ASC_NULLS_LAST") => (false, false),
            Some("DESC" | "DESC_NULLS_LAST") => (true, false),
            Some("ASC_NULLS_FIRST") => (false, true),
            Some("DESC_NULLS_FIRST") => (true, true),
            _ => return Err(Error::input(at, "needs a direction: ASC, DESC, or one with _NULLS_FIRST or _NULLS_LAST")),
        };
        let value = sql.comparable(field, alias);
        let (sql, ty) = match field.kind.choices() {
            Some(choices) => (expression::option_order(&value.sql, choices), "bigint"),
            _ if value.collates => (format!("{} COLLATE rapport.ci", value.sql), value.ty),
            _ => (value.sql, value.ty),
        };
        let touch = Touch::of(object, field, Way::Asked);
        Ok(Self { sql, ty, descending, nulls_first, never_null: field.never_null(), touch })
    }

    fn push(&self, sql: &mut Sql, backward: bool) {
        let descending = self.descending != backward;
        sql.touch(self.touch.clone());
        sql.push(&self.sql);
        if descending {
            sql.push(" DESC");
        }
        if !self.never_null {
            sql.push(if self.nulls_first == backward { " NULLS LAST" } else { " NULLS FIRST" });
        }
    }

    fn push_equal(&self, sql: &mut Sql, value: Option<&Param>) {
        sql.push(&self.sql);
        match value {
            Some(value) => {
                sql.push(" = ");
                self.bind(sql, value);
            }
            None => {
                sql.push(" IS NULL");
            }
        }
    }

    fn push_beyond(&self, sql: &mut Sql, value: Option<&Param>, before: bool) {
        // Nulls stand on one side of all values: whether rows beyond may be null, and whether a null has values beyond it.
        let nulls_beyond = self.nulls_first == before;
        match value {
            Some(value) => {
                sql.push("(").push(&self.sql).push(if self.descending == before { " > " } else { " < " });
                self.bind(sql, value);
                if nulls_beyond && !self.never_null {
                    sql.push(" OR ").push(&self.sql).push(" IS NULL");
                }
                sql.push(")");
            }
            None if nulls_beyond => {
                sql.push("FALSE");
            }
            None => {
                sql.push(&self.sql).push(" IS NOT NULL");
            }
        }
    }

    fn bind(&self, sql: &mut Sql, value: &Param) {
        let cast = match self.ty {
            "numeric" => "text::numeric",
            ty => ty,
        };
        sql.bind(value.clone(), cast);
    }

    /// The value as text, for cursors: the same whatever the server's settings, and read back without loss.
    fn written(&self) -> String {
        match self.ty {
            "timestamptz" => format!("(extract(epoch FROM {}) * 1000000)::bigint::text", self.sql),
            "date" => format!("({} - DATE '1970-01-01')::text", self.sql),
            _ => format!("({})::text", self.sql),
        }
    }

    /// What [`Self::written`] wrote.
    fn read(&self, value: &str) -> Option<Param> {
        Some(match self.ty {
            "uuid" => Param::Uuid(Uuid::try_parse(value).ok()?),
            "bigint" => Param::Int(value.parse().ok()?),
            "float8" => Param::Float(value.parse().ok()?),
            "boolean" => Param::Bool(value.parse().ok()?),
            "timestamptz" => Param::Moment(Moment(DateTime::from_timestamp_micros(value.parse().ok()?)?)),
            "date" => {
                let days = TimeDelta::try_days(value.parse().ok()?)?;
                Param::Day(Day(DateTime::UNIX_EPOCH.date_naive().checked_add_signed(days)?))
            }
            "numeric" if !value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-') => {
                return None;
            }
            _ => Param::Text(value.into()),
        })
    }
}
