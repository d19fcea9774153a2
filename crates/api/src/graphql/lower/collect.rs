use std::sync::Arc;

use async_graphql::{
    Positioned,
    parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet},
};
use rapport_domain::query::Keyed;

use crate::graphql::conditions::Settled;

/// Selection sets that answer one object together.
pub type Sets<'d> = Vec<&'d Positioned<SelectionSet>>;

/// One key of an answer, gathered from all places where it is asked for.
pub struct Asked<'d> {
    pub key: Arc<str>,
    /// Any of the places: name and arguments are the same in all, or the document would not be valid.
    pub field: &'d Positioned<Field>,
    pub sets: Sets<'d>,
}

impl Asked<'_> {
    pub fn name(&self) -> &str {
        &self.field.node.name.node
    }

    pub fn keyed<T>(&self, what: T) -> Keyed<T> {
        Keyed { key: self.key.clone(), what }
    }

    /// A selection set of this key alone, with all that is asked of it.
    pub fn alone(&self) -> Positioned<SelectionSet> {
        let pos = self.field.pos;
        let items = self.sets.iter().flat_map(|set| set.node.items.iter().cloned()).collect();
        let field = Field {
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items }, self.field.node.selection_set.pos),
            ..self.field.node.clone()
        };
        let item = Positioned::new(Selection::Field(Positioned::new(field, pos)), pos);
        Positioned::new(SelectionSet { items: vec![item] }, pos)
    }
}

/// Opens fragments, leaves out what is not wanted and merges fields, as the language's `CollectFields` does.
pub struct Collector<'d> {
    pub document: &'d ExecutableDocument,
    pub conditions: &'d Settled,
}

impl<'d> Collector<'d> {
    /// Each key where it is first wanted.
    pub fn fields(&self, sets: &[&'d Positioned<SelectionSet>]) -> Vec<Asked<'d>> {
        let mut asked = Vec::new();
        for set in sets {
            self.collect(&set.node, &mut asked);
        }
        asked
    }

    fn collect(&self, set: &'d SelectionSet, asked: &mut Vec<Asked<'d>>) {
        for selection in set.items.iter().filter(|selection| self.conditions.want(directives(&selection.node))) {
            match &selection.node {
                Selection::Field(field) => {
                    let (key, set) = (field.node.response_key().node.as_str(), &field.node.selection_set);
                    match asked.iter_mut().find(|known| *known.key == *key) {
                        Some(known) => known.sets.push(set),
                        None => asked.push(Asked { key: key.into(), field, sets: vec![set] }),
                    }
                }
                Selection::InlineFragment(fragment) => self.collect(&fragment.node.selection_set.node, asked),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.collect(&fragment.node.selection_set.node, asked);
                    }
                }
            }
        }
    }
}

fn directives(selection: &Selection) -> &[Positioned<Directive>] {
    match selection {
        Selection::Field(field) => &field.node.directives,
        Selection::FragmentSpread(spread) => &spread.node.directives,
        Selection::InlineFragment(fragment) => &fragment.node.directives,
    }
}
