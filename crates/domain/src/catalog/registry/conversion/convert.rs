use serde_json::Value as Json;

use super::{super::FieldRow, form::Form};
use crate::{
    catalog::{Field, Object, types::Place},
    record::{Slot, Stored, UserError, code},
};

/// From the values of a field as it was to those of the field as it will be.
pub(super) struct Converter<'a> {
    pub object: &'a Object,
    pub from: Field,
    pub to: Field,
}

/// What became of a value.
pub(super) enum Taken {
    Value(Stored),
    /// It says nothing, and so nothing is left of it: a blank text that is to be a number.
    Blank,
    Refused(UserError),
}

impl<'a> Converter<'a> {
    /// `None` where this release does not know one of the types.
    pub fn new(object: &'a Object, row: &FieldRow, before: &Form, after: &Form) -> Option<Self> {
        let field = |form: &Form| form.put(row, &row.key).field();
        Some(Self { object, from: field(before)?, to: field(after)? })
    }

    /// Of a value as it is kept in `custom`. What was unreadable is not there for anybody: like a blank one.
    pub fn take(&self, kept: &Json) -> Taken {
        let Some(value) = Stored::from_custom(&self.from.kind, kept) else { return self.blank() };
        match self.convert(&value) {
            Ok(Some(converted)) => Taken::Value(converted),
            Ok(None) => self.blank(),
            Err(_) if is_blank(&value) => self.blank(),
            Err(error) => Taken::Refused(error),
        }
    }

    pub fn convert(&self, value: &Stored) -> Result<Slot, UserError> {
        let (Some(from), Some(to)) = (self.from.kind.value(), self.to.kind.value()) else { return Ok(None) };
        to.convert(&Place { object: self.object, field: &self.to }, from, value)
    }

    /// That one more record would have a value that only one may have.
    pub fn duplicate(&self, value: &Stored, holder: uuid::Uuid) -> UserError {
        let message = format!(
            "Another {} ({holder}) would have the {} {} as well.",
            self.object.label.to_lowercase(),
            self.to.label.to_lowercase(),
            crate::record::shown(&value.to_graph())
        );
        UserError::new(code::DUPLICATE, message)
    }

    fn blank(&self) -> Taken {
        if self.to.required {
            let message = format!("Nothing would be left, and {} must not be missing.", self.to.label);
            Taken::Refused(UserError::new(code::REQUIRED, message))
        } else {
            Taken::Blank
        }
    }
}

fn is_blank(value: &Stored) -> bool {
    matches!(value, Stored::Text(text) if text.trim().is_empty())
}
