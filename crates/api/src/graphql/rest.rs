//! A document cut down to some of its root fields, with only the fragments and variables that these use.

use std::collections::HashSet;

use async_graphql::{
    Name, Positioned,
    parser::types::{
        Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
    },
};
use async_graphql_value::Value;

/// A copy of `operation` with the root fields whose response key `wanted` accepts.
pub fn only(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    wanted: &dyn Fn(&str) -> bool,
) -> ExecutableDocument {
    let mut items = Vec::new();
    flatten(document, &operation.selection_set.node, &[], wanted, &mut items);
    let mut kept = OperationDefinition {
        selection_set: Positioned::new(SelectionSet { items }, operation.selection_set.pos),
        ..operation.clone()
    };
    let mut used = Used::default();
    used.selections(document, &kept.selection_set.node);
    used.directives(&kept.directives);
    kept.variable_definitions.retain(|definition| used.variables.contains(&definition.node.name.node));
    let pos = operation.selection_set.pos;
    ExecutableDocument {
        operations: DocumentOperations::Single(Positioned::new(kept, pos)),
        fragments: document
            .fragments
            .iter()
            .filter(|(name, _)| used.fragments.contains(*name))
            .map(|(name, fragment)| (name.clone(), fragment.clone()))
            .collect(),
    }
}

/// Opens fragments at the root; their conditions go to each field.
fn flatten(
    document: &ExecutableDocument,
    set: &SelectionSet,
    conditions: &[Positioned<Directive>],
    wanted: &dyn Fn(&str) -> bool,
    items: &mut Vec<Positioned<Selection>>,
) {
    let with = |own: &[Positioned<Directive>]| [own, conditions].concat();
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) if wanted(&field.node.response_key().node) => {
                let field_with = Field { directives: with(&field.node.directives), ..field.node.clone() };
                items.push(Positioned::new(Selection::Field(Positioned::new(field_with, field.pos)), selection.pos));
            }
            Selection::Field(_) => {}
            Selection::InlineFragment(fragment) => {
                let fragment = &fragment.node;
                flatten(document, &fragment.selection_set.node, &with(&fragment.directives), wanted, items);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let set = &fragment.node.selection_set.node;
                    flatten(document, set, &with(&spread.node.directives), wanted, items);
                }
            }
        }
    }
}

#[derive(Default)]
struct Used {
    fragments: HashSet<Name>,
    variables: HashSet<Name>,
}

impl Used {
    fn selections(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.directives(&field.node.directives);
                    field.node.arguments.iter().for_each(|(_, value)| self.value(&value.node));
                    self.selections(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    self.selections(document, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives);
                    let name = &spread.node.fragment_name.node;
                    if let (true, Some(fragment)) = (self.fragments.insert(name.clone()), document.fragments.get(name))
                    {
                        self.selections(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        for directive in directives {
            directive.node.arguments.iter().for_each(|(_, value)| self.value(&value.node));
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Variable(name) => {
                self.variables.insert(name.clone());
            }
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.value(field)),
            _ => {}
        }
    }
}
