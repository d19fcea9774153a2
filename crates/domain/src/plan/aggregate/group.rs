//! What records are grouped by, and the order of the groups.

use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::Value as Json;

use super::{
    super::{
        error::Error,
        expression,
        seen::{Touch, Way},
        sql::{Sql, literal},
    },
    function_name,
    measure::{Asked, Measures},
};
use crate::{
    catalog::{
        Catalog, Field, Kind, Object,
        types::{self, Shape},
    },
    query::Function,
};

const MOST_KEYS: usize = 6;

pub(super) struct Grouping {
    keys: Vec<GroupKey>,
}

struct GroupKey {
    /// As asked: `stage`, `closedAt`, `amountCurrency`.
    name: String,
    field: Arc<Field>,
    sql: String,
    touch: Option<Touch>,
}

impl Grouping {
    /// For one statement.
    pub fn resolve(sql: &mut Sql, object: &Object, group_by: Option<&Json>) -> Result<Self, Error> {
        let mut keys: Vec<GroupKey> = Vec::new();
        for (index, item) in listed(group_by).iter().enumerate() {
            let at = format!("groupBy.{index}");
            let one = item.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.iter().next());
            let Some((name, options)) = one else {
                return Err(Error::input(at, "needs exactly one field, such as { stage: {} }"));
            };
            let at = format!("{at}.{name}");
            if keys.iter().any(|key| key.name == *name) {
                return Err(Error::input(at, "is there twice"));
            }
            keys.push(GroupKey::resolve(sql, object, name, options, &at)?);
        }
        if keys.len() > MOST_KEYS {
            return Err(Error::input("groupBy", format!("has more than {MOST_KEYS} keys")));
        }
        Ok(Self { keys })
    }

    /// The column of the grouped rows with what a key selection asks for: `stage` and `stageId` are one.
    pub fn column(&self, name: &str) -> Option<String> {
        let same = |key: &GroupKey| key.name == name || key.field.id_name().as_deref() == Some(name);
        self.keys.iter().position(same).map(|at| format!("g.k{at}"))
    }

    pub fn push_keys(&self, sql: &mut Sql) {
        for (at, key) in self.keys.iter().enumerate() {
            sql.touch(key.touch.clone());
            sql.push(&format!(", {} AS k{at}", key.sql));
        }
    }

    pub fn push_group_by(&self, sql: &mut Sql) {
        for at in 0..self.keys.len() {
            sql.push(if at == 0 { " GROUP BY " } else { ", " }).push(&(at + 2).to_string());
        }
    }

    /// The measures that the order names, so that they are computed too.
    pub fn measures_of_order(object: &Object, order_by: Option<&Json>) -> Result<Vec<Asked>, Error> {
        let mut asked = Vec::new();
        for (index, item) in listed(order_by).iter().enumerate() {
            let Some((what, inner)) = single(item) else { continue };
            if let (Some(function), Some((name, _))) = (function(what), single(inner)) {
                asked.push(Asked::new(object, function, name).map_err(|_| {
                    Error::input(format!("orderBy.{index}.{what}.{name}"), format!("there is no `{name}`"))
                })?);
            }
        }
        Ok(asked)
    }

    pub fn push_order(
        &self,
        sql: &mut Sql,
        catalog: &Catalog,
        measures: &Measures,
        order_by: Option<&Json>,
    ) -> Result<(), Error> {
        sql.push("ORDER BY ");
        for (index, item) in listed(order_by).iter().enumerate() {
            let at = format!("orderBy.{index}");
            let needs = || {
                Error::input(&at, "needs one of { count: DESC }, { key: { stage: ASC } }, { sum: { amount: DESC } }")
            };
            let (what, inner) = single(item).ok_or_else(needs)?;
            let inside = |name: &str| format!("{at}.{what}.{name}");
            match what {
                "count" => {
                    let direction = direction(inner, &format!("{at}.{what}"))?;
                    sql.push("i.n").push(direction).push(", ");
                }
                "key" => {
                    let (name, wanted) = single(inner).ok_or_else(needs)?;
                    let key = self.keys.iter().position(|key| key.name == name);
                    let key = key.ok_or_else(|| Error::input(inside(name), "is not grouped by"))?;
                    let direction = direction(wanted, &inside(name))?;
                    self.push_key_order(sql, catalog, key);
                    sql.push(direction).push(", ");
                }
                _ => {
                    let function = function(what).ok_or_else(needs)?;
                    let (name, wanted) = single(inner).ok_or_else(needs)?;
                    let column = measures
                        .column(function, name)
                        .ok_or_else(|| Error::input(inside(name), format!("there is no `{name}`")))?;
                    let direction = direction(wanted, &inside(name))?;
                    sql.push(&column).push(direction).push(", ");
                }
            }
        }
        for key in 0..self.keys.len() {
            self.push_key_order(sql, catalog, key);
            sql.push(", ");
        }
        // Names may tie: the keys themselves do not.
        for key in 0..self.keys.len() {
            sql.push(&format!("i.k{key}::text, "));
        }
        sql.push("1");
        Ok(())
    }

    /// Related records by name, options in their own order, all else by value.
    fn push_key_order(&self, sql: &mut Sql, catalog: &Catalog, at: usize) {
        let (key, column) = (&self.keys[at], format!("i.k{at}"));
        match (&key.field.kind, catalog.target(&key.field)) {
            (Kind::One(_), Some(target)) => {
                let name = target.field(&target.name_field).filter(|field| field.kind.is_text() && field.is_sortable());
                let name = name.map_or_else(|| "r.id::text".into(), |field| expression::value(field, "r").sql);
                sql.push("(SELECT ").push(&name).push(" COLLATE rapport.ci FROM ").table(target);
                sql.push(&format!(" r WHERE r.id = {column} AND r.deleted_at IS NULL)"));
            }
            (kind, _) => match kind.choices() {
                Some(choices) => {
                    sql.push(&expression::option_order(&column, choices));
                }
                None if kind.is_text() => {
                    sql.push(&column).push(" COLLATE rapport.ci");
                }
                // A key in its written form, so that it goes out as it is.
                None if kind.shape() == Shape::Decimal => {
                    sql.push(&column).push("::numeric");
                }
                None => {
                    sql.push(&column);
                }
            },
        }
    }
}

