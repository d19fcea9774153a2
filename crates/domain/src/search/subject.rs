//! What is searched of an object.

use std::{fmt::Write as _, sync::Arc};

use crate::{
    catalog::{Field, Object, Storage},
    plan::comparable,
};

/// Goes up when entries are made in another way than before: then all are made anew.
const VERSION: u32 = 1;

/// An object with those of its fields that search looks into, the name first.
pub(super) struct Subject<'c> {
    pub object: &'c Object,
    pub fields: Vec<&'c Arc<Field>>,
}

impl<'c> Subject<'c> {
    pub fn of(object: &'c Object) -> Self {
        let mut fields: Vec<_> = object.fields().iter().filter(|field| is_searched(object, field)).collect();
        fields.sort_by_key(|field| field.name != object.name_field);
        Self { object, fields }
    }

    pub fn is_name(&self, field: &Field) -> bool {
        field.name == self.object.name_field
    }

    /// What entries depend on: whose they are, where the values are, which of them is the name, and who may see them. Not what fields are called.
    pub fn fingerprint(&self) -> String {
        let mut out = format!("v{VERSION} {}", self.object.custom.as_deref().unwrap_or_default());
        for field in &self.fields {
            let (mark, key) = match &field.storage {
                Storage::Custom(key) => ("custom:", &**key),
                Storage::Column(column) => ("", &**column),
                Storage::Money { .. } | Storage::Elsewhere => continue,
            };
            let name = if self.is_name(field) { "=name" } else { "" };
            let restricted = if field.restricted { "=restricted" } else { "" };
            let _ = write!(out, " {mark}{key}{name}{restricted}");
        }
        out
    }

    /// What a statement selects for [`texts`](super::read::Texts): the id, then each field as text.
    pub fn selection(&self) -> String {
        let fields = self.fields.iter().map(|field| format!(", {}", comparable(field, "r").sql));
        format!("r.id{}", fields.collect::<String>())
    }

    /// Where the records are.
    pub fn table(&self, schema: &str) -> String {
        format!("{} AS r", self.object.rows(schema))
    }
}

/// Whether search looks into the field. The name of a record is always searched: it is what people know it by.
fn is_searched(object: &Object, field: &Field) -> bool {
    let is_kept = matches!(field.storage, Storage::Column(_) | Storage::Custom(_));
    is_kept
        && !field.encrypted
        && field.is_comparable()
        && field.kind.is_text()
        && (field.searchable || field.name == object.name_field)
}
