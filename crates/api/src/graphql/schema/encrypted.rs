//! Conditions on encrypted fields: their values are equal or not, and nothing else is known of them.

use async_graphql::dynamic::TypeRef;
use rapport_domain::catalog::{Field, Kind, Object};

use super::{common, selects::Selects, types::Types};
use crate::graphql::names;

/// Filter and operand of each kind that has more to ask where it is not encrypted.
const FILTERS: [(&str, &str); 7] = [
    ("EncryptedTextFilter", TypeRef::STRING),
    ("EncryptedIntFilter", TypeRef::INT),
    ("EncryptedNumberFilter", TypeRef::FLOAT),
    ("EncryptedDecimalFilter", "Decimal"),
    ("EncryptedDateFilter", "Date"),
    ("EncryptedDateTimeFilter", "DateTime"),
    ("EncryptedMoneyFilter", names::MONEY_INPUT),
];

/// Whether a graph calls one of them so, now or once it has an encrypted field.
pub fn is_filter(name: &str) -> bool {
    FILTERS.iter().any(|(known, _)| *known == name)
}

/// For a catalog that has encrypted fields.
pub fn declare(types: &mut Types) {
    for (name, operand) in FILTERS {
        types.add(common::equality(name, operand));
    }
}

pub fn filter(object: &Object, field: &Field, selects: &Selects) -> String {
    match &field.kind {
        Kind::Integer | Kind::Rating => "EncryptedIntFilter".into(),
        Kind::Number => "EncryptedNumberFilter".into(),
        Kind::Decimal => "EncryptedDecimalFilter".into(),
        Kind::Date => "EncryptedDateFilter".into(),
        Kind::DateTime => "EncryptedDateTimeFilter".into(),
        Kind::Currency => "EncryptedMoneyFilter".into(),
        Kind::Boolean => "BooleanFilter".into(),
        Kind::Select(_) => selects.filter_of(object, field),
        Kind::MultiSelect(_) | Kind::Address | Kind::Json | Kind::Many { .. } => "PresenceFilter".into(),
        Kind::Text | Kind::LongText | Kind::Email | Kind::Phone | Kind::Url | Kind::Id | Kind::One(_) => {
            "EncryptedTextFilter".into()
        }
    }
}
