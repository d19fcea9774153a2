//! What is asked of the record engine, free of any protocol.
//!
//! A GraphQL document, a REST request or a report is lowered to a [`Query`]; compiling it for a role
//! makes a [`Plan`](crate::plan::Plan), the only thing that can be run. Values that come with a request
//! stay outside: a query names them ([`Arg::Variable`]), so that one plan serves every request of a shape.

mod arg;

use std::sync::Arc;

pub use self::arg::{Arg, Variables};

/// One read of records.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "made once and compiled at once")]
pub enum Query {
    /// One live record by id, or null.
    Record {
        object: Arc<str>,
        id: Arg,
        select: Vec<Selection>,
    },
    List {
        object: Arc<str>,
        args: ListArgs,
        select: Vec<ListSelection>,
    },
    Aggregate {
        object: Arc<str>,
        args: AggregateArgs,
        select: Vec<AggregateSelection>,
    },
}

/// Which records, in which order, and which window of them. Absent and null arguments are the same here.
#[derive(Debug, Clone, Default)]
pub struct ListArgs {
    pub filter: Arg,
    pub order_by: Arg,
    pub first: Arg,
    pub after: Arg,
    pub last: Arg,
    pub before: Arg,
    pub offset: Arg,
    /// The records leave the workspace as a file: those within reach of EXPORT, not only of the eye.
    pub exported: bool,
}

#[derive(Debug, Clone, Default)]
pub struct AggregateArgs {
    pub filter: Arg,
    pub group_by: Arg,
    pub order_by: Arg,
    pub first: Arg,
}

/// One key of an answer and what it holds; in an answer they stand in the order in which they are asked for.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    pub key: Arc<str>,
    pub what: T,
}

pub type Selection = Keyed<Field>;
pub type ListSelection = Keyed<ListField>;
pub type AggregateSelection = Keyed<AggregateField>;

/// What can be asked of a record.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "made once and compiled at once")]
pub enum Field {
    /// A constant, such as the name of the type.
    Constant(Arc<str>),
    /// A field with one value.
    Value { name: Arc<str> },
    /// The id that a to-one relation holds, by the relation's name.
    RelationId { name: Arc<str> },
    /// A field whose value has parts: money, an address.
    Parts { name: Arc<str>, parts: Vec<Keyed<Part>> },
    /// A to-one relation.
    One { name: Arc<str>, select: Vec<Selection> },
    /// A to-many relation.
    Many { name: Arc<str>, args: ListArgs, select: Vec<ListSelection> },
}

#[derive(Debug, Clone)]
pub enum Part {
    Constant(Arc<str>),
    Named(Arc<str>),
}

/// What can be asked of a list (a connection, in GraphQL's words).
#[derive(Debug, Clone)]
pub enum ListField {
    Constant(Arc<str>),
    Nodes(Vec<Selection>),
    Edges(Vec<Keyed<EdgeField>>),
    PageInfo(Vec<Keyed<PageField>>),
    /// How many records match, whatever the window.
    TotalCount,
}

#[derive(Debug, Clone)]
pub enum EdgeField {
    Constant(Arc<str>),
    Cursor,
    Node(Vec<Selection>),
}

#[derive(Debug, Clone)]
pub enum PageField {
    Constant(Arc<str>),
    HasNextPage,
    HasPreviousPage,
    StartCursor,
    EndCursor,
}

/// What can be asked of an aggregate.
#[derive(Debug, Clone)]
pub enum AggregateField {
    Constant(Arc<str>),
    TotalCount,
    Groups(Vec<Keyed<GroupField>>),
    /// Whether `first` left groups out.
    HasMoreGroups,
    /// A measure over all records that match, ungrouped.
    Measure(Measure),
}

#[derive(Debug, Clone)]
pub enum GroupField {
    Constant(Arc<str>),
    /// What the records of a group share: fields of `groupBy`.
    Key(Vec<Selection>),
    Count,
    Measure(Measure),
}

/// `sum { amount { value currency } }` and its like.
#[derive(Debug, Clone)]
pub struct Measure {
    pub function: Function,
    pub fields: Vec<Keyed<MeasureField>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    Sum,
    Avg,
    Min,
    Max,
    CountDistinct,
}

#[derive(Debug, Clone)]
pub enum MeasureField {
    Constant(Arc<str>),
    Value {
        name: Arc<str>,
    },
    /// Money: its value and currency.
    Parts {
        name: Arc<str>,
        parts: Vec<Keyed<Part>>,
    },
}
