//! Measures a parsed document with its fragments spread out, each fragment once.

use std::collections::HashMap;

use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned};

/// Fragments may hang a chain longer than any depth of fields: this much is walked, more is refused.
const MAX_LEVEL: usize = 200;

#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    pub depth: usize,
    pub introspection_depth: usize,
    pub root_fields: usize,
    pub aliases: usize,
    pub directives: usize,
    pub fields: usize,
}

/// The worst of the document's operations.
pub fn measure(document: &ExecutableDocument) -> Shape {
    let mut walk = Walk { document, fragments: HashMap::new(), level: 0 };
    let mut worst = Shape::default();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let mut shape = walk.set(&operation.selection_set.node);
        shape.directives += operation.directives.len();
        for variable in &operation.variable_definitions {
            shape.directives += variable.node.directives.len();
        }
        worst.widen(shape);
    }
    // Fragments that no operation uses are validated all the same.
    for name in document.fragments.keys() {
        let shape = walk.fragment(name);
        worst.widen(Shape { root_fields: 0, ..shape });
    }
    worst
}

impl Shape {
    fn widen(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.root_fields = self.root_fields.max(other.root_fields);
        self.aliases = self.aliases.max(other.aliases);
        self.directives = self.directives.max(other.directives);
        self.fields = self.fields.max(other.fields);
    }

    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.fields = self.fields.saturating_add(other.fields);
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: a cycle, which validation will refuse.
    fragments: HashMap<&'a Name, Option<Shape>>,
    /// Selection sets being walked, one inside the other.
    level: usize,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Shape {
        if self.level == MAX_LEVEL {
            return Shape { depth: usize::MAX, ..Shape::default() };
        }
        self.level += 1;
        let mut shape = Shape::default();
        for item in &set.items {
            shape.add(match &item.node {
                Selection::Field(field) => self.field(&field.node),
                Selection::FragmentSpread(spread) => {
                    with(self.fragment(&spread.node.fragment_name.node), &spread.node.directives)
                }
                Selection::InlineFragment(inline) => {
                    with(self.set(&inline.node.selection_set.node), &inline.node.directives)
                }
            });
        }
        self.level -= 1;
        shape
    }

    fn field(&mut self, field: &'a async_graphql::parser::types::Field) -> Shape {
        let below = self.set(&field.selection_set.node);
        let introspection = matches!(field.name.node.as_str(), "__schema" | "__type");
        let mut shape = Shape {
            root_fields: 1,
            fields: below.fields.saturating_add(1),
            aliases: below.aliases.saturating_add(usize::from(field.alias.is_some())),
            ..with(below, &field.directives)
        };
        if introspection {
            shape.introspection_depth = below.depth.max(below.introspection_depth).saturating_add(1);
            shape.depth = 1;
        } else {
            shape.depth = below.depth.saturating_add(1);
        }
        shape
    }

    fn fragment(&mut self, name: &Name) -> Shape {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Shape::default();
        };
        if let Some(known) = self.fragments.get(name) {
            return known.unwrap_or_default();
        }
        self.fragments.insert(name, None);
        let fragment = &fragment.node;
        let shape = with(self.set(&fragment.selection_set.node), &fragment.directives);
        self.fragments.insert(name, Some(shape));
        shape
    }
}

fn with(shape: Shape, directives: &[Positioned<Directive>]) -> Shape {
    Shape { directives: shape.directives.saturating_add(directives.len()), ..shape }
}
