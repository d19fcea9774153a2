//! async-graphql's rules without its executor, and its executor for what is not about records.
//!
//! The rules are private to the library and reached through `execute` only: an extension answers in its
//! stead once they have run, unless the request carries a pass.

use std::sync::Arc;

use async_graphql::{
    Data, PathSegment, Positioned, QueryPathSegment, Request, Response, ServerError, ServerResult, Value,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo},
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, VariableDefinition},
    registry::{MetaTypeName, Registry},
};
use futures::FutureExt;

use super::{
    Schema,
    inputs::Inputs,
    literals, typename,
    variables::{self, Variable},
};
use crate::graphql::code;

/// Errors shown of a document or of values that are full of them.
pub const MOST_ERRORS: usize = 10;

/// Checks a document against the graph, by the rules of the language. Every error carries `extensions.code`:
/// `GRAPHQL_VALIDATION_FAILED`, `BAD_USER_INPUT` where a value or a default is wrong, or `OPERATION_RESOLUTION_FAILURE`
/// where the operation to run cannot be told. What variables are given is not its concern: it answers with what they take.
pub fn validate(
    schema: &Schema,
    inputs: &Inputs,
    mut document: ExecutableDocument,
    operation_name: Option<&str>,
) -> Result<Arc<[Variable]>, Vec<ServerError>> {
    let registry = schema.inner.registry();
    let unknown = unknown_types(registry, &document);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let operation = choose(&document, operation_name).map_err(|error| vec![error])?;
    let variables = variables::declared(inputs, operation);
    let mut wrong_values = variables.as_ref().err().cloned().unwrap_or_default();
    wrong_values.extend(literals::check(registry, inputs, &document, operation));
    let mut request = Request::new("");
    request.operation_name = operation_name.map(Into::into);
    typename::expose(&mut document);
    request.set_parsed_query(document);
    // Nothing in there waits: the rules are plain computation, and the extension answers at once.
    let response = schema.inner.execute(request).now_or_never().expect("rules do not wait");
    let mut errors = response.errors;
    for error in &mut errors {
        let is_value =
            ["Invalid value for", "Invalid default value for"].iter().any(|it| error.message.starts_with(it));
        code::set(error, if is_value { code::BAD_USER_INPUT } else { code::VALIDATION_FAILED });
    }
    // The rules report values too, less well: ours speak where the rules have nothing else to say.
    if !wrong_values.is_empty() && errors.iter().all(|error| code::of(error) == Some(code::BAD_USER_INPUT)) {
        errors = wrong_values;
    }
    errors.truncate(MOST_ERRORS);
    if errors.is_empty() { variables } else { Err(errors) }
}

/// Variables of types that the graph does not have: the rules miss them in lists, and panic where they have a default.
fn unknown_types(registry: &Registry, document: &ExecutableDocument) -> Vec<ServerError> {
    let definitions = document.operations.iter().flat_map(|(_, operation)| &operation.node.variable_definitions);
    let unknown = |definition: &Positioned<VariableDefinition>| {
        let ty = definition.node.var_type.node.to_string();
        let name = MetaTypeName::concrete_typename(&ty);
        if registry.types.contains_key(name) {
            return None;
        }
        let mut error = ServerError::new(format!("Unknown type \"{name}\"."), Some(definition.pos));
        code::set(&mut error, code::VALIDATION_FAILED);
        Some(error)
    };
    definitions.filter_map(unknown).take(MOST_ERRORS).collect()
}

/// Executes the root fields that are not about records: `request` must hold no others. `data` is what
/// their resolvers need. The answer's `data` is an object with a key for each of them, null where an error says why.
pub async fn execute_rest(schema: &Schema, mut request: Request, data: Data) -> Response {
    request.data = data;
    request.data.insert(Pass);
    let mut response = schema.inner.execute(request).await;
    for error in &mut response.errors {
        if code::of(error).is_none() {
            let refused = error.message.starts_with("Invalid value") || error.message.starts_with("Failed to parse");
            code::set(error, if refused { code::BAD_USER_INPUT } else { code::INTERNAL });
        }
    }
    if response.data == Value::Null && response.errors.iter().all(|error| !error.path.is_empty()) {
        response.data = Value::Object(async_graphql::indexmap::IndexMap::default());
    }
    for error in &response.errors {
        put_null(&mut response.data, &error.path);
    }
    response
}

/// The executor leaves the key out where a resolver failed: the language wants a null there.
fn put_null(data: &mut Value, path: &[PathSegment]) {
    let Some((segment, rest)) = path.split_first() else { return };
    match (data, segment) {
        (Value::Object(members), PathSegment::Field(key)) => {
            put_null(members.entry(async_graphql::Name::new(key)).or_insert(Value::Null), rest);
        }
        (Value::List(items), PathSegment::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                put_null(item, rest);
            }
        }
        _ => {}
    }
}

/// The operation that a request means.
pub fn choose<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a OperationDefinition, ServerError> {
    let unclear = |message: String| {
        let mut error = ServerError::new(message, None);
        code::set(&mut error, code::OPERATION_RESOLUTION);
        error
    };
    let unknown = |name: &str| unclear(format!("The document has no operation named \"{name}\"."));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node).ok_or_else(|| unknown(name))
        }
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(only) if operations.len() == 1 => Ok(&only.node),
            _ => Err(unclear("The document has several operations: `operationName` must say which.".into())),
        },
    }
}

/// Lets a request through to the executor.
struct Pass;

/// Answers once the rules have run; gives errors of resolvers the path that the executor leaves out.
pub(super) struct Rules;

impl ExtensionFactory for Rules {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Rules {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        match ctx.data_opt::<Pass>() {
            Some(Pass) => next.run(ctx, operation_name).await,
            None => Response::new(Value::Null),
        }
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let node = info.path_node;
        next.run(ctx, info).await.map_err(|mut error| {
            if error.path.is_empty() {
                error.path = std::iter::once(node).chain(node.parents()).map(|node| segment(&node.segment)).collect();
                error.path.reverse();
            }
            error
        })
    }
}

fn segment(segment: &QueryPathSegment<'_>) -> PathSegment {
    match segment {
        QueryPathSegment::Index(index) => PathSegment::Index(*index),
        QueryPathSegment::Name(name) => PathSegment::Field((*name).to_owned()),
    }
}
