//! Where things stand in a file.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// A TOML text with the place of everything in it.
pub(super) struct Places<'t> {
    text: &'t str,
    pub table: Spanned<DeTable<'t>>,
}

#[derive(Clone, Copy)]
enum Node<'p, 't> {
    Table(&'p DeTable<'t>),
    Value(&'p DeValue<'t>),
}

impl<'p, 't> Node<'p, 't> {
    fn table(self) -> Option<&'p DeTable<'t>> {
        match self {
            Self::Table(table) => Some(table),
            Self::Value(value) => value.as_table(),
        }
    }

    fn array(self) -> Option<&'p [Spanned<DeValue<'t>>]> {
        match self {
            Self::Value(DeValue::Array(items)) => Some(items),
            _ => None,
        }
    }
}

impl<'t> Places<'t> {
    pub fn new(text: &'t str) -> Result<Self, toml::de::Error> {
        Ok(Self { text, table: DeTable::parse(text)? })
    }

    /// Line and column of the last step of the path that is there.
    pub fn of(&self, path: &[String]) -> (usize, usize) {
        let (mut node, mut offset) = (Node::Table(self.table.get_ref()), 0);
        for step in path {
            if let Some(table) = node.table() {
                let Some((key, value)) = table.iter().find(|(key, _)| *key.get_ref() == step.as_str()) else { break };
                (node, offset) = (Node::Value(value.get_ref()), key.span().start);
            } else if let Some(items) = node.array() {
                let Some(item) = step.parse().ok().and_then(|at: usize| items.get(at)) else { break };
                (node, offset) = (Node::Value(item.get_ref()), item.span().start);
            } else {
                break;
            }
        }
        line_and_column(self.text, offset)
    }

    /// The steps from `value` to what stands at the offset.
    pub fn path_in(value: &DeValue<'t>, offset: usize) -> Vec<String> {
        let mut path = Vec::new();
        let mut node = Node::Value(value);
        loop {
            let next = if let Some(table) = node.table() {
                let is_there = |(key, value): &(&Spanned<_>, &Spanned<_>)| {
                    key.span().contains(&offset) || value.span().contains(&offset)
                };
                table.iter().find(is_there).map(|(key, value)| (key.get_ref().to_string(), value))
            } else if let Some(items) = node.array() {
                let is_there = |(_, item): &(usize, &Spanned<_>)| item.span().contains(&offset);
                items.iter().enumerate().find(is_there).map(|(at, item)| (at.to_string(), item))
            } else {
                None
            };
            let Some((step, value)) = next else { return path };
            path.push(step);
            node = Node::Value(value.get_ref());
        }
    }
}

pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.chars().rev().take_while(|&letter| letter != '\n').count();
    (line, column)
}
