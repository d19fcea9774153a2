//! The variables of an operation: what it declares, and what each request gives them. async-graphql's rules look at
//! values only where they stand in arguments, take anything for an input object and don't miss a required one.

use std::sync::Arc;

use async_graphql::{
    Pos, Positioned, ServerError,
    parser::types::{OperationDefinition, VariableDefinition},
};
use rapport_domain::query::Variables;
use serde_json::Value;

use super::inputs::{At, Inputs};
use crate::graphql::code;

/// A variable that an operation declares.
#[derive(Debug)]
pub struct Variable {
    name: String,
    /// `[ContactOrder!]!`
    ty: String,
    default: Option<Value>,
    pos: Pos,
}

impl Variable {
    fn of(definition: &Positioned<VariableDefinition>) -> Self {
        let Positioned { pos, node } = definition;
        Self {
            name: node.name.node.to_string(),
            ty: node.var_type.node.to_string(),
            default: node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok()),
            pos: *pos,
        }
    }

    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// Fills in the default, and says what is wrong with the value. `inputs` knows the type.
    pub fn coerce(&self, given: &mut Variables, inputs: &Inputs) -> Result<(), ServerError> {
        let Some(value) = given.get_mut(&self.name) else {
            return match &self.default {
                Some(default) => {
                    given.insert(self.name.clone(), default.clone());
                    Ok(())
                }
                None if self.ty.ends_with('!') => Err(self.wrong(format!(
                    "Variable \"${}\" of type \"{}\" is required, but was left out.",
                    self.name, self.ty
                ))),
                None => Ok(()),
            };
        };
        self.fit("value", value, inputs)
    }

    fn fit_default(&mut self, inputs: &Inputs) -> Result<(), ServerError> {
        let Some(mut default) = self.default.take() else { return Ok(()) };
        let fits = self.fit("default", &mut default, inputs);
        self.default = Some(default);
        fits
    }

    fn fit(&self, what: &str, value: &mut Value, inputs: &Inputs) -> Result<(), ServerError> {
        // Of an unknown type the rules told.
        let Some(ty) = inputs.ty(&self.ty) else { return Ok(()) };
        let at = At::root(&self.name);
        match ty.mismatch(value, &at) {
            None => {
                if at.has_single() {
                    ty.enlist(value);
                }
                Ok(())
            }
            Some(found) => Err(self.wrong(format!(
                "Variable \"${}\" has an invalid {what} at \"{}\": {}.",
                self.name, found.at, found.problem
            ))),
        }
    }

    fn wrong(&self, message: String) -> ServerError {
        let mut error = ServerError::new(message, Some(self.pos));
        code::set(&mut error, code::BAD_USER_INPUT);
        error
    }
}

/// What an operation declares.
///
/// # Errors
/// Where defaults are wrong, which is a fault of the document.
pub fn declared(inputs: &Inputs, operation: &OperationDefinition) -> Result<Arc<[Variable]>, Vec<ServerError>> {
    let mut variables: Vec<Variable> = operation.variable_definitions.iter().map(Variable::of).collect();
    let wrong: Vec<_> = variables.iter_mut().filter_map(|variable| variable.fit_default(inputs).err()).collect();
    if wrong.is_empty() { Ok(variables.into()) } else { Err(wrong) }
}
