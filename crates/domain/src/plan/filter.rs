//! Filters as SQL, in two-valued logic: a comparison with a missing value is false, and `not` is the
//! exact complement. SQL's third value only shows under a negation, so there every leaf is closed with `IS TRUE`.

use serde_json::{Map, Value};

use super::{
    error::Error,
    expression::{self, Expression},
    keys::Keys,
    operand,
    sealed::SealedField,
    seen::{Touch, Way},
    sql::{Param, Sql, literal},
};
use crate::catalog::{
    Catalog, Field, IndexState, Kind, Object, Operators, Storage,
    types::{self, Shape},
};

const DEEPEST: usize = 16;
/// Conditions in one filter.
const MOST: usize = 500;

/// Appends `filter` as a condition on the row `alias`; nothing to ask is `TRUE`.
pub(super) fn compile(
    sql: &mut Sql,
    catalog: &Catalog,
    object: &Object,
    alias: &str,
    filter: &Value,
    at: &str,
    keys: &Keys,
) -> Result<(), Error> {
    Compiler { sql, catalog, keys, leaves: 0 }.all(
        object,
        alias,
        filter,
        &Place { at: at.into(), depth: 0, negated: false },
    )
}

struct Compiler<'s, 'a> {
    sql: &'s mut Sql<'a>,
    catalog: &'s Catalog,
    keys: &'s Keys,
    leaves: usize,
}

struct Place {
    at: String,
    depth: usize,
    negated: bool,
}

impl Place {
    fn inside(&self, name: &str) -> Self {
        Self { at: format!("{}.{name}", self.at), depth: self.depth + 1, negated: self.negated }
    }
}

impl Compiler<'_, '_> {
    fn all(&mut self, object: &Object, alias: &str, filter: &Value, place: &Place) -> Result<(), Error> {
        let fields = an_object(filter, place)?;
        if place.depth > DEEPEST {
            return Err(Error::input(&place.at, format!("is nested deeper than {DEEPEST} levels")));
        }
        if fields.is_empty() {
            self.sql.push("TRUE");
            return Ok(());
        }
        self.sql.push("(");
        for (index, (name, wanted)) in fields.iter().enumerate() {
            if index > 0 {
                self.sql.push(" AND ");
            }
            self.one(object, alias, name, wanted, &place.inside(name))?;
        }
        self.sql.push(")");
        Ok(())
    }

    fn one(&mut self, object: &Object, alias: &str, name: &str, wanted: &Value, place: &Place) -> Result<(), Error> {
        self.leaves += 1;
        if self.leaves > MOST {
            return Err(Error::input(&place.at, format!("the filter has more than {MOST} conditions")));
        }
        match name {
            "and" => return self.list(object, alias, wanted, place, (" AND ", "TRUE")),
            "or" => return self.list(object, alias, wanted, place, (" OR ", "FALSE")),
            "not" => {
                self.sql.push("NOT ");
                return self.all(
                    object,
                    alias,
                    wanted,
                    &Place { negated: true, at: place.at.clone(), depth: place.depth },
                );
            }
            _ => {}
        }
        if let Some(field) = object.field(name).filter(|field| field.is_comparable()) {
            self.sql.touch(Touch::of(object, field, Way::Asked));
            return match &field.kind {
                Kind::One(_) => self.one_related(field, alias, wanted, place),
                Kind::Many { via, .. } => self.many_related(field, via, alias, wanted, place),
                _ => self.leaf(object, field, alias, wanted, place),
            };
        }
        match object.field_by_id_name(name).filter(|field| field.is_comparable()) {
            Some(field) => {
                self.sql.touch(Touch::of(object, field, Way::Asked));
                self.leaf(object, field, alias, wanted, place)
            }
            None => Err(Error::input(&place.at, format!("{} has no field `{name}` to filter by", object.name))),
        }
    }

