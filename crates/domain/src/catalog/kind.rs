use std::sync::Arc;

use super::types::{FieldType, Parts, Settings, Shape, ValueType};

/// What values a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Id,
    /// A value of its own, of a type of `types/`.
    Value(ValueType),
    /// Points to one record of the named object.
    One(Arc<str>),
    /// The records of `target` whose relation `via` points here.
    Many {
        target: Arc<str>,
        via: Arc<str>,
    },
}

/// The options of a select, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// `isNull` and the parts of a document as text
    Parts,
    /// `isNull`
    Presence,
}

impl Kind {
    /// A type as it is where a field settles nothing about it.
    pub fn of(ty: &'static dyn FieldType) -> Self {
        Self::Value(ValueType::new(ty, Settings::default()))
    }

    /// The same type with these options.
    #[must_use]
    pub fn with_choices(&self, choices: Vec<Choice>) -> Self {
        match self {
            Self::Value(value) => Self::Value(value.with_choices(Arc::new(Choices(choices)))),
            other => other.clone(),
        }
    }

    pub fn value(&self) -> Option<&ValueType> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The kind's name in the metadata API.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Value(value) => value.name(),
            Self::One(target) if &**target == "User" => "USER",
            Self::One(_) | Self::Many { .. } => "RELATION",
        }
    }

    /// How its values are kept; of a list of records, each of them.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Value(value) => value.shape(),
            Self::Id | Self::One(_) | Self::Many { .. } => Shape::Id,
        }
    }

    pub fn operators(&self) -> Operators {
        match self {
            Self::Value(value) => value.operators(),
            Self::Id | Self::One(_) => Operators::Equality,
            Self::Many { .. } => Operators::Presence,
        }
    }

    pub fn is_text(&self) -> bool {
        self.operators() == Operators::Text
    }

    pub fn is_money(&self) -> bool {
        self.shape() == Shape::Money
    }

    pub fn is_sortable(&self) -> bool {
        match self {
            Self::Value(value) => value.is_sortable(),
            Self::Id | Self::One(_) => true,
            Self::Many { .. } => false,
        }
    }

    /// Records can be grouped by it; by money only by its currency.
    pub fn is_groupable(&self) -> bool {
        match self {
            Self::Value(value) => value.is_groupable(),
            Self::One(_) => true,
            Self::Id | Self::Many { .. } => false,
        }
    }

    /// `sum` and `avg` make sense.
    pub fn is_summable(&self) -> bool {
        self.shape().is_summable()
    }

    /// `min` and `max` make sense.
    pub fn is_comparable(&self) -> bool {
        self.is_summable() || self.is_temporal()
    }

    pub fn is_temporal(&self) -> bool {
        self.shape().is_temporal()
    }

    /// One value that can be the same in several records.
    pub fn is_countable(&self) -> bool {
        self.shape().is_scalar() && !matches!(self, Self::Many { .. })
    }

    /// Records can be told apart by it.
    pub fn is_matchable(&self) -> bool {
        self.value().is_none_or(|value| value.is_matchable())
    }

    pub fn choices(&self) -> Option<&Arc<Choices>> {
        self.settings().choices.as_ref()
    }

    pub fn settings(&self) -> &Settings {
        static NONE: Settings = Settings { choices: None, region: None };
        self.value().map_or(&NONE, ValueType::settings)
    }

    /// The parts of a value that is a document of texts.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.value().and_then(|value| value.parts()).into_iter().flat_map(Parts::names)
    }

    /// The normal form of a text that values are compared with.
    pub fn operand(&self, text: &str) -> Option<String> {
        self.value()?.operand(self.settings(), text)
    }

    pub fn target(&self) -> Option<&Arc<str>> {
        match self {
            Self::One(target) | Self::Many { target, .. } => Some(target),
            _ => None,
        }
    }
}
