//! Custom fields, and options of selects, that an import needs and that are not there yet.

mod option;

use std::collections::HashMap;

use rapport_tenancy::{DbError, TenantTx};
use serde_json::{Map, json};

use super::{
    bind::Pass,
    mapping::{Mapping, NewField, Options, Unmatched},
    problem::{Problem, code},
    survey::{MOST_OPTIONS, Survey},
};
use crate::{
    catalog::{
        Catalog, Choice,
        registry::{self, FieldRow, custom_kind},
    },
    record::{Origin, UserError},
    rights::Administration,
};

/// What is to be made before the first row is written.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    new: Vec<FieldRow>,
    /// Object, field and all options that a select has from now on.
    options: Vec<(String, String, Vec<Choice>)>,
}

/// The fields that the mapping wants and the catalog does not have, still without options.
pub fn missing(mapping: &Mapping, name: &str, catalog: &Catalog) -> Result<Vec<FieldRow>, Vec<Problem>> {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for field in &mapping.fields {
        match missing_one(field, catalog) {
            Ok(row) => rows.extend(row),
            Err(problem) => problems.push(problem.in_file(name).at_line(field.line)),
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

fn missing_one(field: &NewField, catalog: &Catalog) -> Result<Option<FieldRow>, Problem> {
    let wrong = |message: String| Problem::new(code::INVALID_MAPPING, message);
    let object =
        catalog.object(&field.object).ok_or_else(|| wrong(format!("There is no object `{}`.", field.object)))?;
    let kind = custom_kind(&field.type_name, Vec::new())
        .ok_or_else(|| wrong(format!("`{}` is no type that a custom field can have.", field.type_name)))?;
    if kind.choices().is_none() && field.options != Options::None {
        return Err(wrong(format!("`{}` is no select: it has no options.", field.name)));
    }
    if let Some(there) = object.field(&field.name) {
        let same = there.kind.type_name() == field.type_name;
        let message = format!("`{}` is there already, and it is {}.", field.name, there.kind.type_name());
        return if same { Ok(None) } else { Err(wrong(message)) };
    }
    if !catalog.may(Administration::Metadata) {
        return Err(Problem::new(code::FORBIDDEN, "You may not make fields."));
    }
    // Only to look ahead: the registry makes the one that stays.
    let row = FieldRow::new(&field.object, &field.name, &field.type_name);
    Ok(Some(FieldRow { label: field.label.clone(), ..row }))
}

/// Whether the values of a slot become options of its field.
pub fn collects(mapping: &Mapping, pass: &Pass, slot: usize) -> bool {
    let slot = &pass.slots[slot];
    let from_values = |field: &NewField| {
        field.options == Options::FromValues && *field.object == *pass.object.name && *field.name == *slot.field.name
    };
    slot.field.kind.choices().is_some()
        && (slot.column.unmatched == Unmatched::Create || mapping.fields.iter().any(from_values))
}

/// Settles the options, now that the values are known. `rows` are the fields to make.
pub fn wanted(
    mapping: &Mapping,
    catalog: &Catalog,
    rows: Vec<FieldRow>,
    survey: &Survey,
) -> Result<Wanted, Vec<Problem>> {
    let mut texts: HashMap<(String, String), Vec<String>> = survey.values.clone();
    for field in &mapping.fields {
        if let Options::Listed(listed) = &field.options {
            let known = texts.entry((field.object.clone(), field.name.clone())).or_default();
            let rest = std::mem::replace(known, listed.clone());
            known.extend(rest);
        }
    }
    let mut wanted = Wanted { new: rows, options: Vec::new() };
    let mut problems = Vec::new();
    for ((object, field), texts) in texts {
        let Some(known) = catalog.object(&object).and_then(|object| object.field(&field)?.kind.choices().cloned())
        else {
            continue;
        };
        let options = option::with(&known, &texts);
        if options.len() > MOST_OPTIONS + known.0.len() {
            let message =
                format!("`{field}` of {object} has more than {MOST_OPTIONS} different values: they are no options.");
            problems.push(Problem::new(code::INVALID_MAPPING, message));
        } else if let Some(new) = wanted.new.iter_mut().find(|row| row.object == object && row.name == field) {
            new.choices = options;
        } else if options.len() > known.0.len() {
            if !catalog.may(Administration::Metadata) {
                problems.push(Problem::new(code::FORBIDDEN, "You may not add options."));
            }
            wanted.options.push((object, field, options));
        }
    }
    if problems.is_empty() { Ok(wanted) } else { Err(problems) }
}

impl Wanted {
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.options.is_empty()
    }

    /// Makes it all; answers what to call it.
    pub async fn make(&self, tx: &TenantTx, origin: &Origin) -> Result<Result<Vec<String>, Problem>, DbError> {
        let mut made = Vec::new();
        for row in &self.new {
            let mut input = Map::new();
            input.insert("name".into(), json!(row.name));
            input.insert("label".into(), json!(row.label));
            input.insert("type".into(), json!(row.type_name));
            if custom_kind(&row.type_name, Vec::new()).is_some_and(|kind| kind.choices().is_some()) {
                input.insert("options".into(), json!(row.choices));
            }
            let answer = registry::create_field(tx, origin, &row.object, &input).await?;
            if let Some(error) = answer.user_errors.into_iter().next() {
                return Ok(Err(refused(&row.object, &row.name, &error)));
            }
            made.push(format!("the field `{}` of {} ({})", row.name, row.object, row.type_name));
        }
        for (object, field, choices) in &self.options {
            let input = [("options".to_owned(), json!(choices))].into_iter().collect();
            let answer = registry::update_field(tx, origin, object, field, &input, None).await?;
            if let Some(error) = answer.user_errors.into_iter().next() {
                return Ok(Err(refused(object, field, &error)));
            }
            made.push(format!("options of `{field}` of {object}"));
        }
        Ok(Ok(made))
    }
}

fn refused(object: &str, field: &str, error: &UserError) -> Problem {
    Problem::new(error.code, format!("`{field}` of {object}: {}", error.message))
}
