use std::sync::Arc;

use serde_json::Value as Json;

use super::super::{FieldRow, Settings};
use crate::{
    catalog::{
        Choice, Choices, Kind,
        types::{self, ValueType},
    },
    record::Stored,
};

/// The part of a field that a conversion changes.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form {
    #[serde(rename = "type")]
    pub type_name: String,
    #[serde(default)]
    pub choices: Vec<Choice>,
    pub default: Option<Json>,
    pub region: Option<String>,
}

impl Form {
    pub fn of(row: &FieldRow) -> Self {
        Self {
            type_name: row.type_name.clone(),
            choices: row.choices.clone(),
            region: row.settings.region.clone(),
            default: row.settings.default.clone(),
        }
    }

    /// The field as it is with this form, its values under `key`.
    pub fn put(&self, row: &FieldRow, key: &str) -> FieldRow {
        let Self { type_name, choices, region, default } = self.clone();
        FieldRow {
            key: key.to_owned(),
            type_name,
            choices,
            settings: Settings { default, region, ..row.settings.clone() },
            ..row.clone()
        }
    }

    pub fn kind(&self) -> Option<Kind> {
        let choices = Some(Arc::new(Choices(self.choices.clone())));
        types::named(&self.type_name, types::Settings { choices, region: self.region.as_deref().map(Into::into) })
    }

    /// A value that is kept, as people read it.
    pub fn shown(&self, kept: &Json) -> String {
        self.read(kept, |ty, value| ty.label(ty.settings(), value)).unwrap_or_else(|| kept.to_string())
    }

    /// A value that is kept, as a cell of a file: what other types read.
    pub fn written(&self, kept: &Json) -> String {
        self.read(kept, |ty, value| ty.write(value)).unwrap_or_default()
    }

    fn read(&self, kept: &Json, text: impl Fn(&ValueType, &Stored) -> String) -> Option<String> {
        let kind = self.kind()?;
        Some(text(kind.value()?, &Stored::from_custom(&kind, kept)?))
    }
}
