//! Conditions on encrypted fields: their values are equal or not, and nothing else is known of them.

use rapport_domain::catalog::{Field, Object, types::Shape};

use super::{common, selects::Selects, types::Types};

/// How values are kept of which more can be asked where they are not encrypted, and the filter where they are.
const FILTERS: [(Shape, &str); 7] = [
    (Shape::Text, "EncryptedTextFilter"),
    (Shape::Integer, "EncryptedIntFilter"),
    (Shape::Number, "EncryptedNumberFilter"),
    (Shape::Decimal, "EncryptedDecimalFilter"),
    (Shape::Date, "EncryptedDateFilter"),
    (Shape::DateTime, "EncryptedDateTimeFilter"),
    (Shape::Money, "EncryptedMoneyFilter"),
];

/// Whether a graph calls one of them so, now or once it has an encrypted field.
pub fn is_filter(name: &str) -> bool {
    FILTERS.iter().any(|(_, known)| *known == name)
}

/// For a catalog that has encrypted fields.
pub fn declare(types: &mut Types) {
    for (shape, name) in FILTERS {
        types.add(common::equality(name, shape.graph().input));
    }
}

pub fn filter(object: &Object, field: &Field, selects: &Selects) -> String {
    let shape = field.kind.shape();
    match FILTERS.iter().find(|(known, _)| *known == shape) {
        _ if shape == Shape::Text && field.kind.choices().is_some() => selects.filter_of(object, field),
        Some((_, name)) => (*name).into(),
        None if shape == Shape::Boolean => shape.graph().filter.into(),
        None => Shape::Document.graph().filter.into(),
    }
}
