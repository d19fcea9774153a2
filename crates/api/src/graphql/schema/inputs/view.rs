use async_graphql_value::{Number, Value};
use serde_json::Value as Json;

/// A value, whether a request brings it as JSON or a document writes it.
pub trait View: Sized {
    fn shape(&self) -> Shape<'_, Self>;
    /// Of an object; `None` of anything else too.
    fn member(&self, name: &str) -> Option<&Self>;
    fn members(&self) -> impl Iterator<Item = (&str, &Self)>;
}

pub enum Shape<'v, V> {
    /// Known only with the request; what comes then is checked as a variable.
    Variable,
    Null,
    Boolean,
    Number(&'v Number),
    Text(&'v str),
    /// A name without quotes, which only a document can write.
    Name(&'v str),
    List(&'v [V]),
    Object,
    /// No client can send it.
    Binary,
}

impl View for Json {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(_) => Shape::Boolean,
            Self::Number(number) => Shape::Number(number),
            Self::String(text) => Shape::Text(text),
            Self::Array(items) => Shape::List(items),
            Self::Object(_) => Shape::Object,
        }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }
}

impl View for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Variable(_) => Shape::Variable,
            Self::Null => Shape::Null,
            Self::Boolean(_) => Shape::Boolean,
            Self::Number(number) => Shape::Number(number),
            Self::String(text) => Shape::Text(text),
            Self::Enum(name) => Shape::Name(name),
            Self::List(items) => Shape::List(items),
            Self::Object(_) => Shape::Object,
            Self::Binary(_) => Shape::Binary,
        }
    }

    fn member(&self, name: &str) -> Option<&Self> {
        if let Self::Object(members) = self { members.get(name) } else { None }
    }

    fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        let members = if let Self::Object(members) = self { Some(members) } else { None };
        members.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }
}
