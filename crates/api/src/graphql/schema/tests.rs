mod cost;
mod customised;
mod documents;
mod execution;
mod sdl;

use std::sync::Arc;

use async_graphql::{ServerError, parser::parse_query};
use rapport_domain::{
    catalog::{Catalog, Choice, registry::FieldRow},
    rights::{Rights, RoleRights},
};

use super::{Inputs, Schema, build, validate};
use crate::graphql::code;

fn base() -> Schema {
    build(&Catalog::base()).expect("a graph")
}

fn members() -> Arc<Catalog> {
    for_member(Catalog::base())
}

/// What somebody sees of it who works with all records, and nothing of the settings.
fn for_member(catalog: Catalog) -> Arc<Catalog> {
    Arc::new(catalog).visible_to(&Rights::of_roles([RoleRights::of_member()]))
}

/// A custom field as the registry keeps it.
fn field(object: &str, name: &str, type_name: &str, options: &[&str]) -> FieldRow {
    let choices = options
        .iter()
        .map(|option| Choice { value: (*option).into(), label: Arc::from(option.to_lowercase()), color: None })
        .collect();
    FieldRow { label: name.into(), filterable: true, choices, ..FieldRow::new(object, name, type_name) }
}

fn check(schema: &Schema, document: &str) -> Result<(), Vec<ServerError>> {
    validate(schema, &Inputs::of(schema), parse_query(document).expect("a document"), None).map(drop)
}

/// Codes and messages of what is wrong with a document.
fn problems(schema: &Schema, document: &str) -> Vec<String> {
    let errors = check(schema, document).err().unwrap_or_default();
    errors.iter().map(|error| format!("{}: {}", code::of(error).unwrap_or("?"), error.message)).collect()
}
