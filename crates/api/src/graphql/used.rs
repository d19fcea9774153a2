//! What an operation makes use of, in its fragments too.

use std::collections::{BTreeSet, HashSet};

use async_graphql::{
    Name, Positioned,
    parser::types::{Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

#[derive(Default)]
pub struct Used {
    pub fragments: HashSet<Name>,
    pub variables: HashSet<Name>,
    /// Those of the variables that `@include` and `@skip` look at.
    pub conditions: BTreeSet<Name>,
}

impl Used {
    pub fn by(operation: &OperationDefinition, document: &ExecutableDocument) -> Self {
        let mut used = Self::default();
        used.directives(&operation.directives);
        used.selections(document, &operation.selection_set.node);
        used
    }

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
            let is_condition = matches!(directive.node.name.node.as_str(), "include" | "skip");
            for (_, value) in &directive.node.arguments {
                if let (true, Value::Variable(name)) = (is_condition, &value.node) {
                    self.conditions.insert(name.clone());
                }
                self.value(&value.node);
            }
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
