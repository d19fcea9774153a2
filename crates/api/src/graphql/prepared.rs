//! An operation made ready: parsed, held against the limits and the rules, lowered to plans. Done once
//! for a document, a catalog and a role; each request then only brings its variables. Those that decide what is
//! asked for choose among the plans: each way they settle is lowered when it first comes.

use std::sync::Arc;

use async_graphql::parser::{
    parse_query,
    types::{ExecutableDocument, OperationType},
};
use rapport_domain::{catalog::Catalog, query::Variables};

use super::{
    code,
    conditions::{Conditions, Settled},
    excerpt,
    failure::Refusal,
    lower::{self, Root},
    schema::{self, Inputs, Schema, Variable},
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
    /// The types of the variables, unless one is an input object.
    leaves: Option<Arc<Inputs>>,
    conditions: Conditions,
    /// The operation by itself, as long as there may be more to lower.
    document: Option<Arc<ExecutableDocument>>,
    ways: Vec<(Settled, Arc<[Root]>)>,
    /// Bytes of the text, and fields with fragments spread out.
    length: u64,
    fields: u64,
}

impl Prepared {
    /// With nothing lowered so far.
    pub fn new(query: &str, operation_name: Option<&str>, schema: &Schema, inputs: &Inputs) -> Result<Self, Refusal> {
        document::source(query).map_err(Refusal::too_large)?;
        let document = parse_query(query).map_err(|error| Refusal::parse(&error))?;
        let fields = document::document(&document).map_err(Refusal::too_large)?;
        let variables = schema::validate(schema, inputs, document.clone(), operation_name)
            .map_err(|errors| Refusal::invalid(&errors))?;
        let operation = schema::choose(&document, operation_name).map_err(|error| Refusal::invalid(&[error]))?;
        if operation.ty == OperationType::Subscription {
            return Err(Refusal::new(code::VALIDATION_FAILED, "This graph has no subscriptions."));
        }
        Ok(Self {
            is_mutation: operation.ty == OperationType::Mutation,
            leaves: inputs.leaves(variables.iter().map(Variable::ty)).map(Arc::new),
            variables,
            conditions: Conditions::of(&Used::by(operation, &document)),
            document: Some(Arc::new(excerpt::of(&document, operation.clone()))),
            ways: Vec::new(),
            length: query.len() as u64,
            fields: fields as u64,
        })
    }

    /// What its variables are checked against; `None` where that takes the inputs of the whole graph.
    pub fn leaves(&self) -> Option<Arc<Inputs>> {
        self.leaves.clone()
    }

    /// The request's variables with defaults filled in.
    ///
    /// # Errors
    /// Says of each variable with a wrong value where and why: the same whether or not the document is known.
    pub fn coerce(&self, mut given: Variables, inputs: &Inputs) -> Result<Variables, Refusal> {
        let wrong = |variable: &Variable| variable.coerce(&mut given, inputs).err();
        let wrong: Vec<_> = self.variables.iter().filter_map(wrong).take(schema::MOST_ERRORS).collect();
        if wrong.is_empty() { Ok(given) } else { Err(Refusal::invalid(&wrong)) }
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
        let leaves = self.leaves.as_ref().map_or(0, |leaves| leaves.bytes() as u64);
        1_024 + leaves + document + self.ways.len() as u64 * (self.length * 8 + self.fields * 400)
    }
}

#[cfg(test)]
mod tests;
