//! A list of records as it was asked for: a connection, in GraphQL's words.

use std::sync::Arc;

use super::{
    error::Path,
    record::{Layout, Reading},
};
use crate::{query::ListArgs, rights::Action};

/// Reads a window of an object's records, at the root or below a parent.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one part is asked for")]
pub(super) struct List {
    pub args: ListArgs,
    pub reading: Reading,
    pub items: Vec<ListItem>,
    /// Cursors are asked for: the sort keys are read too.
    pub wants_cursors: bool,
    /// Whether there is more is asked for: one record beyond the window is read.
    pub wants_more: bool,
    pub wants_count: bool,
    /// Records themselves are asked for, not only their number.
    pub wants_rows: bool,
    /// Where it stands in the answer, for errors: empty at the root.
    pub path: Path,
    /// Object and relation, which cursors are bound to.
    pub name: Arc<str>,
}

impl List {
    /// What the records are read for.
    pub fn action(&self) -> Action {
        if self.args.exported { Action::Export } else { Action::Read }
    }
}

#[derive(Debug)]
pub(super) struct ListItem {
    pub key: Box<[u8]>,
    pub value: ListValue,
}

#[derive(Debug)]
pub(super) enum ListValue {
    Constant(Box<[u8]>),
    /// A JSON array with one layout for each record.
    Nodes(Layout),
    Edges(Vec<EdgeItem>),
    PageInfo(Vec<PageItem>),
    TotalCount,
}

#[derive(Debug)]
pub(super) struct EdgeItem {
    pub key: Box<[u8]>,
    pub value: EdgeValue,
}

#[derive(Debug)]
pub(super) enum EdgeValue {
    Constant(Box<[u8]>),
    Cursor,
    Node(Layout),
}

#[derive(Debug)]
pub(super) struct PageItem {
    pub key: Box<[u8]>,
    pub value: PageValue,
}

#[derive(Debug)]
pub(super) enum PageValue {
    Constant(Box<[u8]>),
    HasNext,
    HasPrevious,
    Start,
    End,
}
