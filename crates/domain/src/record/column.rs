//! Fields and the columns that keep them: names and types in SQL, values as parameters, values from rows.

use rapport_tenancy::Row;
use rapport_tenancy::ToSql;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{
    Error,
    change::{Change, Record},
    secret,
    value::{Money, Slot, Stored},
};
use crate::{
    catalog::{Field, Kind, Object, Source, Storage, types::Shape},
    wire::{Day, JsonText, Moment},
};

/// A column that the engine writes.
pub(super) struct Column<'a> {
    pub at: usize,
    pub name: &'a str,
    part: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Whole,
    Minor,
    Currency,
}

pub(super) type Parameter<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// The columns of the fields at `positions`, in order; system columns and `custom` are not among them.
pub(super) fn columns(object: &Object, positions: impl Fn(usize) -> bool) -> Vec<Column<'_>> {
    let mut columns = Vec::new();
    for (at, field) in
        object.fields().iter().enumerate().filter(|(at, field)| field.source != Source::System && positions(*at))
    {
        match &field.storage {
            Storage::Column(name) => columns.push(Column { at, name, part: Part::Whole }),
            Storage::Money { minor, currency } => {
                columns.push(Column { at, name: minor, part: Part::Minor });
                columns.push(Column { at, name: currency, part: Part::Currency });
            }
            Storage::Custom(_) | Storage::Elsewhere => {}
        }
    }
    columns
}

impl Column<'_> {
    /// The column's values after the changes, as one array.
    pub fn values<'a>(&self, object: &Object, changes: &'a [Change]) -> Parameter<'a> {
        let slots = changes.iter().map(|change| change.after(self.at));
        match self.part {
            Part::Minor => Box::new(slots.map(|slot| money(slot).map(|money| money.minor)).collect::<Vec<_>>()),
            Part::Currency => {
                Box::new(slots.map(|slot| money(slot).map(|money| money.currency.as_str())).collect::<Vec<_>>())
            }
            Part::Whole => array(&object.fields()[self.at].kind, slots),
        }
    }

    pub fn array_type(&self, object: &Object) -> &'static str {
        match self.part {
            Part::Minor => "bigint[]",
            Part::Currency => "text[]",
            Part::Whole => array_type(&object.fields()[self.at].kind),
        }
    }

    pub fn cast(&self, object: &Object) -> &'static str {
        match self.part {
            Part::Whole => cast(&object.fields()[self.at].kind),
            Part::Minor | Part::Currency => "",
        }
    }
}

/// What makes an element of [`array_type`] a value of the column.
pub(super) fn cast(kind: &Kind) -> &'static str {
    if kind.shape() == Shape::Decimal { "::numeric" } else { "" }
}

/// The type of the parameter that carries values of a kind.
pub(super) fn array_type(kind: &Kind) -> &'static str {
    match kind.shape() {
        Shape::Text | Shape::Decimal => "text[]",
        Shape::Integer => "integer[]",
        Shape::Number => "double precision[]",
        Shape::Boolean => "boolean[]",
        Shape::Date => "date[]",
        Shape::DateTime => "timestamptz[]",
        Shape::Options | Shape::Document | Shape::Money => "jsonb[]",
        Shape::Id => "uuid[]",
    }
}

pub(super) fn array<'a>(kind: &Kind, slots: impl Iterator<Item = Option<&'a Stored>>) -> Parameter<'a> {
    macro_rules! of {
        ($pattern:pat => $value:expr) => {
            Box::new(slots.map(|slot| if let Some($pattern) = slot { Some($value) } else { None }).collect::<Vec<_>>())
        };
    }
    match array_type(kind) {
        "text[]" => of!(Stored::Text(text) | Stored::Decimal(text) => text.as_str()),
        "integer[]" => of!(Stored::Integer(n) => *n),
        "double precision[]" => of!(Stored::Number(n) => *n),
        "boolean[]" => of!(Stored::Boolean(yes) => *yes),
        "date[]" => of!(Stored::Date(date) => Day(*date)),
        "timestamptz[]" => of!(Stored::DateTime(at) => Moment(*at)),
        "uuid[]" => of!(Stored::Id(id) => *id),
        _ => of!(other => JsonText(other.to_custom().to_string())),
    }
}

fn money(slot: Option<&Stored>) -> Option<&Money> {
    match slot {
        Some(Stored::Money(money)) => Some(money),
        _ => None,
    }
}

/// `id, version, deleted, custom` and every column of the object: what [`read`] reads.
pub(super) fn selection(object: &Object) -> String {
    let mut names = vec!["id, version, deleted_at IS NOT NULL, custom".to_owned()];
    for column in columns(object, |_| true) {
        let cast = if column.cast(object).is_empty() { "" } else { "::text" };
        names.push(format!("\"{}\"{cast}", column.name));
    }
    names.join(", ")
}

pub(super) fn read(object: &Object, row: &Row) -> Result<Record, Error> {
    let mut record = Record::new(object, row.get(0));
    record.version = row.get(1);
    record.deleted = row.get(2);
    if let Json::Object(custom) = row.get(3) {
        record.custom = custom;
    }
    let mut next = 4;
    for (at, field) in object.fields().iter().enumerate() {
        record.slots[at] = match &field.storage {
            _ if field.source == Source::System => None,
            Storage::Elsewhere => None,
            Storage::Custom(key) if field.encrypted => record.custom.get(&**key).map(secret::slot),
            Storage::Custom(key) => record.custom.get(&**key).and_then(|kept| Stored::from_custom(&field.kind, kept)),
            Storage::Column(name) => {
                next += 1;
                whole(field, row, next - 1).map_err(|kind| corrupt(object, name, record.id, kind))?
            }
            Storage::Money { minor, .. } => {
                next += 2;
                amount(field, row, next - 2).map_err(|kind| corrupt(object, minor, record.id, kind))?
            }
        };
    }
    Ok(record)
}

fn corrupt(object: &Object, column: &str, id: Uuid, kind: &'static str) -> Error {
    Error::Corrupt { table: object.table.to_string(), column: column.to_owned(), id, kind }
}

fn whole(field: &Field, row: &Row, at: usize) -> Result<Slot, &'static str> {
    macro_rules! as_a {
        ($type:ty, $make:expr) => {
            row.try_get::<_, Option<$type>>(at).map(|value| value.map($make))
        };
    }
    match array_type(&field.kind) {
        "text[]" if field.kind.shape() == Shape::Decimal => as_a!(String, Stored::Decimal),
        "text[]" => as_a!(String, Stored::Text),
        "integer[]" => as_a!(i32, Stored::Integer),
        "double precision[]" => as_a!(f64, Stored::Number),
        "boolean[]" => as_a!(bool, Stored::Boolean),
        "date[]" => as_a!(Day, |day| Stored::Date(day.0)),
        "timestamptz[]" => as_a!(Moment, |moment| Stored::DateTime(moment.0)),
        "uuid[]" => as_a!(Uuid, Stored::Id),
        _ => {
            row.try_get::<_, Option<Json>>(at).map(|kept| kept.and_then(|kept| Stored::from_custom(&field.kind, &kept)))
        }
    }
    .map_err(|_| field.kind.type_name())
}

fn amount(field: &Field, row: &Row, at: usize) -> Result<Slot, &'static str> {
    let part = |_| field.kind.type_name();
    let minor: Option<i64> = row.try_get(at).map_err(part)?;
    let currency: Option<String> = row.try_get(at + 1).map_err(part)?;
    Ok(minor.zip(currency).map(|(minor, currency)| Stored::Money(Money { minor, currency })))
}
