use std::sync::Arc;

use async_graphql::{
    Positioned,
    parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet},
};
use async_graphql_value::Value;
use rapport_domain::query::{Condition, Keyed, When};

/// Selection sets that answer one object together, each wanted under conditions of its own.
pub type Sets<'d> = Vec<(&'d SelectionSet, Vec<Condition>)>;

/// One key of an answer, gathered from all places where it is asked for.
pub struct Asked<'d> {
    pub key: Arc<str>,
    pub when: When,
    /// Any of the places: name and arguments are the same in all, or the document would not be valid.
    pub field: &'d Field,
    pub sets: Sets<'d>,
}

impl Asked<'_> {
    pub fn name(&self) -> &str {
        &self.field.name.node
    }

    pub fn keyed<T>(&self, what: T) -> Keyed<T> {
        Keyed { key: self.key.clone(), when: self.when.clone(), what }
    }
}

/// A key of the answer, and the fields that ask for it, each under its conditions.
type Place<'d> = (Arc<str>, Vec<(&'d Field, Vec<Condition>)>);

/// Opens fragments and merges fields, as the language's `CollectFields` does.
pub struct Collector<'d> {
    document: &'d ExecutableDocument,
}

impl<'d> Collector<'d> {
    pub fn new(document: &'d ExecutableDocument) -> Self {
        Self { document }
    }

    pub fn fields(&self, sets: &[(&'d SelectionSet, Vec<Condition>)]) -> Vec<Asked<'d>> {
        let mut places = Vec::new();
        for (set, conditions) in sets {
            self.collect(set, conditions, &mut places);
        }
        places.into_iter().map(|(key, fields)| merged(key, fields)).collect()
    }

    fn collect(&self, set: &'d SelectionSet, conditions: &[Condition], places: &mut Vec<Place<'d>>) {
        for selection in &set.items {
            let Some(mut wanted) = conditions_of(directives(&selection.node)) else { continue };
            wanted.extend_from_slice(conditions);
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let key = field.response_key().node.as_str();
                    match places.iter_mut().find(|(known, _)| **known == *key) {
                        Some((_, fields)) => fields.push((field, wanted)),
                        None => places.push((key.into(), vec![(field, wanted)])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.node.selection_set.node, &wanted, places);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.collect(&fragment.node.selection_set.node, &wanted, places);
                    }
                }
            }
        }
    }
}

fn merged(key: Arc<str>, fields: Vec<(&Field, Vec<Condition>)>) -> Asked<'_> {
    let field = fields[0].0;
    if let [(field, conditions)] = &*fields {
        // The key's own condition covers all below it.
        let sets = vec![(&field.selection_set.node, Vec::new())];
        return Asked { key, when: When::all(conditions.clone()), field, sets };
    }
    let mut places = fields.iter().map(|(_, conditions)| When::all(conditions.clone()));
    let mut when = places.next().unwrap_or_default();
    places.for_each(|other| when.or(other));
    let sets = fields.into_iter().map(|(field, conditions)| (&field.selection_set.node, conditions)).collect();
    Asked { key, when, field, sets }
}

fn directives(selection: &Selection) -> &[Positioned<Directive>] {
    match selection {
        Selection::Field(field) => &field.node.directives,
        Selection::FragmentSpread(spread) => &spread.node.directives,
        Selection::InlineFragment(fragment) => &fragment.node.directives,
    }
}

/// What must hold at run time. `None` where a literal says that the selection is not wanted.
fn conditions_of(directives: &[Positioned<Directive>]) -> Option<Vec<Condition>> {
    let mut conditions = Vec::new();
    for directive in directives {
        let wanted = match directive.node.name.node.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(is)) if *is == wanted => {}
            Some(Value::Variable(name)) => conditions.push(Condition { variable: name.as_str().into(), wanted }),
            _ => return None,
        }
    }
    Some(conditions)
}
