//! One operation of a document by itself, with only the fragments and variables that it uses.

use async_graphql::{
    Positioned,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition},
};

use super::used::Used;

pub fn of(document: &ExecutableDocument, mut operation: OperationDefinition) -> ExecutableDocument {
    let used = Used::by(&operation, document);
    operation.variable_definitions.retain(|definition| used.variables.contains(&definition.node.name.node));
    let pos = operation.selection_set.pos;
    let fragments = document.fragments.iter().filter(|(name, _)| used.fragments.contains(*name));
    ExecutableDocument {
        fragments: fragments.map(|(name, fragment)| (name.clone(), fragment.clone())).collect(),
        operations: DocumentOperations::Single(Positioned::new(operation, pos)),
    }
}
