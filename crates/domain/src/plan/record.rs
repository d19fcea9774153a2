//! How records are read and laid out: the compiled form of what was asked of one object.

use std::sync::Arc;

use super::{list::List, seen::Sight};
use crate::{catalog::Object, query::Keyed};

/// The part of a statement that reads records of one object: columns, to-one joins, and the edges that
/// need statements of their own.
#[derive(Debug)]
pub(super) struct Reading {
    pub object: Arc<Object>,
    /// `t."name", j1."name"`: never empty.
    pub columns: Vec<String>,
    pub joins: Vec<Join>,
    pub edges: Vec<Edge>,
    pub layout: Layout,
    /// Where it shows values of sensitive fields.
    pub sights: Vec<Sight>,
}

/// A to-one relation: its record stands in the same row.
#[derive(Debug)]
pub(super) struct Join {
    pub object: Arc<Object>,
    pub alias: String,
    /// What holds the id: `t."company_id"`.
    pub on: String,
    /// A record in the bin counts too: only its id is wanted.
    pub with_bin: bool,
}

/// A to-many relation: one statement for all parents.
#[derive(Debug)]
pub(super) struct Edge {
    /// The column of this statement that holds the parent's id.
    pub parent: usize,
    /// What points back, in the row `t` of the target.
    pub via: String,
    pub list: List,
}

/// One JSON object for one record.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub items: Vec<Item>,
    pub custom: Custom,
}

/// Where the custom values of a layout come from, by slot.
#[derive(Debug, Default)]
pub(super) enum Custom {
    #[default]
    None,
    /// A column each.
    Apart(Vec<usize>),
    /// One column with all there are, and the keys wanted of it.
    Whole { at: usize, keys: Vec<Arc<str>> },
}

#[derive(Debug)]
pub(super) struct Item {
    /// `"key":`
    pub key: Box<[u8]>,
    pub value: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    /// JSON text.
    Constant(Box<[u8]>),
    Column {
        at: usize,
        form: Form,
    },
    /// One of the layout's custom values.
    Custom {
        slot: usize,
        form: CustomForm,
    },
    Money {
        minor: usize,
        currency: usize,
        parts: Vec<Keyed<MoneyPart>>,
    },
    CustomMoney {
        slot: usize,
        parts: Vec<Keyed<MoneyPart>>,
    },
    /// A document of texts.
    Parts {
        at: usize,
        parts: Vec<Keyed<TextPart>>,
    },
    CustomParts {
        slot: usize,
        parts: Vec<Keyed<TextPart>>,
    },
    /// An encrypted value: one of the layout's custom values, sealed.
    Sealed {
        slot: usize,
        /// The column with the id of its record.
        record: usize,
        object: Arc<str>,
        field: Arc<str>,
        form: SealedForm,
    },
    /// A to-one relation; `present` is the column with its id.
    Record {
        present: usize,
        layout: Layout,
    },
    Edge(usize),
}

/// How an opened value becomes the answer's.
#[derive(Debug)]
pub(super) enum SealedForm {
    Value(CustomForm),
    Money(Vec<Keyed<MoneyPart>>),
    Parts(Vec<Keyed<TextPart>>),
}

#[derive(Debug, Clone)]
pub(super) enum MoneyPart {
    Constant(Arc<str>),
    Value,
    Currency,
}

#[derive(Debug, Clone)]
pub(super) enum TextPart {
    Constant(Arc<str>),
    Named(Arc<str>),
}

/// How a column's binary form becomes JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Uuid,
    Int4,
    Float8,
    Numeric,
    Boolean,
    Date,
    Timestamp,
    Json,
    /// A text of which only a part is told.
    Masked,
}

/// How a custom value's JSON becomes the answer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CustomForm {
    AsIs,
    /// Stored with all its digits; zeros at the end are not shown.
    Timestamp,
    /// A text of which only a part is told.
    Masked,
}

pub(super) fn key(name: &str) -> Box<[u8]> {
    let mut out = serde_json::to_vec(name).expect("text is JSON");
    out.push(b':');
    out.into()
}

pub(super) fn constant(text: &str) -> Box<[u8]> {
    serde_json::to_vec(text).expect("text is JSON").into()
}
