//! From a GraphQL document to the engine's queries: what each root field asks, in words that the
//! engine knows. The document has passed the rules, so names exist and shapes fit; what is left is to
//! merge fields asked twice, open fragments, and keep variables and `@skip`/`@include` for run time.

mod aggregate;
mod arguments;
mod collect;
mod record;
mod write;

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use rapport_domain::{
    catalog::{Catalog, Object},
    plan::Plan,
    query::{Query, When},
};

pub use self::write::{BatchPart, ErrorPart, PayloadPart, Write};
use self::{
    arguments::arg,
    collect::{Asked, Collector},
};
use super::names::{RecordOperations, Verb};

/// One key at the root of an answer.
#[derive(Debug)]
pub struct Root {
    pub key: Arc<str>,
    pub when: When,
    pub what: What,
}

#[expect(clippy::large_enum_variant, reason = "prepared once, read often: a box would be one more place to look")]
#[derive(Debug)]
pub enum What {
    Typename(&'static str),
    /// `nullable`: whether a failure stays at this key or empties the whole answer.
    Read {
        plan: Plan,
        nullable: bool,
    },
    Write(Box<Write>),
    /// Not about records: async-graphql executes it.
    Other,
}

/// Why a valid document could not be lowered: the schema and the catalog disagree.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the graph has no `{0}`")]
    Unknown(String),
    #[error("a query could not be compiled")]
    Compile(#[from] rapport_domain::plan::Error),
}

/// What the operation's root fields ask, in order.
pub fn lower(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    catalog: &Arc<Catalog>,
    operations: &RecordOperations,
) -> Result<Vec<Root>, Error> {
    let collector = Collector::new(document);
    let lowering = Lowering { collector: &collector, catalog };
    let is_mutation = operation.ty == OperationType::Mutation;
    let root = |asked: Asked<'_>| {
        let known = if is_mutation { operations.mutation(asked.name()) } else { operations.query(asked.name()) };
        let what = match known {
            Some(operation) => lowering.operation(operation.verb, &operation.object, &asked)?,
            None if asked.name() == "__typename" => What::Typename(if is_mutation { "Mutation" } else { "Query" }),
            None => What::Other,
        };
        Ok(Root { key: asked.key.clone(), when: asked.when.clone(), what })
    };
    collector.fields(&[(&operation.selection_set.node, Vec::new())]).into_iter().map(root).collect()
}

struct Lowering<'d> {
    collector: &'d Collector<'d>,
    catalog: &'d Arc<Catalog>,
}

impl Lowering<'_> {
    fn operation(&self, verb: Verb, object: &Arc<Object>, asked: &Asked<'_>) -> Result<What, Error> {
        let name = object.name.clone();
        let query = match verb {
            Verb::Get => Query::Record { object: name, id: arg(asked, "id"), select: self.record(object, asked)? },
            Verb::List => Query::List { object: name, args: arguments::list(asked), select: self.list(object, asked)? },
            Verb::Aggregate => Query::Aggregate {
                object: name,
                args: arguments::aggregate(asked),
                select: self.aggregate(object, asked)?,
            },
            _ => return Ok(What::Write(Box::new(self.write(verb, object, asked)?))),
        };
        Ok(What::Read { plan: Plan::compile(&query, self.catalog.clone())?, nullable: verb == Verb::Get })
    }

    fn target(&self, field: &rapport_domain::catalog::Field) -> Result<&Arc<Object>, Error> {
        self.catalog.target(field).ok_or_else(|| Error::Unknown(field.name.to_string()))
    }
}
