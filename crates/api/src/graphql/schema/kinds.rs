//! What each kind of field is in the graph: in answers, in inputs, in filters. Types of values say it themselves.

use async_graphql::dynamic::TypeRef;
use rapport_domain::catalog::{
    Field, Kind, Object,
    types::{Graph, Shape},
};

use super::{encrypted, selects::Selects};

/// Type of one value, going out. To-many relations have none.
pub fn output(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    Some(match &field.kind {
        Kind::Id => TypeRef::ID.into(),
        Kind::One(target) => target.to_string(),
        Kind::Many { .. } => return None,
        Kind::Value(_) if field.kind.choices().is_some() => selects.type_of(object, field),
        Kind::Value(value) => value.graph().output.into(),
    })
}

/// Type of one value, coming in. A to-one relation comes in as an id.
pub fn input(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    Some(match &field.kind {
        Kind::One(_) => TypeRef::ID.into(),
        Kind::Value(value) if field.kind.choices().is_none() => value.graph().input.into(),
        _ => output(object, field, selects)?,
    })
}

/// Input type with the operators of a field's values.
pub fn filter(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    if field.encrypted {
        return Some(encrypted::filter(object, field, selects));
    }
    Some(match &field.kind {
        Kind::Id => field.kind.shape().graph().filter.into(),
        Kind::One(_) | Kind::Many { .. } => return None,
        Kind::Value(_) if field.kind.choices().is_some() => selects.filter_of(object, field),
        Kind::Value(value) => value.graph().filter.into(),
    })
}

/// Type of the sum and the average of a field's values.
pub fn total(kind: &Kind) -> Option<&'static str> {
    kind.value().and_then(|value| value.graph().total)
}

/// The type in the graph of a value that is asked for by its parts.
pub fn in_parts(kind: &Kind) -> Option<&'static str> {
    let value = kind.value().filter(|value| value.shape() == Shape::Money || value.parts().is_some())?;
    let Graph { output, .. } = value.graph();
    Some(output)
}

pub fn is_list(kind: &Kind) -> bool {
    kind.shape() == Shape::Options
}
