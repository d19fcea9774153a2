//! Values as a document writes them, with variables in places.

use serde_json::{Map, Value};

#[derive(Debug, Clone)]
pub enum Literal {
    Plain(Value),
    /// A name without quotes.
    Enum(String),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
    Variable(String),
}

impl Literal {
    pub fn object(name: impl Into<String>, value: Self) -> Self {
        Self::Object(vec![(name.into(), value)])
    }

    pub fn write(&self) -> String {
        match self {
            Self::Plain(Value::Object(fields)) => {
                let fields =
                    fields.iter().map(|(name, value)| format!("{name}: {}", Self::Plain(value.clone()).write()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Self::Plain(Value::Array(items)) => {
                let items = items.iter().map(|item| Self::Plain(item.clone()).write());
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            Self::Plain(value) => value.to_string(),
            Self::Enum(name) => name.clone(),
            Self::Variable(name) => format!("${name}"),
            Self::List(items) => format!("[{}]", items.iter().map(Self::write).collect::<Vec<_>>().join(", ")),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {}", value.write()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The value for one request; `None` where a variable was left out.
    pub fn resolve(&self, variables: &Map<String, Value>) -> Option<Value> {
        Some(match self {
            Self::Plain(value) => value.clone(),
            Self::Enum(name) => Value::from(name.as_str()),
            Self::Variable(name) => variables.get(name)?.clone(),
            Self::List(items) => items.iter().map(|item| item.resolve(variables).unwrap_or_default()).collect(),
            Self::Object(fields) => Value::Object(
                fields.iter().filter_map(|(name, value)| Some((name.clone(), value.resolve(variables)?))).collect(),
            ),
        })
    }
}

/// The variables of a document while it is written.
#[derive(Debug, Default)]
pub struct Variables(pub Vec<Variable>);

#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub ty: String,
    pub default: Option<Literal>,
    /// What the request brings; `None` leaves it out.
    pub given: Option<Value>,
}

impl Variables {
    pub fn add(&mut self, ty: impl Into<String>, default: Option<Literal>, given: Option<Value>) -> Literal {
        let name = format!("v{}_", self.0.len());
        self.0.push(Variable { name: name.clone(), ty: ty.into(), default, given });
        Literal::Variable(name)
    }

    /// Declares those that `body` uses: the language refuses others.
    pub fn declare(&self, body: &str) -> String {
        let declare = |variable: &Variable| {
            let default = variable.default.as_ref().map(|value| format!(" = {}", value.write())).unwrap_or_default();
            format!("${}: {}{default}", variable.name, variable.ty)
        };
        let used = self.0.iter().filter(|variable| body.contains(&format!("${}", variable.name)));
        let declared: Vec<String> = used.map(declare).collect();
        if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) }
    }

    /// What goes with the request.
    pub fn given(&self) -> Value {
        self.0.iter().filter_map(|variable| Some((variable.name.clone(), variable.given.clone()?))).collect()
    }

    /// What the document sees: defaults filled in.
    pub fn seen(&self) -> Map<String, Value> {
        let seen = |variable: &Variable| {
            let default = || variable.default.as_ref()?.resolve(&Map::new());
            Some((variable.name.clone(), variable.given.clone().or_else(default)?))
        };
        self.0.iter().filter_map(seen).collect()
    }
}
