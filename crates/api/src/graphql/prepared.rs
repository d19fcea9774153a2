//! An operation made ready: parsed, held against the limits and the rules, lowered to plans. Done once
//! for a document, a catalog and a role; each request then only brings its variables.

use std::sync::Arc;

use async_graphql::parser::{
    parse_query,
    types::{ExecutableDocument, OperationType},
};
use rapport_domain::{catalog::Catalog, query::Variables};
use serde_json::Value;

use super::{
    code,
    failure::Refusal,
    lower::{self, Root, What},
    names::RecordOperations,
    rest,
    schema::{self, Schema},
};
use crate::limits::document;

#[derive(Debug)]
pub struct Prepared {
    pub is_mutation: bool,
    pub roots: Vec<Root>,
    variables: Vec<Variable>,
    /// What async-graphql executes: the root fields that are not about records.
    pub others: Option<ExecutableDocument>,
    /// About what it occupies, in bytes.
    pub weight: u64,
}

#[derive(Debug)]
struct Variable {
    name: String,
    nullable: bool,
    default: Option<Value>,
}

impl Prepared {
    pub fn new(
        query: &str,
        operation_name: Option<&str>,
        variables: &Variables,
        catalog: &Arc<Catalog>,
        schema: &Schema,
    ) -> Result<Self, Refusal> {
        document::source(query).map_err(Refusal::too_large)?;
        let document = parse_query(query).map_err(|error| Refusal::parse(&error))?;
        document::document(&document).map_err(Refusal::too_large)?;
        schema::validate(schema, document.clone(), operation_name, variables)
            .map_err(|errors| Refusal::invalid(&errors))?;
        let operation = schema::choose(&document, operation_name).map_err(|error| Refusal::invalid(&[error]))?;
        if operation.ty == OperationType::Subscription {
            return Err(Refusal::new(code::VALIDATION_FAILED, "This graph has no subscriptions."));
        }
        let roots = lower::lower(&document, operation, catalog, &RecordOperations::of(catalog)).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "A valid document could not be lowered");
            Refusal::internal()
        })?;
        let variables = operation.variable_definitions.iter().map(|definition| Variable {
            name: definition.node.name.node.to_string(),
            nullable: definition.node.var_type.node.nullable,
            default: definition.node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok()),
        });
        let has_others = roots.iter().any(|root| matches!(root.what, What::Other));
        Ok(Self {
            is_mutation: operation.ty == OperationType::Mutation,
            variables: variables.collect(),
            others: has_others.then(|| rest::only(&document, operation, &|key| is_other(&roots, key))),
            weight: 1_024 + query.len() as u64 * 16,
            roots,
        })
    }

    /// The request's variables with defaults filled in.
    pub fn coerce(&self, mut given: Variables) -> Result<Variables, Refusal> {
        for variable in &self.variables {
            let value = given.get(&variable.name);
            if value.is_none()
                && let Some(default) = &variable.default
            {
                given.insert(variable.name.clone(), default.clone());
            } else if !variable.nullable && value.is_none_or(Value::is_null) {
                let message = format!("Variable ${} is required and must not be null.", variable.name);
                return Err(Refusal::new(code::BAD_USER_INPUT, message));
            }
        }
        Ok(given)
    }
}

fn is_other(roots: &[Root], key: &str) -> bool {
    roots.iter().any(|root| *root.key == *key && matches!(root.what, What::Other))
}
