use std::sync::Arc;

use super::{Target, is_importable, target};
use crate::{
    catalog::{Catalog, Field, Kind, Object, Source, types::cell::OptionNames},
    import::{
        mapping::{Column, Missing, Unmatched},
        problem::{Problem, code, did_you_mean},
    },
};

/// One column of a mapping with the field that it fills.
#[derive(Debug, Clone)]
pub struct Slot {
    pub column: Column,
    pub field: Arc<Field>,
    /// The name under which the record engine takes the value: `companyId`.
    pub input: String,
    pub place: Place,
    pub options: OptionNames,
    pub target: Option<Target>,
}

/// Where in the input the value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Whole,
    /// A part of a document.
    Part(String),
}

pub(super) fn bind(column: &Column, object: &Object, catalog: &Catalog) -> Result<Slot, Problem> {
    let wrong = |message: String| Problem::new(code::INVALID_MAPPING, message).at_line(column.line);
    let (name, part) =
        column.field.split_once('.').map_or((column.field.as_str(), None), |(name, part)| (name, Some(part)));
    let field = object.field(name).ok_or_else(|| {
        let hint = did_you_mean(name, object.fields().iter().map(|field| &*field.name));
        wrong(format!("{} has no field `{name}`.{hint}", object.name))
    })?;
    if field.source != Source::Caller || !is_importable(&field.kind) {
        return Err(wrong(match &field.source {
            Source::Follows { via, .. } => format!("`{name}` follows `{via}`; fill that instead."),
            _ if matches!(field.kind, Kind::Many { .. }) => {
                format!("`{name}` is filled from its other side, by a step of its own.")
            }
            _ => format!("`{name}` is set by the system."),
        }));
    }
    if !field.is_writable() {
        return Err(wrong(format!("`{name}` is not yours to fill.")));
    }
    let place = place(&field.kind, name, part).map_err(wrong)?;
    let target = match &field.kind {
        Kind::One(_) => Some(target::bind(column, field, catalog)?),
        _ => None,
    };
    refuse_misfits(column, &field.kind).map_err(wrong)?;
    if field.encrypted && column.unmatched == Unmatched::Create {
        return Err(wrong(format!("`{name}` is encrypted: its values do not become options, which everybody sees.")));
    }
    Ok(Slot {
        column: column.clone(),
        input: field.id_name().unwrap_or_else(|| field.name.to_string()),
        place,
        options: field.kind.choices().map(|choices| OptionNames::of(choices)).unwrap_or_default(),
        target,
        field: field.clone(),
    })
}

fn place(kind: &Kind, name: &str, part: Option<&str>) -> Result<Place, String> {
    let parts: Vec<_> = kind.parts().collect();
    match part {
        Some(part) if parts.contains(&part) => Ok(Place::Part(part.into())),
        _ if !parts.is_empty() => {
            Err(format!("`{name}` is filled by its parts: `{name}.{}`.", parts.join(&format!("`, `{name}."))))
        }
        Some(part) => Err(format!("`{name}` has no part `{part}`.")),
        None => Ok(Place::Whole),
    }
}

/// Says what a column says in vain.
fn refuse_misfits(column: &Column, kind: &Kind) -> Result<(), String> {
    let name = &column.field;
    if column.unmatched != Unmatched::Error && kind.choices().is_none() {
        return Err(format!("`{name}` is no select: `unmatched` means nothing here."));
    }
    let relation = &column.relation;
    let says_relation = relation.by.is_some() || relation.missing != Missing::Error || !relation.within.is_empty();
    if says_relation && !matches!(kind, Kind::One(_)) {
        return Err(format!("`{name}` is no relation: `match`, `missing` and `within` mean nothing here."));
    }
    if kind.is_money() && column.format.currency.is_none() {
        return Err(format!(
            "`{name}` is an amount of money: say its `currency`, or the `currency_column` that has it."
        ));
    }
    Ok(())
}
