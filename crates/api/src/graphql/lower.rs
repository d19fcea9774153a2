//! From a GraphQL document to the engine's queries: what each root field asks, in words that the
//! engine knows. The document has passed the rules, so names exist and shapes fit; what is left is to
//! leave out what conditions do not want, open fragments, merge fields asked twice, and keep variables for run time.

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
    query::Query,
};

pub use self::write::{BatchPart, ErrorPart, PayloadPart, Write};
use self::{
    arguments::arg,
    collect::{Asked, Collector},
};
use super::{
    conditions::Settled,
    excerpt,
    names::{RecordOperations, Verb},
    schema,
};

/// One key at the root of an answer, wanted there.
#[derive(Debug)]
pub struct Root {
    pub key: Arc<str>,
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
    /// Not about records: async-graphql executes it, as a document of its own.
    Other(Box<ExecutableDocument>),
}

/// Why a valid document could not be lowered: the schema and the catalog disagree.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the graph has no `{0}`")]
    Unknown(String),
    #[error("a query could not be compiled")]
    Compile(#[from] rapport_domain::plan::Error),
}

/// What the operation's root fields ask, in order, where its conditions are settled so.
pub fn lower(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    catalog: &Arc<Catalog>,
    conditions: &Settled,
) -> Result<Arc<[Root]>, Error> {
    let operations = RecordOperations::of(catalog);
    let collector = Collector { document, conditions };
    let lowering = Lowering { collector: &collector, catalog };
    let is_mutation = operation.ty == OperationType::Mutation;
    let root = |asked: Asked<'_>| {
        let known = if is_mutation { operations.mutation(asked.name()) } else { operations.query(asked.name()) };
        let what = match known {
            Some(operation) => lowering.operation(operation.verb, &operation.object, &asked)?,
            None if asked.name() == "__typename" => What::Typename(if is_mutation { "Mutation" } else { "Query" }),
            None => What::Other(Box::new(other(document, operation, &asked))),
        };
        Ok(Root { key: asked.key.clone(), what })
    };
    collector.fields(&[&operation.selection_set]).into_iter().map(root).collect()
}

/// A document with one of the operation's root fields.
fn other(document: &ExecutableDocument, operation: &OperationDefinition, asked: &Asked<'_>) -> ExecutableDocument {
    let operation = OperationDefinition {
        ty: operation.ty,
        variable_definitions: operation.variable_definitions.clone(),
        directives: operation.directives.clone(),
        selection_set: asked.alone(),
    };
    let mut other = excerpt::of(document, operation);
    schema::expose(&mut other);
    other
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
