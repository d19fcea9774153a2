//! What each kind of field is in the graph: in answers, in inputs, in filters.

use async_graphql::dynamic::TypeRef;
use rapport_domain::catalog::{Field, Kind, Object};

use super::{encrypted, selects::Selects};
use crate::graphql::names;

/// Type of one value, going out. To-many relations have none.
pub fn output(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    Some(match &field.kind {
        Kind::Currency => names::MONEY.into(),
        Kind::Address => names::ADDRESS.into(),
        Kind::One(target) => target.to_string(),
        Kind::Many { .. } => return None,
        Kind::Select(_) | Kind::MultiSelect(_) => selects.type_of(object, field),
        scalar => scalar_name(scalar).into(),
    })
}

/// Type of one value, coming in. A to-one relation comes in as an id.
pub fn input(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    Some(match &field.kind {
        Kind::Currency => names::MONEY_INPUT.into(),
        Kind::Address => names::ADDRESS_INPUT.into(),
        Kind::One(_) => TypeRef::ID.into(),
        _ => output(object, field, selects)?,
    })
}

/// Input type with the operators of a field's values.
pub fn filter(object: &Object, field: &Field, selects: &Selects) -> Option<String> {
    if field.encrypted {
        return Some(encrypted::filter(object, field, selects));
    }
    Some(match &field.kind {
        Kind::Id => "IdFilter".into(),
        Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url => "TextFilter".into(),
        Kind::Integer | Kind::Rating => "IntFilter".into(),
        Kind::Number => "NumberFilter".into(),
        Kind::Decimal => "DecimalFilter".into(),
        Kind::Currency => names::MONEY_FILTER.into(),
        Kind::Boolean => "BooleanFilter".into(),
        Kind::Date => "DateFilter".into(),
        Kind::DateTime => "DateTimeFilter".into(),
        Kind::Address => names::ADDRESS_FILTER.into(),
        Kind::Json => "PresenceFilter".into(),
        Kind::Select(_) | Kind::MultiSelect(_) => selects.filter_of(object, field),
        Kind::One(_) | Kind::Many { .. } => return None,
    })
}

/// Type of the sum and the average of a field's values.
pub fn total(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Integer | Kind::Number | Kind::Rating => Some(TypeRef::FLOAT),
        Kind::Decimal => Some("Decimal"),
        Kind::Currency => Some(names::MONEY),
        _ => None,
    }
}

pub fn is_list(kind: &Kind) -> bool {
    matches!(kind, Kind::MultiSelect(_))
}

fn scalar_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Id => TypeRef::ID,
        Kind::Integer | Kind::Rating => TypeRef::INT,
        Kind::Number => TypeRef::FLOAT,
        Kind::Decimal => "Decimal",
        Kind::Boolean => TypeRef::BOOLEAN,
        Kind::Date => "Date",
        Kind::DateTime => "DateTime",
        Kind::Json => "JSON",
        _ => TypeRef::STRING,
    }
}
