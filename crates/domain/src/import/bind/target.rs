use std::sync::Arc;

use crate::{
    catalog::{Catalog, Field, Object, Storage, types::Shape},
    import::{
        mapping::{Column, Missing},
        problem::{Problem, code, did_you_mean},
    },
};

/// The records that a relation points to, and how rows name them.
#[derive(Debug, Clone)]
pub struct Target {
    pub object: Arc<Object>,
    pub by: Arc<Field>,
    pub missing: Missing,
    pub within: Vec<Condition>,
}

/// A related record counts only if its field has this value.
#[derive(Debug, Clone)]
pub struct Condition {
    pub field: Arc<Field>,
    /// For a relation: the object and the field that names its records.
    pub through: Option<(Arc<Object>, Arc<Field>)>,
    pub value: String,
}

pub(super) fn bind(column: &Column, field: &Field, catalog: &Catalog) -> Result<Target, Problem> {
    let wrong = |message: String| Problem::new(code::INVALID_MAPPING, message).at_line(column.line);
    let object = catalog.target(field).ok_or_else(|| wrong(format!("`{}` points to nothing.", field.name)))?;
    let relation = &column.relation;
    let by = named(object, relation.by.as_deref().unwrap_or(&object.name_field)).map_err(wrong)?;
    if relation.missing == Missing::Create {
        let granted = catalog.granted(object);
        let message = if !(granted.create && granted.import) {
            Some(format!("you may not import {}", object.label_plural.to_lowercase()))
        } else if !relation.within.is_empty() || *by.name == *"id" {
            Some("`missing = \"create\"` goes neither with `within` nor with `match = \"id\"`".to_owned())
        } else {
            None
        };
        if let Some(message) = message {
            return Err(wrong(format!("`{}`: {message}.", field.name)));
        }
    }
    let condition = |(name, value): &(String, String)| {
        let field = named(object, name)?;
        let through = catalog.target(&field).map(|to| named(to, &to.name_field).map(|by| (to.clone(), by)));
        Ok(Condition { field, through: through.transpose()?, value: value.clone() })
    };
    let within: Result<Vec<_>, String> = relation.within.iter().map(condition).collect();
    Ok(Target { object: object.clone(), by, missing: relation.missing, within: within.map_err(wrong)? })
}

/// A field that records can be found by.
fn named(object: &Object, name: &str) -> Result<Arc<Field>, String> {
    let field = object.field(name).ok_or_else(|| {
        let hint = did_you_mean(name, object.fields().iter().map(|field| &*field.name));
        format!("{} has no field `{name}`.{hint}", object.name)
    })?;
    if !field.is_comparable() {
        return Err(format!("`{name}` is shown to you in part: records cannot be found by it."));
    }
    let kind = matches!(field.kind.shape(), Shape::Id | Shape::Text | Shape::Integer);
    let stored = matches!(field.storage, Storage::Column(_) | Storage::Custom(_));
    if kind && stored && !field.encrypted {
        Ok(field.clone())
    } else {
        Err(format!("records cannot be found by `{name}`."))
    }
}
