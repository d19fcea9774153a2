use std::fmt::Write as _;

use postgres_types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::{guard::Bound, seen::Touch};
use crate::{
    rights::View,
    wire::{Day, Moment},
};

/// A statement under construction, with its parameters.
pub(crate) struct Sql<'a> {
    pub text: String,
    pub params: Vec<Param>,
    pub schema: &'a str,
    /// Sensitive fields that it has to do with.
    pub(super) touched: Vec<Touch>,
    pub(super) view: View<'a>,
    pub(super) bound: Bound,
    /// Parameters of the statement that are not among `params`, and come before them.
    before: usize,
    aliases: usize,
    /// A plan for any value would often be a bad one.
    depends_on_values: bool,
}

/// A value sent in binary. The SQL casts each place (`$1::uuid`), so that the server agrees on its type.
#[derive(Debug, Clone)]
pub(crate) enum Param {
    Uuid(Uuid),
    Uuids(Vec<Uuid>),
    Text(String),
    Texts(Vec<String>),
    Int(i64),
    Ints(Vec<i64>),
    Float(f64),
    Floats(Vec<f64>),
    Bool(bool),
    Moment(Moment),
    Moments(Vec<Moment>),
    Day(Day),
    Days(Vec<Day>),
    Json(serde_json::Value),
}

impl<'a> Sql<'a> {
    pub fn new(schema: &'a str, view: View<'a>) -> Self {
        Self {
            text: String::with_capacity(512),
            params: Vec::new(),
            schema,
            touched: Vec::new(),
            view,
            bound: Bound::default(),
            before: 0,
            aliases: 0,
            depends_on_values: false,
        }
    }

    /// Notes that it has to do with a field. What a rule looks at was asked for by nobody.
    pub(super) fn touch(&mut self, touch: Option<Touch>) {
        if !self.bound.in_rule() {
            self.touched.extend(touch.filter(|touch| !self.touched.contains(touch)));
        }
    }

    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends the place of a new parameter, cast to `cast`.
    pub fn bind(&mut self, param: Param, cast: &str) -> &mut Self {
        let at = self.parameter(param);
        write!(self.text, "${at}::{cast}").expect("writing to a string cannot fail");
        self
    }

    /// The number of a new parameter.
    pub fn parameter(&mut self, param: Param) -> usize {
        self.params.push(param);
        self.before + self.params.len()
    }

    /// Texts for a statement that has so many parameters of its own before these.
    pub fn behind(schema: &'a str, view: View<'a>, before: usize) -> Self {
        Self { before, ..Self::new(schema, view) }
    }

    /// Appends a limit. It is part of the text: from a parameter the planner could not tell how few rows are wanted, and
    /// the number of limits is small.
    pub fn limit(&mut self, rows: usize) -> &mut Self {
        write!(self.text, " LIMIT {rows}").expect("writing to a string cannot fail");
        self
    }

    /// Appends a condition of which the planner only guesses how many rows it finds, and that from its value: a pattern,
    /// a containment. Said twice, what it thinks rare counts as rarer, and so is looked up rather than met on a walk
    /// through the whole table; what is common stays common. See `docs/decisions/planning.md`.
    pub fn push_guessed(&mut self, left: &str, param: Param, cast: &str) -> &mut Self {
        self.depends_on_values = true;
        self.push("(").push(left).bind(param, cast);
        let again = self.before + self.params.len();
        self.push(" AND ").push(left).push(&format!("${again}::{cast})"))
    }

    /// Closes the conditions of a statement. Where some are guessed at it is planned for their values each time.
    pub fn end_conditions(&mut self) -> &mut Self {
        if self.depends_on_values {
            self.push(" AND rapport.plan_anew(").bind(Param::Bool(true), "boolean").push(")");
        }
        self
    }

    /// A table alias that this statement does not use yet.
    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    pub fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
    }
}

impl ToSql for Param {
    fn to_sql(&self, ty: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Uuid(v) => v.to_sql(ty, out),
            Self::Uuids(v) => v.to_sql(ty, out),
            Self::Text(v) => v.to_sql(ty, out),
            Self::Texts(v) => v.to_sql(ty, out),
            Self::Int(v) => v.to_sql(ty, out),
            Self::Ints(v) => v.to_sql(ty, out),
            Self::Float(v) => v.to_sql(ty, out),
            Self::Floats(v) => v.to_sql(ty, out),
            Self::Bool(v) => v.to_sql(ty, out),
            Self::Moment(v) => v.to_sql(ty, out),
            Self::Moments(v) => v.to_sql(ty, out),
            Self::Day(v) => v.to_sql(ty, out),
            Self::Days(v) => v.to_sql(ty, out),
            Self::Json(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// An identifier in quotes. Catalog names are checked at the door; this keeps keywords harmless.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text literal. Only for names from the catalog, never for values of a request.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
