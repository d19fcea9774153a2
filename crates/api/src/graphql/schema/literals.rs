//! Checks the values written in a document against the types of their arguments: async-graphql's rules take
//! anything for an input object, and integers of any size.

use async_graphql::{
    Positioned, ServerError,
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet},
    registry::{MetaType, MetaTypeName, Registry},
};

use super::inputs::{At, Inputs};
use crate::graphql::code;

pub fn check(
    registry: &Registry,
    inputs: &Inputs,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Vec<ServerError> {
    let root = match operation.ty {
        OperationType::Query => Some(&registry.query_type),
        OperationType::Mutation => registry.mutation_type.as_ref(),
        OperationType::Subscription => None,
    };
    let mut check = Check { registry, inputs, errors: Vec::new() };
    if let Some(root) = root {
        check.selections(root, &operation.selection_set.node);
    }
    // Each fragment once, however often it is spread.
    for fragment in document.fragments.values() {
        check.selections(&fragment.node.type_condition.node.on.node, &fragment.node.selection_set.node);
    }
    check.errors
}

struct Check<'a> {
    registry: &'a Registry,
    inputs: &'a Inputs,
    errors: Vec<ServerError>,
}

impl Check<'_> {
    fn selections(&mut self, parent: &str, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.field(parent, field),
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map_or(parent, |condition| &condition.node.on.node);
                    self.selections(on, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, parent: &str, field: &Positioned<Field>) {
        let known = self.registry.types.get(parent).and_then(MetaType::fields);
        // An unknown field is the rules' to report.
        let Some(known) = known.and_then(|fields| fields.get(field.node.name.node.as_str())) else { return };
        for (name, value) in &field.node.arguments {
            let Some(argument) = known.args.get(name.node.as_str()) else { continue };
            let ty = self.inputs.ty(&argument.ty);
            if let Some(found) = ty.and_then(|ty| ty.mismatch(&value.node, &At::root(&name.node))) {
                let message = format!("Invalid value for argument \"{}\": {}.", found.at, found.problem);
                let mut error = ServerError::new(message, Some(value.pos));
                code::set(&mut error, code::BAD_USER_INPUT);
                self.errors.push(error);
            }
        }
        self.selections(MetaTypeName::concrete_typename(&known.ty), &field.node.selection_set.node);
    }
}
