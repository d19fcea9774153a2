//! Filters: random ones, and what they mean in two-valued logic.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{
    literal::{Literal, Variables},
    objects::{Field, Kind, Object, object},
    values::{self, rank},
    world::{Record, World},
};
use crate::support::Tape;

/// Writes a filter on records of `of`, some of its operands as variables.
pub fn random(tape: &mut Tape, world: &World, of: &Object, depth: usize, variables: &mut Variables) -> Literal {
    let conditions = if depth == 0 { 1 } else { tape.below(3) };
    let mut fields: Vec<(String, Literal)> = Vec::new();
    for _ in 0..conditions {
        let (name, value) = condition(tape, world, of, depth, variables);
        if fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, value));
        }
    }
    Literal::Object(fields)
}

fn condition(
    tape: &mut Tape,
    world: &World,
    of: &Object,
    depth: usize,
    variables: &mut Variables,
) -> (String, Literal) {
    if depth > 0 {
        match tape.below(8) {
            5 => return ("not".into(), random(tape, world, of, depth - 1, variables)),
            glue @ (6 | 7) => {
                let items = (0..tape.below(4)).map(|_| random(tape, world, of, depth - 1, variables)).collect();
                return (["and", "or"][glue - 6].into(), Literal::List(items));
            }
            _ => {}
        }
    }
    let field = tape.pick(of.fields);
    match field.kind {
        Kind::One(target) if depth > 0 && tape.chance(60) => {
            (field.name.into(), random(tape, world, object(target), depth - 1, variables))
        }
        Kind::One(_) => (format!("{}Id", field.name), operators(tape, world, field, variables)),
        Kind::Many { target, .. } if depth > 0 => {
            let inner = random(tape, world, object(target), depth - 1, variables);
            (field.name.into(), Literal::object(tape.pick(&["some", "none", "every"]), inner))
        }
        Kind::Many { .. } => ("id".into(), operators(tape, world, of.field("id"), variables)),
        _ => (field.name.into(), operators(tape, world, field, variables)),
    }
}

/// The operators of one field, at least one.
pub fn operators(tape: &mut Tape, world: &World, field: Field, variables: &mut Variables) -> Literal {
    let mut asked: Vec<(String, Literal)> = Vec::new();
    for _ in 0..=usize::from(tape.chance(20)) {
        let name = tape.pick(offered(field.kind));
        if asked.iter().all(|(known, _)| known != name) {
            let operand = operand(tape, world, field.kind, name, variables);
            asked.push((name.into(), operand));
        }
    }
    Literal::Object(asked)
}

pub fn offered(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Id | Kind::One(_) | Kind::Choice(_) => &["eq", "neq", "in", "notIn", "isNull"],
        Kind::Text => &[
            "eq",
            "neq",
            "in",
            "notIn",
            "isNull",
            "gt",
            "gte",
            "lt",
            "lte",
            "contains",
            "startsWith",
            "endsWith",
            "ilike",
        ],
        Kind::Money => &["eq", "neq", "in", "notIn", "isNull", "gt", "gte", "lt", "lte", "currency"],
        Kind::Flag => &["eq", "neq", "isNull"],
        Kind::Tags(_) => &["containsAny", "containsAll", "isNull"],
        Kind::Int | Kind::Number | Kind::Decimal | Kind::Date | Kind::Moment => {
            &["eq", "neq", "in", "notIn", "isNull", "gt", "gte", "lt", "lte"]
        }
        Kind::Many { .. } => &[],
    }
}

fn operand(tape: &mut Tape, world: &World, kind: Kind, operator: &str, variables: &mut Variables) -> Literal {
    let value = plain_operand(tape, world, kind, operator);
    if operator == "currency" {
        return Literal::Plain(value);
    }
    let ty = match operator {
        "isNull" => "Boolean".to_owned(),
        "in" | "notIn" | "containsAny" | "containsAll" => format!("[{}!]", type_name(kind)),
        _ => type_name(kind).to_owned(),
    };
    match tape.below(10) {
        7 => variables.add(ty, None, Some(value)),
        8 => variables.add(ty, Some(literal(kind, operator, value)), None),
        // Left out: as if the operator had not been written.
        9 => variables.add(ty, None, None),
        _ => literal(kind, operator, value),
    }
}

/// A value for an operator to compare with.
pub fn plain_operand(tape: &mut Tape, world: &World, kind: Kind, operator: &str) -> Value {
    let one = |tape: &mut Tape| match kind {
        Kind::Id | Kind::One(_) => {
            let all = world.all(object(tape.pick(&super::world::names())));
            all[tape.below(all.len())].value("id").clone()
        }
        Kind::Money => values::value(tape, kind)["value"].clone(),
        kind => values::value(tape, kind),
    };
    match operator {
        "isNull" => json!(tape.below(2) == 0),
        "currency" => json!({tape.pick(&["eq", "neq"]): tape.pick(&["EUR", "JPY"])}),
        "in" | "notIn" | "containsAny" | "containsAll" => (0..tape.below(4)).map(|_| one(tape)).collect(),
        "contains" | "startsWith" | "endsWith" => {
            json!(tape.pick(&["a", "A", "ada", "%", "_", "ERNST", "", "'", "\\", "e"]))
        }
        "ilike" => json!(tape.pick(&["a%", "%A", "_da", "%\\%", "a\\_b", "", "%"])),
        _ => one(tape),
    }
}

