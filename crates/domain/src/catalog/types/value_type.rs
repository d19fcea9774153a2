use std::{fmt, ops::Deref, sync::Arc};

use super::FieldType;
use crate::catalog::Choices;

/// The type of one field's values, with what the field settles itself.
#[derive(Clone)]
pub struct ValueType {
    of: &'static dyn FieldType,
    settings: Settings,
}

/// What a field may settle about its type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The options of a select.
    pub choices: Option<Arc<Choices>>,
    /// The country of numbers without a country code: `DE`.
    pub region: Option<Arc<str>>,
}

impl ValueType {
    pub fn new(of: &'static dyn FieldType, settings: Settings) -> Self {
        let choices = of.has_options().then(|| settings.choices.unwrap_or_default());
        Self { of, settings: Settings { choices, ..settings } }
    }

    #[must_use]
    pub fn with_choices(&self, choices: Arc<Choices>) -> Self {
        Self::new(self.of, Settings { choices: Some(choices), ..self.settings.clone() })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Deref for ValueType {
    type Target = dyn FieldType;

    fn deref(&self) -> &Self::Target {
        self.of
    }
}

/// Types have the same name where people need not tell them apart, and then another shape.
impl PartialEq for ValueType {
    fn eq(&self, other: &Self) -> bool {
        (self.name(), self.shape(), &self.settings) == (other.name(), other.shape(), &other.settings)
    }
}

impl Eq for ValueType {}

impl fmt::Debug for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:?}/{:?}", self.name(), self.shape(), self.settings)
    }
}
