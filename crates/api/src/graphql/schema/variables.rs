//! Checks the values of variables against their types. async-graphql's rules look at them only where they
//! stand in arguments, take anything for an input object and don't miss a required one.

use async_graphql::{
    Positioned, ServerError,
    dynamic::TypeRef,
    parser::types::{OperationDefinition, VariableDefinition},
    registry::{MetaType, MetaTypeName, Registry, ScalarValidatorFn},
};
use async_graphql_value::{ConstValue, Number, Value};
use serde_json::{Map, Value as Json};

use crate::graphql::code;

pub fn check(registry: &Registry, operation: &OperationDefinition, variables: &Map<String, Json>) -> Vec<ServerError> {
    operation.variable_definitions.iter().filter_map(|definition| check_one(registry, definition, variables)).collect()
}

fn check_one(
    registry: &Registry,
    definition: &Positioned<VariableDefinition>,
    variables: &Map<String, Json>,
) -> Option<ServerError> {
    let name = definition.node.name.node.as_str();
    let ty = definition.node.var_type.node.to_string();
    let problem = match variables.get(name) {
        None if definition.node.var_type.node.nullable || definition.node.default_value.is_some() => {
            let default = definition.node.default_value.as_ref()?.node.clone().into_value();
            let (at, problem) = mismatch(registry, &ty, &default, &At::root(name))?;
            format!("Variable \"${name}\" has an invalid default at \"{at}\": {problem}.")
        }
        None => format!("Variable \"${name}\" of type \"{ty}\" is required, but was left out."),
        Some(value) => {
            let value = ConstValue::from_json(value.clone()).ok()?.into_value();
            let (at, problem) = mismatch(registry, &ty, &value, &At::root(name))?;
            format!("Variable \"${name}\" has an invalid value at \"{at}\": {problem}.")
        }
    };
    let mut error = ServerError::new(problem, Some(definition.pos));
    code::set(&mut error, code::BAD_USER_INPUT);
    Some(error)
}

/// Where in a value something stands.
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    segment: &'a str,
}

impl<'a> At<'a> {
    pub fn root(segment: &'a str) -> Self {
        Self { parent: None, segment }
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        f.write_str(self.segment)
    }
}

/// The place and the reason why `value` is not of type `ty`. Variables in it are not its concern.
pub(super) fn mismatch(registry: &Registry, ty: &str, value: &Value, at: &At) -> Option<(String, String)> {
    let expected = || Some((at.to_string(), format!("expected type \"{ty}\"")));
    match (MetaTypeName::create(ty), value) {
        (_, Value::Variable(_)) => None,
        (MetaTypeName::NonNull(_), Value::Null) => expected(),
        (MetaTypeName::NonNull(inner), value) => mismatch(registry, inner, value, at),
        (_, Value::Null) => None,
        (MetaTypeName::List(item), Value::List(values)) => values.iter().enumerate().find_map(|(index, value)| {
            mismatch(registry, item, value, &At { parent: Some(at), segment: &index.to_string() })
        }),
        (MetaTypeName::List(item), single) => mismatch(registry, item, single, at),
        (MetaTypeName::Named(name), value) => match (registry.types.get(name), value) {
            (Some(MetaType::Scalar { is_valid, .. }), value) => {
                if fits(name, is_valid.as_ref(), value) {
                    None
                } else {
                    expected()
                }
            }
            (Some(MetaType::Enum { enum_values, .. }), Value::Enum(_) | Value::String(_)) => {
                let choice = choice(value);
                let unknown = || Some((at.to_string(), format!("\"{name}\" has no value \"{choice}\"")));
                if enum_values.contains_key(choice) { None } else { unknown() }
            }
            (Some(MetaType::InputObject { input_fields, oneof, .. }), Value::Object(given)) => {
                if *oneof && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
                    return Some((at.to_string(), format!("\"{name}\" needs exactly one field, not null")));
                }
                if let Some(unknown) = given.keys().find(|key| !input_fields.contains_key(key.as_str())) {
                    return Some((at.to_string(), format!("\"{name}\" has no field \"{unknown}\"")));
                }
                input_fields.values().find_map(|field| match given.get(field.name.as_str()) {
                    Some(value) => mismatch(registry, &field.ty, value, &At { parent: Some(at), segment: &field.name }),
                    None if field.default_value.is_some() || !MetaTypeName::create(&field.ty).is_non_null() => None,
                    None => {
                        Some((at.to_string(), format!("field \"{}\" of type \"{}\" is required", field.name, field.ty)))
                    }
                })
            }
            // An unknown type is the rules' to report.
            (None, _) => None,
            _ => expected(),
        },
    }
}

/// Whether a scalar takes the value. Lists and objects that hold variables are known only with them.
fn fits(name: &str, is_valid: Option<&ScalarValidatorFn>, value: &Value) -> bool {
    let Some(value) = value.clone().into_const() else { return true };
    // The library takes integers of 64 bits, the language of 32.
    let is_short = |number: &Number| number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
    let is_int = || matches!(&value, ConstValue::Number(number) if is_short(number));
    (name != TypeRef::INT || is_int()) && is_valid.is_none_or(|is_valid| is_valid(&value))
}

fn choice(value: &Value) -> &str {
    match value {
        Value::Enum(name) => name,
        Value::String(text) => text,
        _ => "",
    }
}