fn literal(kind: Kind, operator: &str, value: Value) -> Literal {
    let is_enum = matches!(kind, Kind::Choice(_) | Kind::Tags(_)) && operator != "isNull";
    match value {
        Value::Array(items) if is_enum => {
            Literal::List(items.into_iter().map(|item| literal(kind, operator, item)).collect())
        }
        Value::String(option) if is_enum => Literal::Enum(option),
        value => Literal::Plain(value),
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::One(_) | Kind::Many { .. } => "ID",
        Kind::Text => "String",
        Kind::Int => "Int",
        Kind::Number => "Float",
        Kind::Decimal | Kind::Money => "Decimal",
        Kind::Flag => "Boolean",
        Kind::Date => "Date",
        Kind::Moment => "DateTime",
        Kind::Choice(options) | Kind::Tags(options) => options.ty,
    }
}

/// Whether a record meets a filter. Null and an empty filter ask for nothing.
pub fn meets(world: &World, of: &Object, record: &Record, filter: &Value) -> bool {
    let Some(conditions) = filter.as_object() else { return true };
    conditions.iter().all(|(name, wanted)| {
        let each = |item: &Value| meets(world, of, record, item);
        match name.as_str() {
            "and" => wanted.as_array().expect("a list").iter().all(each),
            "or" => wanted.as_array().expect("a list").iter().any(each),
            "not" => !meets(world, of, record, wanted),
            name if of.has(name) => match of.field(name).kind {
                Kind::One(target) => {
                    world.one(record, name, target).is_some_and(|related| meets(world, object(target), related, wanted))
                }
                Kind::Many { target, via } => {
                    let related = world.many(record.id(), object(target), via);
                    wanted.as_object().expect("quantifiers").iter().all(|(quantifier, inner)| {
                        let mut met = related.iter().map(|related| meets(world, object(target), related, inner));
                        match quantifier.as_str() {
                            "some" => met.any(|met| met),
                            "none" => !met.any(|met| met),
                            _ => met.all(|met| met),
                        }
                    })
                }
                kind => holds(kind, record.value(name), wanted),
            },
            id_name => holds(Kind::Id, record.value(id_name), wanted),
        }
    })
}

/// Whether a value meets all the operators asked of it.
pub fn holds(kind: Kind, value: &Value, operators: &Value) -> bool {
    operators
        .as_object()
        .expect("operators")
        .iter()
        .all(|(operator, operand)| one_holds(kind, value, operator, operand))
}

fn one_holds(kind: Kind, value: &Value, operator: &str, operand: &Value) -> bool {
    let equals = |operand: &Value| match kind {
        Kind::Text | Kind::Choice(_) => value == operand,
        _ => !value.is_null() && rank(kind, value) == rank(kind, operand),
    };
    let beyond = |wanted: &[Ordering]| {
        let order = rank(kind, value).zip(rank(kind, operand)).and_then(|(value, operand)| value.partial_cmp(&operand));
        order.is_some_and(|order| wanted.contains(&order))
    };
    let like =
        |pattern: &str| value.as_str().is_some_and(|text| matches(&text.to_lowercase(), &pattern.to_lowercase()));
    let literally = || {
        let text = operand.as_str().unwrap_or_default();
        text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
    };
    let has = |tag: &Value| value.as_array().is_some_and(|tags| tags.contains(tag));
    let list = || operand.as_array().expect("a list");
    match operator {
        "isNull" => value.is_null() == (*operand == json!(true)),
        "eq" => equals(operand),
        "neq" => !equals(operand),
        "in" => list().iter().any(equals),
        "notIn" => !list().iter().any(equals),
        "gt" => beyond(&[Ordering::Greater]),
        "gte" => beyond(&[Ordering::Greater, Ordering::Equal]),
        "lt" => beyond(&[Ordering::Less]),
        "lte" => beyond(&[Ordering::Less, Ordering::Equal]),
        "contains" => like(&format!("%{}%", literally())),
        "startsWith" => like(&format!("{}%", literally())),
        "endsWith" => like(&format!("%{}", literally())),
        "ilike" => like(operand.as_str().unwrap_or_default()),
        "containsAny" => list().iter().any(has),
        "containsAll" => value.is_array() && list().iter().all(has),
        "currency" => holds(Kind::Text, value.get("currency").unwrap_or(&Value::Null), operand),
        _ => panic!("no operator {operator}"),
    }
}

/// SQL's LIKE.
fn matches(text: &str, pattern: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('%') => {
            let mut rest = Some(text);
            while let Some(text) = rest {
                if matches(text, letters.as_str()) {
                    return true;
                }
                let mut tail = text.chars();
                rest = tail.next().map(|_| tail.as_str());
            }
            false
        }
        Some(letter) => {
            let literal = if letter == '\\' { letters.next() } else { Some(letter) };
            let mut tail = text.chars();
            tail.next()
                .is_some_and(|c| (letter == '_' || Some(c) == literal) && matches(tail.as_str(), letters.as_str()))
        }
    }
}

/// A filter that asks for nothing.
pub fn any() -> Literal {
    Literal::Object(Vec::new())
}
