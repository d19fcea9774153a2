//! What a field is to become: read from an input, and checked against what the field is used for.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{
    super::{
        FieldRow, State,
        create::{check, check_indexes, region},
        field_row::custom_kind,
        held::{Held, Refusal},
        input::Reader,
        options, usage,
    },
    convert::Converter,
    form::Form,
    values,
};
use crate::{
    catalog::{Choice, Object, types},
    record::{self, UserError, code, shown},
};

const KEYS: [&str; 4] = ["type", "options", "optionsFromValues", "region"];

/// The field that is to be converted, and what it is to become.
pub(super) struct Target<'h> {
    pub object: &'h Arc<Object>,
    pub row: &'h FieldRow,
    pub before: Form,
    pub after: Form,
}

pub(super) async fn read<'h>(
    held: &'h Held<'_>,
    object: &str,
    name: &str,
    input: &Map<String, Json>,
) -> Result<Target<'h>, Refusal> {
    held.allowed()?;
    let object = held.object(object)?;
    let row = held.own_field(object, name)?;
    if row.state == State::Archived {
        return Err(UserError::new(code::CONFLICT, "This field is archived: restore it first.").under("name").into());
    }
    if !object.field(name).is_some_and(|field| held.rights.shows_all(&held.catalog, object, field)) {
        let message = format!("You may not read {} of every record: who converts it does.", row.label);
        return Err(UserError::new(code::FORBIDDEN, message).under("name").into());
    }
    let before = Form::of(row);
    if before.kind().is_none() {
        let message = format!("{} is a relation: its records are no values that could be of another type.", row.label);
        return Err(UserError::new(code::UNSUPPORTED_TYPE, message).under("name").into());
    }
    if row.settings.encrypted {
        let message = format!("{} is encrypted, and stays what it is.", row.label);
        return Err(UserError::new(code::UNSUPPORTED_TYPE, message).under("name").into());
    }
    usage::allows_conversion(held, object, row).await?;
    let mut after = form(held, object, row, input).await?;
    convert_default(object, row, &before, &mut after)?;
    let field = after.put(row, &row.key);
    fits(held, object, &field).await?;
    Ok(Target { object, row, before, after })
}

async fn form(held: &Held<'_>, object: &Object, row: &FieldRow, input: &Map<String, Json>) -> Result<Form, Refusal> {
    let mut reader = Reader::new("conversion", input, &KEYS, &[]);
    let given = options::read(&mut reader);
    let region = region(&mut reader).or_else(|| row.settings.region.clone());
    let from_values = reader.flag("optionsFromValues").unwrap_or(false);
    let type_name = reader.text("type").unwrap_or_default().to_owned();
    let kind = custom_kind(&type_name, Vec::new());
    let has_options = kind.as_ref().is_some_and(|kind| kind.choices().is_some());
    if kind.is_none() {
        let message = format!(
            "{} is not a type that values can have. The types are {}.",
            shown(&type_name.as_str().into()),
            types::names()
        );
        reader.refuse("type", UserError::new(code::UNSUPPORTED_TYPE, message));
    } else if type_name == row.type_name {
        reader.refuse("type", UserError::invalid(format!("{} is of type {type_name} already.", row.label)));
    } else if !has_options {
        for key in ["options", "optionsFromValues"] {
            if reader.value(key).is_some_and(|value| *value != false) {
                reader.refuse(key, UserError::invalid(format!("A field of type {type_name} has no options.")));
            }
        }
    } else if from_values && given.is_some() {
        let message = "Give the options, or have them made from the values.";
        reader.refuse("optionsFromValues", UserError::invalid(message));
    } else if !from_values && reader.value("options").is_none() && row.choices.is_empty() {
        let message = "A select needs its options; `optionsFromValues` makes them from the values.";
        reader.refuse("options", UserError::new(code::REQUIRED, message));
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors.into());
    }
    let choices: Vec<Choice> = match given {
        Some(choices) => choices,
        None if from_values => values::options(held.tx, object, row, &type_name).await?,
        None if has_options => row.choices.clone(),
        None => Vec::new(),
    };
    Ok(Form { type_name, choices, region, default: None })
}

fn convert_default(object: &Object, row: &FieldRow, before: &Form, after: &mut Form) -> Result<(), UserError> {
    let Some(default) = &before.default else { return Ok(()) };
    let taken = Converter::new(object, row, before, after).and_then(|converter| {
        let value = record::accept(object, &converter.from, default).ok().flatten()?;
        converter.convert(&value).ok().flatten()
    });
    let Some(taken) = taken else {
        let message = format!("Its default, {}, does not convert: change that first.", shown(default));
        return Err(UserError::invalid(message).under("type").under("input"));
    };
    after.default = Some(taken.to_graph());
    Ok(())
}

/// Refuses a type that what the field is used for does not allow.
async fn fits(held: &Held<'_>, object: &Object, row: &FieldRow) -> Result<(), Refusal> {
    let none = Map::new();
    let mut reader = Reader::new("conversion", &none, &KEYS, &[]);
    check(&mut reader, object, row);
    let names_records = object.custom.is_some() && *object.name_field == *row.name;
    if names_records && row.field().is_some_and(|field| !field.kind.is_text()) {
        let message = format!("Records of {} are named by it, so it is a text.", object.label);
        reader.refuse("type", UserError::new(code::IN_USE, message));
    }
    let mut errors = reader.errors;
    if let Err(refusal) = check_indexes(held, object, row).await {
        match refusal {
            Refusal::Error(more) => errors.extend(more),
            Refusal::Database(error) => return Err(Refusal::Database(error)),
        }
    }
    // What does not fit is the type: the rest is as it was.
    for error in &mut errors {
        error.field = vec!["input".into(), "type".into()];
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}
