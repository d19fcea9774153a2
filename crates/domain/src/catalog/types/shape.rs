use crate::catalog::Operators;

/// How values are kept: all that SQL, binding, reading and writing of rows need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A 64-bit float.
    Number,
    /// An exact decimal number.
    Decimal,
    /// Minor units with their ISO 4217 code.
    Money,
    Boolean,
    Date,
    DateTime,
    /// Texts of a list of options.
    Options,
    /// JSON.
    Document,
    /// Of a record.
    Id,
}

/// Names of types in the graph. Fields with options have types of their own instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graph {
    pub output: &'static str,
    pub input: &'static str,
    pub filter: &'static str,
    /// Of a sum and of an average, where they make sense.
    pub total: Option<&'static str>,
}

/// What a document with parts consists of.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// With its article: `an address`.
    pub noun: &'static str,
    /// Name and description, in the order people write them.
    pub list: &'static [(&'static str, &'static str)],
}

impl Parts {
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.list.iter().map(|(name, _)| *name)
    }
}

impl Graph {
    /// One type, coming and going.
    pub const fn plain(name: &'static str, filter: &'static str) -> Self {
        Self { output: name, input: name, filter, total: None }
    }

    const fn summed(self, total: &'static str) -> Self {
        Self { total: Some(total), ..self }
    }
}

impl Shape {
    /// One value that others stand before or after.
    pub fn is_scalar(self) -> bool {
        !matches!(self, Self::Options | Self::Document)
    }

    /// `sum` and `avg` make sense.
    pub fn is_summable(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Decimal | Self::Money)
    }

    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::DateTime)
    }

    pub fn operators(self) -> Operators {
        match self {
            Self::Text => Operators::Text,
            Self::Integer | Self::Number | Self::Decimal | Self::Money | Self::Date | Self::DateTime => {
                Operators::Order
            }
            Self::Boolean => Operators::Boolean,
            Self::Options => Operators::Set,
            Self::Document => Operators::Presence,
            Self::Id => Operators::Equality,
        }
    }

    pub fn graph(self) -> Graph {
        match self {
            Self::Text | Self::Options => Graph::plain("String", "TextFilter"),
            Self::Integer => Graph::plain("Int", "IntFilter").summed("Float"),
            Self::Number => Graph::plain("Float", "NumberFilter").summed("Float"),
            Self::Decimal => Graph::plain("Decimal", "DecimalFilter").summed("Decimal"),
            Self::Money => Graph { output: "Money", input: "MoneyInput", filter: "MoneyFilter", total: Some("Money") },
            Self::Boolean => Graph::plain("Boolean", "BooleanFilter"),
            Self::Date => Graph::plain("Date", "DateFilter"),
            Self::DateTime => Graph::plain("DateTime", "DateTimeFilter"),
            Self::Document => Graph::plain("JSON", "PresenceFilter"),
            Self::Id => Graph::plain("ID", "IdFilter"),
        }
    }
}
