use std::sync::Arc;

use serde_json::Value;

use super::Variables;

/// Whether a selection is wanted: any of several lists of conditions that all hold.
/// (The same key may be asked in several places, each under conditions of its own.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(Vec<Vec<Condition>>);

/// `@include(if: $variable)`, or `@skip` where the variable is unwanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub variable: Arc<str>,
    pub wanted: bool,
}

impl Default for When {
    fn default() -> Self {
        Self::always()
    }
}

impl When {
    pub fn always() -> Self {
        Self(vec![Vec::new()])
    }

    pub fn all(conditions: Vec<Condition>) -> Self {
        Self(vec![conditions])
    }

    pub fn or(&mut self, other: Self) {
        self.0.extend(other.0);
        if self.0.iter().any(Vec::is_empty) {
            *self = Self::always();
        }
    }

    pub fn is_always(&self) -> bool {
        self.0.iter().any(Vec::is_empty)
    }

    pub fn holds(&self, variables: &Variables) -> bool {
        self.0.iter().any(|all| all.iter().all(|condition| condition.holds(variables)))
    }
}

impl Condition {
    fn holds(&self, variables: &Variables) -> bool {
        variables.get(&*self.variable) == Some(&Value::Bool(self.wanted))
    }
}
