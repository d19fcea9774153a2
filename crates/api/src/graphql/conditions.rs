//! `@include` and `@skip`: settled before an operation is lowered, so that its plans hold what is wanted and nothing else.

use std::sync::Arc;

use async_graphql::{Name, Positioned, parser::types::Directive};
use async_graphql_value::Value;
use rapport_domain::query::Variables;

use super::{code, failure::Refusal, used::Used};

/// The variables that decide what an operation asks for.
#[derive(Debug, Clone)]
pub struct Conditions(Arc<[Name]>);

/// Those variables with their values in one request. Where they are equal, the same is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled(Vec<(Name, bool)>);

impl Conditions {
    pub fn of(used: &Used) -> Self {
        Self(used.conditions.iter().cloned().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// # Errors
    /// Where one is neither true nor false: a variable with a default may be null, a condition may not.
    pub fn settle(&self, variables: &Variables) -> Result<Settled, Refusal> {
        let settle = |name: &Name| match variables.get(name.as_str()).and_then(serde_json::Value::as_bool) {
            Some(value) => Ok((name.clone(), value)),
            None => Err(Refusal::new(
                code::BAD_USER_INPUT,
                format!("Variable ${name} must be true or false: @include and @skip ask for it."),
            )),
        };
        self.0.iter().map(settle).collect::<Result<_, _>>().map(Settled)
    }
}

impl Settled {
    /// Whether the selection with these directives is wanted.
    pub fn want(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Value::Boolean(is)) => *is == wanted,
                Some(Value::Variable(name)) => self.0.iter().any(|(known, is)| known == name && *is == wanted),
                _ => false,
            }
        })
    }
}