    fn list(
        &mut self,
        object: &Object,
        alias: &str,
        wanted: &Value,
        place: &Place,
        (glue, empty): (&str, &str),
    ) -> Result<(), Error> {
        let single;
        let items = match wanted {
            Value::Array(items) => items,
            other => {
                single = vec![other.clone()];
                &single
            }
        };
        if items.is_empty() {
            self.sql.push(empty);
            return Ok(());
        }
        self.sql.push("(");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.sql.push(glue);
            }
            self.all(object, alias, item, &place.inside(&index.to_string()))?;
        }
        self.sql.push(")");
        Ok(())
    }

    fn one_related(&mut self, field: &Field, alias: &str, wanted: &Value, place: &Place) -> Result<(), Error> {
        let target = self.target(field)?;
        let id = expression::relation(field, alias).ok_or_else(|| Error::Unknown(field.name.to_string()))?;
        let row = self.sql.alias();
        self.sql
            .push("EXISTS (SELECT 1 FROM ")
            .table(&target)
            .push(&format!(" {row} WHERE {row}.id = {id} AND {row}.deleted_at IS NULL AND "));
        self.all(&target, &row, wanted, &Place { negated: false, at: place.at.clone(), depth: place.depth })?;
        self.sql.push(")");
        Ok(())
    }

    fn many_related(
        &mut self,
        field: &Field,
        via_name: &str,
        alias: &str,
        wanted: &Value,
        place: &Place,
    ) -> Result<(), Error> {
        let target = self.target(field)?;
        let quantifiers = an_object(wanted, place)?;
        if quantifiers.is_empty() {
            self.sql.push("TRUE");
        }
        for (index, (quantifier, inner)) in quantifiers.iter().enumerate() {
            let place = place.inside(quantifier);
            let (exists, negated) = match quantifier.as_str() {
                "some" => ("EXISTS", false),
                "none" => ("NOT EXISTS", false),
                "every" => ("NOT EXISTS", true),
                _ => return Err(Error::input(&place.at, "needs `some`, `none` or `every`")),
            };
            if index > 0 {
                self.sql.push(" AND ");
            }
            let row = self.sql.alias();
            let back = via(&target, via_name, &row)?;
            self.sql.push(exists).push(" (SELECT 1 FROM ").table(&target);
            self.sql.push(&format!(" {row} WHERE {back} = {alias}.id AND {row}.deleted_at IS NULL AND "));
            if negated {
                self.sql.push("NOT ");
            }
            self.all(&target, &row, inner, &Place { negated, at: place.at, depth: place.depth })?;
            self.sql.push(")");
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        object: &Object,
        field: &Field,
        alias: &str,
        wanted: &Value,
        place: &Place,
    ) -> Result<(), Error> {
        let operators = an_object(wanted, place)?;
        let value = self.sql.comparable(field, alias);
        if operators.is_empty() {
            self.sql.push("TRUE");
        }
        for (index, (operator, operand)) in operators.iter().enumerate() {
            if index > 0 {
                self.sql.push(" AND ");
            }
            self.leaves += 1;
            let place = place.inside(operator);
            if operand.is_null() {
                return Err(Error::input(&place.at, "needs a value; ask for missing values with `isNull: true`"));
            }
            self.sql.push("(");
            if field.encrypted {
                let sealed = SealedField { object, field, value: &value, alias, keys: self.keys };
                sealed.operator(self.sql, operator, operand, &place.at)?;
            } else {
                self.operator(field, &value, alias, operator, operand, &place)?;
            }
            self.sql.push(if place.negated { ") IS TRUE" } else { ")" });
        }
        Ok(())
    }

    fn operator(
        &mut self,
        field: &Field,
        value: &Expression,
        alias: &str,
        name: &str,
        operand: &Value,
        place: &Place,
    ) -> Result<(), Error> {
        let at = &place.at;
        let offered = field.kind.operators();
        match (name, offered) {
            ("isNull", _) => {
                let test = if operand::boolean(operand, at)? { " IS NULL" } else { " IS NOT NULL" };
                let presence =
                    if field.kind.is_money() { expression::money(field, alias).0 } else { value.sql.clone() };
                self.sql.push(&presence).push(test);
            }
            ("eq", Operators::Equality | Operators::Order | Operators::Text | Operators::Boolean) => {
                if let Some(json) = containment(field, operand) {
                    operand::one(field, value, operand, at)?;
                    self.sql.push_guessed(&format!("{alias}.custom @> "), Param::Json(json), "jsonb");
                } else {
                    self.compare(field, value, " = ", operand, at)?;
                }
            }
            ("neq", Operators::Equality | Operators::Order | Operators::Text | Operators::Boolean) => {
                self.compare(field, value, " IS DISTINCT FROM ", operand, at)?;
            }
            ("in", Operators::Equality | Operators::Order | Operators::Text) => {
                self.any_of(field, value, operand, at)?;
            }
            ("notIn", Operators::Equality | Operators::Order | Operators::Text) => {
                self.sql.push("(");
                self.any_of(field, value, operand, at)?;
                self.sql.push(") IS NOT TRUE");
            }
            ("gt" | "gte" | "lt" | "lte", Operators::Order | Operators::Text) => {
                let sign = match name {
                    "gt" => " > ",
                    "gte" => " >= ",
                    "lt" => " < ",
                    _ => " <= ",
                };
                if value.collates {
                    let collated = Expression { sql: format!("{} COLLATE rapport.ci", value.sql), ..value.clone() };
                    self.compare(field, &collated, sign, operand, at)?;
                } else {
                    self.compare(field, value, sign, operand, at)?;
                }
            }
            ("contains", Operators::Text) => self.like(value, &format!("%{}%", escaped(operand::string(operand, at)?))),
            ("startsWith", Operators::Text) => {
                self.like(value, &format!("{}%", escaped(operand::string(operand, at)?)));
            }
            ("endsWith", Operators::Text) => self.like(value, &format!("%{}", escaped(operand::string(operand, at)?))),
            ("ilike", Operators::Text) => {
                let pattern = operand::string(operand, at)?;
                if pattern.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1 {
                    return Err(Error::input(at, "the pattern ends in a lone `\\`"));
                }
                self.like(value, pattern);
            }
            ("containsAny" | "containsAll", Operators::Set) => {
                let (param, _) = operand::many(field, value, operand, at)?;
                match (&field.storage, param) {
                    // As containment, which the index on `custom` serves.
                    (Storage::Custom(key), Param::Texts(options)) => {
                        self.contains(alias, key, options, name == "containsAll");
                    }
                    (_, param) => {
                        let sign = if name == "containsAny" { " ?| " } else { " ?& " };
                        self.sql.push_guessed(&format!("{}{sign}", value.sql), param, "text[]");
                    }
                }
            }
            ("currency", Operators::Order) if field.kind.is_money() => {
                let code = Field::new("currency", types::plain());
                let value = Expression { sql: expression::money(field, alias).1, ty: "text", collates: false };
                self.nested(&code, &value, alias, operand, place)?;
            }
            (_, Operators::Parts) if field.kind.parts().any(|part| part == name) => {
                let part = Field::new(name, types::plain());
                let value =
                    Expression { sql: format!("({}->>{})", value.sql, literal(name)), ty: "text", collates: true };
                self.nested(&part, &value, alias, operand, place)?;
            }
            _ => {
                return Err(Error::input(
                    at,
                    format!("`{name}` is no operator of {} ({})", field.name, field.kind.type_name()),
                ));
            }
        }
        Ok(())
    }

    /// Operators on a part of a value: the currency of money, a line of an address.
    fn nested(
        &mut self,
        part: &Field,
        value: &Expression,
        alias: &str,
        wanted: &Value,
        place: &Place,
    ) -> Result<(), Error> {
        self.sql.push("TRUE");
        for (operator, operand) in an_object(wanted, place)? {
            let place = place.inside(operator);
            if operand.is_null() {
                return Err(Error::input(&place.at, "needs a value; ask for missing values with `isNull: true`"));
            }
            self.sql.push(" AND (");
            self.operator(part, value, alias, operator, operand, &place)?;
            self.sql.push(")");
        }
        Ok(())
    }

    fn compare(
        &mut self,
        field: &Field,
        value: &Expression,
        sign: &str,
        operand: &Value,
        at: &str,
    ) -> Result<(), Error> {
        let (param, cast) = operand::one(field, value, operand, at)?;
        self.sql.push(&value.sql).push(sign).bind(param, &cast);
        Ok(())
    }

    fn any_of(&mut self, field: &Field, value: &Expression, operand: &Value, at: &str) -> Result<(), Error> {
        let (param, cast) = operand::many(field, value, operand, at)?;
        self.sql.push(&value.sql).push(" = ANY(").bind(param, &cast).push(")");
        Ok(())
    }

    /// Whether the list under `key` holds all, or any, of the options.
    fn contains(&mut self, alias: &str, key: &str, options: Vec<String>, all: bool) {
        let holds =
            |options: Vec<String>| Param::Json(Value::Object(Map::from_iter([(key.to_owned(), options.into())])));
        let left = format!("{alias}.custom @> ");
        if all {
            self.sql.push_guessed(&left, holds(options), "jsonb");
            return;
        }
        self.sql.push("(FALSE");
        for option in options {
            self.sql.push(" OR ").push_guessed(&left, holds(vec![option]), "jsonb");
        }
        self.sql.push(")");
    }

    fn like(&mut self, value: &Expression, pattern: &str) {
        self.sql.push_guessed(&format!("{} ILIKE ", value.sql), Param::Text(pattern.into()), "text");
    }

    fn target(&self, field: &Field) -> Result<std::sync::Arc<Object>, Error> {
        self.catalog.target(field).cloned().ok_or_else(|| Error::Unknown(field.name.to_string()))
    }
}

/// What the to-one relation `name` holds in the row `alias` of `target`.
pub(super) fn via(target: &Object, name: &str, alias: &str) -> Result<String, Error> {
    let field = target.field(name).and_then(|field| expression::relation(field, alias));
    field.ok_or_else(|| Error::Unknown(format!("{}.{name}", target.name)))
}

/// Equality with a custom value as containment, which the index on `custom` serves for fields without one of their own.
fn containment(field: &Field, operand: &Value) -> Option<Value> {
    let Storage::Custom(key) = &field.storage else { return None };
    if field.index == IndexState::Ready {
        return None;
    }
    let same =
        matches!(field.kind.shape(), Shape::Text | Shape::Boolean | Shape::Number | Shape::Integer | Shape::Date);
    let normal = operand.as_str().and_then(|text| field.kind.operand(text)).map(Value::String);
    same.then(|| Value::Object(Map::from_iter([(key.to_string(), normal.unwrap_or_else(|| operand.clone()))])))
}

/// A text as a pattern that matches it alone.
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn an_object<'v>(value: &'v Value, place: &Place) -> Result<&'v Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| Error::input(&place.at, "needs an object"))
}
