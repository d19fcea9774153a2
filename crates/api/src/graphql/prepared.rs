//! An operation made ready: parsed, held against the limits and the rules, lowered to plans. Done once
//! for a document, a catalog and a role; each request then only brings its variables. Those that decide what is
//! asked for choose among the plans: each way they settle is lowered when it first comes.

use std::sync::Arc;

use async_graphql::parser::{
    parse_query,
    types::{ExecutableDocument, OperationType},
};
use rapport_domain::{catalog::Catalog, query::Variables};
use serde_json::Value;

use super::{
    code,
    conditions::{Conditions, Settled},
    excerpt,
    failure::Refusal,
    lower::{self, Root},
    schema::{self, Schema},
    used::Used,
};
use crate::limits::document;

/// At most so many ways to settle an operation's conditions are kept with it, and of a long one fewer.
const MOST_WAYS: usize = 32;
/// No operation may take the whole of a shard of the cache.
const MOST_BYTES: u64 = 512 << 10;

/// It never changes: [`Prepared::with`] makes another one, so requests share it without a lock, and its weight in
/// the cache stays what it was.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub is_mutation: bool,
    variables: Arc<[Variable]>,
    conditions: Conditions,
    /// The operation by itself, as long as there may be more to lower.
    document: Option<Arc<ExecutableDocument>>,
    ways: Vec<(Settled, Arc<[Root]>)>,
    /// Bytes of the text, and fields with fragments spread out.
    length: u64,
    fields: u64,
}

#[derive(Debug)]
struct Variable {
    name: String,
    nullable: bool,
    default: Option<Value>,
}

impl Prepared {
    /// With nothing lowered so far.
    pub fn new(
        query: &str,
        operation_name: Option<&str>,
        variables: &Variables,
        schema: &Schema,
    ) -> Result<Self, Refusal> {
        document::source(query).map_err(Refusal::too_large)?;
        let document = parse_query(query).map_err(|error| Refusal::parse(&error))?;
        let fields = document::document(&document).map_err(Refusal::too_large)?;
        schema::validate(schema, document.clone(), operation_name, variables)
            .map_err(|errors| Refusal::invalid(&errors))?;
        let operation = schema::choose(&document, operation_name).map_err(|error| Refusal::invalid(&[error]))?;
        if operation.ty == OperationType::Subscription {
            return Err(Refusal::new(code::VALIDATION_FAILED, "This graph has no subscriptions."));
        }
        let variables = operation.variable_definitions.iter().map(|definition| Variable {
            name: definition.node.name.node.to_string(),
            nullable: definition.node.var_type.node.nullable,
            default: definition.node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok()),
        });
        Ok(Self {
            is_mutation: operation.ty == OperationType::Mutation,
            variables: variables.collect(),
            conditions: Conditions::of(&Used::by(operation, &document)),
            document: Some(Arc::new(excerpt::of(&document, operation.clone()))),
            ways: Vec::new(),
            length: query.len() as u64,
            fields: fields as u64,
        })
    }

    /// The request's variables with defaults filled in.
    pub fn coerce(&self, mut given: Variables) -> Result<Variables, Refusal> {
        for variable in &*self.variables {
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

    /// How coerced variables settle the conditions.
    pub fn settle(&self, variables: &Variables) -> Result<Settled, Refusal> {
        self.conditions.settle(variables)
    }

    /// What is asked for that way, where it is known.
    pub fn known(&self, settled: &Settled) -> Option<Arc<[Root]>> {
        self.ways.iter().find(|(known, _)| known == settled).map(|(_, roots)| roots.clone())
    }

    /// What is asked for that way.
    pub fn lower(&self, settled: &Settled, catalog: &Arc<Catalog>) -> Result<Arc<[Root]>, Refusal> {
        let document = self.document.as_deref().ok_or_else(Refusal::internal)?;
        let operation = schema::choose(document, None).map_err(|error| Refusal::invalid(&[error]))?;
        lower::lower(document, operation, catalog, settled).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "A valid document could not be lowered");
            Refusal::internal()
        })
    }

    /// The same, knowing one way more. `None` where it knows enough.
    pub fn with(&self, settled: Settled, roots: Arc<[Root]>) -> Option<Self> {
        let mut more = self.clone();
        more.ways.push((settled, roots));
        if more.conditions.is_empty() {
            more.document = None;
        }
        let is_small = more.ways.len() <= MOST_WAYS && more.weight() <= MOST_BYTES;
        (is_small || more.ways.len() == 1).then_some(more)
    }

    /// About what it occupies, in bytes: of a screen's query, the document took 18 for one of text, and each way 400
    /// for a field.
    pub fn weight(&self) -> u64 {
        let document = if self.document.is_some() { self.length * 24 } else { 0 };
        1_024 + document + self.ways.len() as u64 * (self.length * 8 + self.fields * 400)
    }
}

#[cfg(test)]
mod tests;
