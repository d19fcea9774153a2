//! A tenant's catalog as GraphQL types: an async-graphql dynamic schema with every standard and custom
//! field first-class, as one role sees them.
//!
//! It declares, validates, introspects, and executes what is not about records. Record fields are
//! executed by compiled plans alone: their resolver here only reports that it was reached.
//! What a type of field is here, the type says itself: [`FieldType`](rapport_domain::catalog::types::FieldType).

mod aggregate;
mod cache;
mod common;
mod encrypted;
mod filter;
mod input;
mod inputs;
pub mod kinds;
mod literals;
mod order;
mod payload;
mod record;
mod roots;
mod scalars;
mod selects;
#[cfg(test)]
mod tests;
mod typename;
mod types;
mod validate;
mod variables;

use async_graphql::{
    SDLExportOptions,
    dynamic::{self, SchemaError},
};
use rapport_domain::catalog::Catalog;

pub use self::{
    cache::Schemas,
    common::{choices, member, user_errors},
    inputs::Inputs,
    typename::expose,
    types::{Types, clean, input_field, list_nn},
    validate::{MOST_ERRORS, choose, execute_rest, validate},
    variables::Variable,
};
use self::{selects::Selects, validate::Rules};
use super::{names::Verb, operations};

/// How deep selections may nest; parsers of clients and introspection queries need about 15.
const RECURSIVE_DEPTH: usize = 32;

/// What a type costs to keep, measured over catalogs from 10 to 60 objects (see `tests`).
const BYTES_A_TYPE: usize = 14_000;

/// The typed graph of a catalog. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Schema {
    inner: dynamic::Schema,
    types: usize,
}

impl Schema {
    /// The graph in the schema definition language: types by name, fields as declared.
    pub fn sdl(&self) -> String {
        let options =
            SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident().include_specified_by();
        self.inner.sdl_with_options(options)
    }

    /// Whether a type is called so, or may be later.
    pub fn has_type(&self, name: &str) -> bool {
        encrypted::is_filter(name) || self.inner.registry().types.contains_key(name)
    }

    /// Whether an operation is called so.
    pub fn has_operation(&self, name: &str) -> bool {
        let types = &self.inner.registry().types;
        let roots = [roots::QUERY, roots::MUTATION].into_iter().filter_map(|root| types.get(root));
        roots.filter_map(|root| root.fields()).any(|fields| fields.contains_key(name))
    }

    /// About what it occupies, in bytes.
    pub fn weight(&self) -> usize {
        self.types * BYTES_A_TYPE
    }
}

/// Generates the graph of `catalog`, which is already somebody's view.
pub fn build(catalog: &Catalog) -> Result<Schema, SchemaError> {
    let mut types = Types::default();
    common::declare(&mut types);
    if catalog.has_encrypted() {
        encrypted::declare(&mut types);
    }
    operations::declare(&mut types, catalog);
    let selects = Selects::of(catalog, &types);
    for object in catalog.objects() {
        record::declare(&mut types, catalog, object, &selects);
        filter::declare(&mut types, catalog, object, &selects);
        order::declare(&mut types, catalog, object);
        aggregate::declare(&mut types, catalog, object, &selects);
        if Verb::any_writes(catalog, object) {
            input::declare(&mut types, catalog, object, &selects);
            payload::declare(&mut types, object);
        }
    }
    selects.declare(&mut types);
    let (query, mutation) = roots::declare(catalog);
    types.add(query);
    types.add(mutation);

    let count = types.count();
    let inner = types
        .into_builder(roots::QUERY, roots::MUTATION)
        .extension(Rules)
        .limit_recursive_depth(RECURSIVE_DEPTH)
        .disable_suggestions()
        .finish()?;
    Ok(Schema { inner, types: count })
}

/// The graph of a tenant without customisations, as its owner sees it: `schema.graphql`.
pub fn base_sdl() -> Result<String, SchemaError> {
    build(&Catalog::base()).map(|schema| schema.sdl())
}
