//! Custom fields, and options of selects, that an import needs and that are not there yet.

mod option;

use std::collections::HashMap;

use rapport_tenancy::{DbError, TenantTx};
use uuid::Uuid;

use super::{
    bind::Pass,
    mapping::{Mapping, NewField, Options, Unmatched},
    problem::{Problem, code},
    survey::{MOST_OPTIONS, Survey},
};
use crate::{
    catalog::{
        Catalog, Choice, Kind,
        registry::{FieldRow, custom_kind},
    },
    record::wire::JsonText,
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
    let choice = matches!(kind, Kind::Select(_) | Kind::MultiSelect(_));
    if !choice && field.options != Options::None {
        return Err(wrong(format!("`{}` is no select: it has no options.", field.name)));
    }
    if let Some(there) = object.field(&field.name) {
        let same = there.kind.type_name() == field.type_name;
        let message = format!("`{}` is there already, and it is {}.", field.name, there.kind.type_name());
        return if same { Ok(None) } else { Err(wrong(message)) };
    }
    if catalog.role() != rapport_tenancy::Role::Owner {
        return Err(Problem::new(code::FORBIDDEN, "Only owners of the workspace may make fields."));
    }
    let mut letters = field.name.chars();
    let named = letters.next().is_some_and(|first| first.is_ascii_lowercase());
    if !named || !letters.all(|letter| letter.is_ascii_alphanumeric()) || field.name.len() > 60 {
        return Err(wrong(format!("`{}` is no name for a field; expected one such as `favouriteCourse`.", field.name)));
    }
    let id = Uuid::now_v7();
    Ok(Some(FieldRow {
        id,
        object: field.object.clone(),
        name: field.name.clone(),
        key: id.simple().to_string()[20..].to_owned(),
        label: field.label.clone(),
        description: None,
        type_name: field.type_name.clone(),
        required: false,
        unique: false,
        filterable: true,
        searchable: false,
        restricted: false,
        choices: Vec::new(),
    }))
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
            if catalog.role() != rapport_tenancy::Role::Owner {
                problems.push(Problem::new(code::FORBIDDEN, "Only owners of the workspace may add options."));
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
    pub async fn make(&self, tx: &TenantTx, catalog: &Catalog) -> Result<Vec<String>, DbError> {
        let mut made = Vec::new();
        for row in &self.new {
            insert(tx, row).await?;
            made.push(format!("the field `{}` of {} ({})", row.name, row.object, row.type_name));
        }
        for (object, field, choices) in &self.options {
            set_options(tx, catalog, object, field, choices).await?;
            made.push(format!("options of `{field}` of {object}"));
        }
        if !self.is_empty() {
            let sql = format!("UPDATE {}.metadata_version SET version = version + 1", tx.scope().schema());
            tx.execute(&sql, &[]).await?;
        }
        Ok(made)
    }
}

async fn insert(tx: &TenantTx, row: &FieldRow) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO {}.metadata_field (id, object, name, key, label, type, options) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT DO NOTHING",
        tx.scope().schema()
    );
    let options = json(&row.choices);
    tx.execute(&sql, &[&row.id, &row.object, &row.name, &row.key, &row.label, &row.type_name, &options]).await?;
    Ok(())
}

/// A standard select keeps its options in the registry once they differ from the declared ones.
async fn set_options(
    tx: &TenantTx,
    catalog: &Catalog,
    object: &str,
    field: &str,
    choices: &[Choice],
) -> Result<(), DbError> {
    let schema = tx.scope().schema();
    let sql = format!(
        "UPDATE {schema}.metadata_field SET options = $3, updated_at = now() WHERE object = $1 AND name = $2 AND archived_at IS NULL"
    );
    if tx.execute(&sql, &[&object, &field, &json(choices)]).await? > 0 {
        return Ok(());
    }
    let Some(standard) = catalog.object(object).and_then(|object| object.field(field)) else { return Ok(()) };
    let row = FieldRow {
        id: Uuid::now_v7(),
        object: object.into(),
        name: field.into(),
        key: field.into(),
        label: standard.label.to_string(),
        description: None,
        type_name: standard.kind.type_name().into(),
        required: false,
        unique: false,
        filterable: true,
        searchable: false,
        restricted: false,
        choices: choices.to_vec(),
    };
    insert(tx, &row).await
}

fn json(choices: &[Choice]) -> JsonText {
    JsonText(serde_json::to_string(choices).unwrap_or_else(|_| "[]".into()))
}
