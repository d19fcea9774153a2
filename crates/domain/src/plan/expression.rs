//! Fields as SQL: what to compare, sort and group by.

use crate::catalog::{Choices, Field, Kind, Storage, currency, types::Shape};

use super::sql::{literal, quoted};

/// The id that a to-one relation holds in the row `alias`.
pub(crate) fn relation(field: &Field, alias: &str) -> Option<String> {
    let is_one = matches!((&field.kind, &field.storage), (Kind::One(_), Storage::Column(_) | Storage::Custom(_)));
    is_one.then(|| value(field, alias).sql)
}

/// The field's value as SQL, and the type that operands are cast to.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    pub sql: String,
    /// Type of the value, for casts of operands.
    pub ty: &'static str,
    /// Case-insensitive collation applies when sorting.
    pub collates: bool,
}

/// The value of `field` in the row `alias`, comparable with operands of the field's kind.
pub(super) fn value(field: &Field, alias: &str) -> Expression {
    let plain = |sql: String, ty| Expression { sql, ty, collates: false };
    match &field.storage {
        Storage::Column(column) => {
            let sql = format!("{alias}.{}", quoted(column));
            match field.kind.shape() {
                Shape::Id => plain(sql, "uuid"),
                Shape::Integer => plain(sql, "bigint"),
                Shape::Number => plain(sql, "float8"),
                Shape::Decimal | Shape::Money => plain(sql, "numeric"),
                Shape::Boolean => plain(sql, "boolean"),
                Shape::Date => plain(sql, "date"),
                Shape::DateTime => plain(sql, "timestamptz"),
                Shape::Options | Shape::Document => plain(sql, "jsonb"),
                Shape::Text => Expression { sql, ty: "text", collates: field.kind.is_text() },
            }
        }
        Storage::Money { minor, currency } => {
            plain(major(&format!("{alias}.{}", quoted(minor)), &format!("{alias}.{}", quoted(currency))), "numeric")
        }
        // The blind index: equal values have the same one, and it says nothing else of them.
        Storage::Custom(key) if field.encrypted => plain(format!("({alias}.custom->{}->>'b')", literal(key)), "text"),
        Storage::Custom(key) => {
            let (json, text) =
                (format!("({alias}.custom->{})", literal(key)), format!("({alias}.custom->>{})", literal(key)));
            match field.kind.shape() {
                Shape::Integer => plain(format!("({json}::bigint)"), "bigint"),
                Shape::Number => plain(format!("({json}::float8)"), "float8"),
                Shape::Decimal => plain(format!("({text}::numeric)"), "numeric"),
                Shape::Money => {
                    plain(major(&format!("({json}->>'minor')::bigint"), &format!("({json}->>'currency')")), "numeric")
                }
                Shape::Boolean => plain(format!("({json}::boolean)"), "boolean"),
                Shape::Date => plain(format!("({text}::date)"), "date"),
                Shape::DateTime => plain(format!("({text}::timestamptz)"), "timestamptz"),
                Shape::Options | Shape::Document => plain(json, "jsonb"),
                Shape::Id => plain(format!("({text}::uuid)"), "uuid"),
                Shape::Text => Expression { sql: text, ty: "text", collates: field.kind.is_text() },
            }
        }
        Storage::Elsewhere => plain("NULL".into(), "text"),
    }
}

/// The value in a form that compares and sorts like it and that an index can be over. A day or an instant in `custom` stays
/// the text it is kept as: that is in order too, and its conversion depends on settings of the server.
pub(crate) fn comparable(field: &Field, alias: &str) -> Expression {
    match (&field.storage, field.kind.shape()) {
        (Storage::Custom(key), Shape::Date | Shape::DateTime) if !field.encrypted => {
            let sql = format!("({alias}.custom->>{} COLLATE \"C\")", literal(key));
            Expression { sql, ty: "text", collates: false }
        }
        _ => value(field, alias),
    }
}

/// Minor units and currency code of a money field in the row `alias`.
pub(super) fn money(field: &Field, alias: &str) -> (String, String) {
    match &field.storage {
        Storage::Money { minor, currency } => {
            (format!("{alias}.{}", quoted(minor)), format!("{alias}.{}", quoted(currency)))
        }
        Storage::Custom(key) => {
            let json = format!("{alias}.custom->{}", literal(key));
            (format!("({json}->>'minor')::bigint"), format!("({json}->>'currency')"))
        }
        Storage::Column(_) | Storage::Elsewhere => ("NULL::bigint".into(), "NULL::text".into()),
    }
}

/// An amount in major units, whatever its currency: amounts are compared by value.
pub(super) fn major(minor: &str, code: &str) -> String {
    let list = |codes: &[&str]| codes.iter().map(|code| literal(code)).collect::<Vec<_>>().join(",");
    format!(
        "({minor}::numeric / CASE WHEN {code} IN ({}) THEN 1 WHEN {code} IN ({}) THEN 1000 ELSE 100 END)",
        list(currency::NO_MINOR),
        list(currency::THREE_MINOR)
    )
}

/// Options sort in their own order, not by name. A value that is no option any more comes after them.
pub(super) fn option_order(value: &str, choices: &Choices) -> String {
    let options = choices.0.iter().map(|choice| literal(&choice.value)).collect::<Vec<_>>().join(",");
    format!(
        "CASE WHEN {value} IS NOT NULL THEN coalesce(array_position(ARRAY[{options}]::text[], {value}), {}) END",
        choices.0.len() + 1
    )
}
