use std::sync::Arc;

/// What values a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Id,
    Text,
    LongText,
    Email,
    Phone,
    Url,
    /// A whole number of 32 bits.
    Integer,
    /// Any number, as a 64-bit float.
    Number,
    /// An exact decimal number, text on the wire.
    Decimal,
    /// An amount in minor units with its ISO 4217 code.
    Currency,
    Boolean,
    Date,
    DateTime,
    Select(Arc<Choices>),
    MultiSelect(Arc<Choices>),
    /// One to five.
    Rating,
    Address,
    Json,
    /// Points to one record of the named object.
    One(Arc<str>),
    /// The records of `target` whose relation `via` points here.
    Many {
        target: Arc<str>,
        via: Arc<str>,
    },
}

/// The options of a select, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(pub Vec<Choice>);

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    /// Name of the enum value in the graph: `LINKS`.
    pub value: Arc<str>,
    pub label: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Arc<str>>,
}

impl Choices {
    pub fn contains(&self, value: &str) -> bool {
        self.0.iter().any(|choice| &*choice.value == value)
    }
}

/// The operators that a kind of field can be filtered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operators {
    /// `eq neq in notIn isNull`
    Equality,
    /// Equality and `gt gte lt lte`
    Order,
    /// Order and `contains startsWith endsWith ilike`
    Text,
    /// `eq neq isNull`
    Boolean,
    /// `containsAny containsAll isNull`
    Set,
    /// `isNull` and the parts of an address as text
    Address,
    /// `isNull`
    Presence,
}

impl Kind {
    /// The kind's name in the metadata API.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Text => "TEXT",
            Self::LongText => "LONG_TEXT",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Url => "URL",
            Self::Integer | Self::Number => "NUMBER",
            Self::Decimal => "DECIMAL",
            Self::Currency => "CURRENCY",
            Self::Boolean => "BOOLEAN",
            Self::Date => "DATE",
            Self::DateTime => "DATE_TIME",
            Self::Select(_) => "SELECT",
            Self::MultiSelect(_) => "MULTI_SELECT",
            Self::Rating => "RATING",
            Self::Address => "ADDRESS",
            Self::Json => "JSON",
            Self::One(target) if &**target == "User" => "USER",
            Self::One(_) | Self::Many { .. } => "RELATION",
        }
    }

    pub fn operators(&self) -> Operators {
        match self {
            Self::Id | Self::Select(_) | Self::One(_) => Operators::Equality,
            Self::Text | Self::LongText | Self::Email | Self::Phone | Self::Url => Operators::Text,
            Self::Integer
            | Self::Number
            | Self::Decimal
            | Self::Currency
            | Self::Date
            | Self::DateTime
            | Self::Rating => Operators::Order,
            Self::Boolean => Operators::Boolean,
            Self::MultiSelect(_) => Operators::Set,
            Self::Address => Operators::Address,
            Self::Json | Self::Many { .. } => Operators::Presence,
        }
    }

    pub fn is_text(&self) -> bool {
        self.operators() == Operators::Text
    }

    pub fn is_sortable(&self) -> bool {
        !matches!(self, Self::MultiSelect(_) | Self::Address | Self::Json | Self::Many { .. })
    }

    /// Records can be grouped by it.
    pub fn is_groupable(&self) -> bool {
        !matches!(
            self,
            Self::Id | Self::LongText | Self::MultiSelect(_) | Self::Address | Self::Json | Self::Many { .. }
        )
    }

    /// `sum` and `avg` make sense.
    pub fn is_summable(&self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Decimal | Self::Currency | Self::Rating)
    }

    /// `min` and `max` make sense.
    pub fn is_comparable(&self) -> bool {
        self.is_summable() || matches!(self, Self::Date | Self::DateTime)
    }

    pub fn is_temporal(&self) -> bool {
        matches!(self, Self::Date | Self::DateTime)
    }

    pub fn choices(&self) -> Option<&Arc<Choices>> {
        match self {
            Self::Select(choices) | Self::MultiSelect(choices) => Some(choices),
            _ => None,
        }
    }

    pub fn target(&self) -> Option<&Arc<str>> {
        match self {
            Self::One(target) | Self::Many { target, .. } => Some(target),
            _ => None,
        }
    }
}
