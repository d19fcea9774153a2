//! From the JSON of one row's input to values for fields, every one of them checked.

use serde_json::{Map, Value as Json};

use super::{
    UserError,
    change::{Change, input_name},
    refusal::code,
    secret,
    value::{self, Slot},
    write::Write,
};
use crate::{
    catalog::{Field, Kind, Object, Source},
    rights::FieldAccess,
};

pub type Input = Map<String, Json>;

/// Values by position, and everything that is wrong with the input.
pub(super) fn read(write: Write<'_>, input: &Input) -> (Vec<(usize, Slot)>, Vec<UserError>) {
    let object = write.object;
    let (mut values, mut errors) = (Vec::with_capacity(input.len()), Vec::new());
    for (name, given) in input {
        let taken = writable(write, name).and_then(|at| {
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

/// The position of the field that callers name `name`, and see.
pub(super) fn field_named(write: Write<'_>, name: &str) -> Result<usize, UserError> {
    let object = write.object;
    let seen = write.seen().and_then(|seen| seen.field(name).or_else(|| seen.field_by_id_name(name)));
    let Some(at) = seen.and_then(|field| object.position(&field.name)) else {
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

/// The position of the field that callers write as `name`, and may.
fn writable(write: Write<'_>, name: &str) -> Result<usize, UserError> {
    let at = field_named(write, name)?;
    let field = &write.object.fields()[at];
    let access = write.seen().and_then(|seen| seen.field(&field.name)).map(|field| field.access);
    if access == Some(FieldAccess::Write) {
        return Ok(at);
    }
    Err(UserError::new(code::READ_ONLY, format!("You may see {}, but not change it.", field.label.to_lowercase())))
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
    pub fn missing(&self, write: Write<'_>) -> Vec<UserError> {
        let lacks = |at: usize, field: &Field| {
            field.required
                && field.source != Source::System
                && self.after(at).is_none()
                && (self.is_creation() || self.touches(at))
        };
        let missing = write.object.fields().iter().enumerate().filter(|(at, field)| lacks(*at, field));
        missing
            .map(|(_, field)| match writable(write, &field.name).or_else(|_| writable(write, &input_name(field))) {
                Ok(_) => {
                    UserError::new(code::REQUIRED, format!("{} is required.", field.label)).under(input_name(field))
                }
                // What one may not give a value is not named either.
                Err(_) => UserError::new(
                    code::FORBIDDEN,
                    format!("Every {} needs a value that you may not set.", write.object.label.to_lowercase()),
                ),
            })
            .collect()
    }
}
