use std::sync::Arc;

use serde_json::{Map, Value};

/// The values that come with a request, by name. A name that is not there was left out.
pub type Variables = Map<String, Value>;

/// An argument as the query's author wrote it: a value with variables in places.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Arg {
    #[default]
    Absent,
    Value(Value),
    Variable(Arc<str>),
    List(Vec<Arg>),
    Object(Vec<(Arc<str>, Arg)>),
}

impl Arg {
    /// The value for one request. `None` where a variable was left out: that is not the same as null.
    pub fn resolve(&self, variables: &Variables) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Value(value) => Some(value.clone()),
            Self::Variable(name) => variables.get(&**name).cloned(),
            Self::List(items) => {
                Some(Value::Array(items.iter().map(|item| item.resolve(variables).unwrap_or(Value::Null)).collect()))
            }
            Self::Object(fields) => Some(Value::Object(
                fields.iter().filter_map(|(name, arg)| Some((name.to_string(), arg.resolve(variables)?))).collect(),
            )),
        }
    }

    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}
