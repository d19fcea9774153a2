//! Encrypted fields in filters: equality alone, by the blind index.

use serde_json::{Map, Value, json};

use super::{
    error::Error,
    expression::Expression,
    keys::Keys,
    operand,
    sql::{Param, Sql},
};
use crate::{
    catalog::{Field, IndexState, Object, types::Shape},
    record,
};

/// A field of an object whose values are sealed, and their blind index as SQL.
pub(super) struct SealedField<'f> {
    pub object: &'f Object,
    pub field: &'f Field,
    pub value: &'f Expression,
    pub alias: &'f str,
    pub keys: &'f Keys,
}

impl SealedField<'_> {
    /// Appends a condition.
    pub fn operator(&self, sql: &mut Sql, name: &str, operand: &Value, at: &str) -> Result<(), Error> {
        let value = &self.value.sql;
        match name {
            "isNull" => {
                let test = if operand::boolean(operand, at)? { " IS NULL" } else { " IS NOT NULL" };
                let key = self.field.sealed_as().unwrap_or_default();
                sql.push(&format!("({}.custom->{}){test}", self.alias, super::sql::literal(key)));
            }
            "eq" if self.has_equality() => match (self.index(operand, at)?, self.field.sealed_as()) {
                (Some(index), Some(key)) if self.field.index != IndexState::Ready => {
                    let part = Value::Object(Map::from_iter([(key.to_owned(), json!({ "b": index }))]));
                    sql.push_guessed(&format!("{}.custom @> ", self.alias), Param::Json(part), "jsonb");
                }
                (Some(index), _) => {
                    sql.push(value).push(" = ").bind(Param::Text(index), "text");
                }
                (None, _) => {
                    sql.push("FALSE");
                }
            },
            "neq" if self.has_equality() => match self.index(operand, at)? {
                Some(index) => {
                    sql.push(value).push(" IS DISTINCT FROM ").bind(Param::Text(index), "text");
                }
                None => {
                    sql.push("TRUE");
                }
            },
            "in" if self.has_lists() => {
                let indexes = self.indexes(operand, at)?;
                sql.push(value).push(" = ANY(").bind(Param::Texts(indexes), "text[]").push(")");
            }
            "notIn" if self.has_lists() => {
                let indexes = self.indexes(operand, at)?;
                sql.push("(").push(value).push(" = ANY(").bind(Param::Texts(indexes), "text[]").push(")) IS NOT TRUE");
            }
            _ => {
                let (name_of_field, kind) = (&self.field.name, self.field.kind.type_name());
                return Err(Error::input(
                    at,
                    format!("`{name}` is no operator of {name_of_field} ({kind}, encrypted)"),
                ));
            }
        }
        Ok(())
    }

    fn has_equality(&self) -> bool {
        self.field.kind.shape().is_scalar()
    }

    fn has_lists(&self) -> bool {
        self.has_equality() && self.field.kind.shape() != Shape::Boolean
    }

    fn indexes(&self, operand: &Value, at: &str) -> Result<Vec<String>, Error> {
        let items = match operand {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let index = |(place, item)| self.index(item, &format!("{at}.{place}"));
        items.iter().enumerate().filter_map(|item| index(item).transpose()).collect()
    }

    /// None for a text that no record can have: that is no mistake.
    fn index(&self, operand: &Value, at: &str) -> Result<Option<String>, Error> {
        match record::accept(self.object, self.field, operand) {
            Ok(Some(stored)) => self.keys.index(self.object, self.field, &stored).map(Some),
            Err(_) if self.field.kind.is_text() && operand.is_string() => Ok(None),
            Ok(None) | Err(_) => Err(Error::input(at, format!("needs {}", record::expected(&self.field.kind)))),
        }
    }
}
