//! Sorting: random orders, and what they mean.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{
    literal::Literal,
    objects::{Kind, Object, object},
    values::{Rank, rank},
    world::{Record, World},
};
use crate::support::Tape;

const DIRECTIONS: &[&str] =
    &["ASC", "DESC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST"];

/// Up to three keys.
pub fn random(tape: &mut Tape, object: &Object) -> Literal {
    let keys = tape.below(4);
    Literal::List((0..keys).map(|_| key(tape, object, 2)).collect())
}

fn key(tape: &mut Tape, of: &Object, depth: usize) -> Literal {
    let fields: Vec<_> = of
        .fields
        .iter()
        .filter(|field| field.kind.sorts() || (depth > 0 && matches!(field.kind, Kind::One(_))))
        .collect();
    let field = tape.pick(&fields);
    let inner = match field.kind {
        Kind::One(target) => key(tape, object(target), depth - 1),
        _ => Literal::Enum(tape.pick(DIRECTIONS).to_owned()),
    };
    Literal::object(field.name, inner)
}

/// Sorts records by `orderBy`, a list or null: missing values last unless told otherwise, ties by id.
pub fn sort(world: &World, of: &Object, records: &mut [&Record], order_by: &Value) {
    let keys = order_by.as_array().cloned().unwrap_or_default();
    records.sort_by(|a, b| {
        let by_keys = keys.iter().map(|key| compare(world, of, a, b, key)).find(|order| order.is_ne());
        by_keys.unwrap_or_else(|| {
            let by_age = if keys.is_empty() { a.created_at.cmp(&b.created_at) } else { Ordering::Equal };
            by_age.then_with(|| a.id().cmp(b.id()))
        })
    });
}

fn compare(world: &World, of: &Object, a: &Record, b: &Record, key: &Value) -> Ordering {
    let (a, direction) = place(world, of, a, key);
    let (b, _) = place(world, of, b, key);
    let descending = direction.starts_with("DESC");
    let nulls = if direction.ends_with("NULLS_FIRST") { Ordering::Less } else { Ordering::Greater };
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => nulls,
        (Some(_), None) => nulls.reverse(),
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(&b).expect("values of one kind");
            if descending { order.reverse() } else { order }
        }
    }
}

fn place(world: &World, of: &Object, record: &Record, key: &Value) -> (Option<Rank>, String) {
    let (name, wanted) = key.as_object().and_then(|key| key.iter().next()).expect("one field");
    let field = of.field(name);
    match field.kind {
        Kind::One(target) => match world.one(record, name, target) {
            Some(related) => place(world, object(target), related, wanted),
            None => (None, direction_of(wanted)),
        },
        kind => (rank(kind, record.value(name)), direction_of(wanted)),
    }
}

fn direction_of(wanted: &Value) -> String {
    match wanted {
        Value::Object(inner) => inner.values().next().map(direction_of).unwrap_or_default(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// The same order for a request's variables.
pub fn plain(order: &Literal) -> Value {
    order.resolve(&serde_json::Map::new()).unwrap_or(json!([]))
}