impl GroupKey {
    fn resolve(sql: &mut Sql, object: &Object, name: &str, options: &Json, at: &str) -> Result<Self, Error> {
        let Some(options) = options.as_object() else {
            return Err(Error::input(at, "needs an object of options, such as {}"));
        };
        if let Some(money) = name
            .strip_suffix("Currency")
            .and_then(|money| object.field(money))
            .filter(|field| field.kind.is_money() && field.is_groupable())
        {
            let sql = expression::money(money, "t").1;
            return Ok(Self {
                name: name.into(),
                field: Arc::new(Field::new(name, types::plain())),
                sql,
                touch: Touch::of(object, money, Way::Shown),
            });
        }
        let Some(field) = object.field(name).filter(|field| field.is_groupable() && !field.kind.is_money()) else {
            return Err(Error::input(at, format!("{} has no field `{name}` to group by", object.name)));
        };
        let value = sql.value(field, "t").sql;
        let bucket = options.get("bucket").filter(|bucket| !bucket.is_null());
        let zone = options.get("timeZone").filter(|zone| !zone.is_null());
        if !field.kind.is_temporal() && (bucket.is_some() || zone.is_some()) {
            return Err(Error::input(at, "has no time: buckets are for dates"));
        }
        let bucket = match bucket.map(|bucket| bucket.as_str().unwrap_or_default()) {
            None if field.kind.shape() == Shape::DateTime => Some("day"),
            None => None,
            Some("DAY") => Some("day"),
            Some("WEEK") => Some("week"),
            Some("MONTH") => Some("month"),
            Some("QUARTER") => Some("quarter"),
            Some("YEAR") => Some("year"),
            Some(_) => return Err(Error::input(format!("{at}.bucket"), "needs DAY, WEEK, MONTH, QUARTER or YEAR")),
        };
        let zone = match zone.map(|zone| zone.as_str().unwrap_or_default()) {
            None => "UTC",
            Some(zone) => zone
                .parse::<Tz>()
                .map_err(|_| {
                    Error::input(format!("{at}.timeZone"), format!("there is no time zone `{}`", shown(zone)))
                })?
                .name(),
        };
        let sql = match (bucket, field.kind.shape()) {
            (Some(bucket), Shape::DateTime) => {
                format!("date_trunc('{bucket}', {value} AT TIME ZONE {})::date", literal(zone))
            }
            (Some(bucket), _) => format!("date_trunc('{bucket}', {value}::timestamp)::date"),
            (None, Shape::Decimal) => format!("trim_scale({value})::text"),
            (None, _) => value,
        };
        // Without their keys asked for, groups still part the records by them.
        Ok(Self { name: name.into(), field: field.clone(), sql, touch: Touch::of(object, field, Way::Shown) })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn function(name: &str) -> Option<Function> {
    [Function::Sum, Function::Avg, Function::Min, Function::Max, Function::CountDistinct]
        .into_iter()
        .find(|function| function_name(*function) == name)
}

fn direction(wanted: &Json, at: &str) -> Result<&'static str, Error> {
    match wanted.as_str() {
        Some("ASC" | "ASC_NULLS_LAST") => Ok(" ASC NULLS LAST"),
        Some("DESC" | "DESC_NULLS_LAST") => Ok(" DESC NULLS LAST"),
        Some("ASC_NULLS_FIRST") => Ok(" ASC NULLS FIRST"),
        Some("DESC_NULLS_FIRST") => Ok(" DESC NULLS FIRST"),
        _ => Err(Error::input(at, "needs a direction: ASC, DESC, or one with _NULLS_FIRST or _NULLS_LAST")),
    }
}

fn single(value: &Json) -> Option<(&str, &Json)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(name, value)| (name.as_str(), value))
}

/// GraphQL takes one value for a list of one.
fn listed(value: Option<&Json>) -> Vec<&Json> {
    match value {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}
