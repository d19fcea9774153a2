//! From the JSON of one row's input to values for fields, every one of them checked.

use serde_json::{Map, Value as Json};

use super::{
    UserError,
    change::{Change, input_name},
    refusal::code,
    secret,
    value::{self, Slot},
};
use crate::catalog::{Field, Kind, Object, Source};

pub type Input = Map<String, Json>;

/// Values by position, and everything that is wrong with the input.
pub(super) fn read(object: &Object, input: &Input) -> (Vec<(usize, Slot)>, Vec<UserError>) {
    let (mut values, mut errors) = (Vec::with_capacity(input.len()), Vec::new());
    for (name, given) in input {
        let taken = field_named(object, name).and_then(|at| {
            let field = &object.fields()[at];
            Ok((at, value::accept(object, field, given).map_err(|error| secret::untold(field, error))?))
        });
        match taken {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error.under(name)),
        }
    }
    (values, errors)
}

/// The position of the field that callers write as `name`.
pub(super) fn field_named(object: &Object, name: &str) -> Result<usize, UserError> {
    let relation = || object.field_by_id_name(name).and_then(|field| object.position(&field.name));
    let Some(at) = object.position(name).or_else(relation) else {
        return Err(UserError::new(code::UNKNOWN_FIELD, format!("{} has no field `{name}`.", object.label)));
    };
    let field = &object.fields()[at];
    match &field.kind {
        _ if field.source == Source::System => {
            Err(UserError::new(code::READ_ONLY, format!("{} is set by the system.", field.label)))
        }
        Kind::Many { target, via } => Err(UserError::new(
            code::READ_ONLY,
            format!("{} are set from their side: write `{via}Id` of each {target}.", field.label),
        )),
        Kind::One(_) if *field.name == *name => Err(UserError::new(
            code::UNKNOWN_FIELD,
            format!("A relation is written by its id: use `{}`.", input_name(field)),
        )),
        _ => Ok(at),
    }
}

impl Change {
    /// Gives a new record what it gets when nothing is said.
    pub fn default(&mut self, object: &Object) {
        for (at, field) in object.fields().iter().enumerate() {
            let Some(default) = field.default.as_ref().filter(|_| !self.gives(at) && !field.encrypted) else {
                continue;
            };
            let value = value::accept(object, field, default).unwrap_or_default();
            self.set(object, at, value);
        }
    }

    /// Fields that a record cannot be without, and would be: of a new one all, of another those the change clears.
    pub fn missing(&self, object: &Object) -> Vec<UserError> {
        let lacks = |at: usize, field: &Field| {
            field.required
                && field.source != Source::System
                && self.after(at).is_none()
                && (self.is_creation() || self.touches(at))
        };
        let missing = object.fields().iter().enumerate().filter(|(at, field)| lacks(*at, field));
        missing
            .map(|(_, field)| {
                UserError::new(code::REQUIRED, format!("{} is required.", field.label)).under(input_name(field))
            })
            .collect()
    }
}
