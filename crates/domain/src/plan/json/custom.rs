//! The values of custom fields: columns of JSONB, each a value or all of a record's values.

use std::{fmt, sync::Arc};

use rapport_tenancy::Row;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::binary::{self, Raw};
use crate::plan::record::{Custom, CustomForm};

/// The wanted values as JSON text, by slot.
#[derive(Default)]
pub(super) struct CustomValues<'r>(Vec<Option<&'r RawValue>>);

impl<'r> CustomValues<'r> {
    /// A missing row (of a to-one relation) has no values. The column that does not hold what it should, where one does not.
    pub fn read(row: &'r Row, custom: &Custom) -> Result<Self, usize> {
        Ok(Self(match custom {
            Custom::None => Vec::new(),
            Custom::Apart(columns) => {
                let value = |&at: &usize| match text(row, at)? {
                    Some(text) => serde_json::from_slice(text).map(Some).map_err(|_| at),
                    None => Ok(None),
                };
                columns.iter().map(value).collect::<Result<_, _>>()?
            }
            Custom::Whole { at, keys } => {
                let mut slots = vec![None; keys.len()];
                if let Some(text) = text(row, *at)? {
                    let wanted = Wanted { keys, slots: &mut slots };
                    serde_json::Deserializer::from_slice(text).deserialize_map(wanted).map_err(|_| *at)?;
                }
                slots
            }
        }))
    }

    pub fn write(&self, out: &mut Vec<u8>, slot: usize, form: CustomForm) {
        match self.0[slot] {
            None => out.extend_from_slice(b"null"),
            Some(value) => write(out, value.get(), form),
        }
    }

    /// The value's JSON text.
    pub fn json(&self, slot: usize) -> Option<&'r [u8]> {
        self.0[slot].map(|value| value.get().as_bytes())
    }

    /// Minor units and currency code.
    pub fn money(&self, slot: usize) -> Option<(i64, String)> {
        money(self.0[slot]?.get().as_bytes())
    }
}

/// Appends a kept value.
pub(super) fn write(out: &mut Vec<u8>, value: &str, form: CustomForm) {
    if form == CustomForm::AsIs {
        out.extend_from_slice(value.as_bytes());
        return;
    }
    if form == CustomForm::Masked {
        let kept: String = serde_json::from_str(value).unwrap_or_default();
        binary::text(out, &binary::masked(&kept));
        return;
    }
    let text = value.trim_matches('"').trim_end_matches('Z');
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"Z\"");
}

/// Minor units and currency code of a kept amount.
pub(super) fn money(value: &[u8]) -> Option<(i64, String)> {
    #[derive(serde::Deserialize)]
    struct Stored {
        minor: i64,
        currency: String,
    }
    let stored: Stored = serde_json::from_slice(value).ok()?;
    Some((stored.minor, stored.currency))
}

/// The JSON text of a column.
fn text(row: &Row, at: usize) -> Result<Option<&[u8]>, usize> {
    let raw: Option<Raw<'_>> = row.try_get(at).map_err(|_| at)?;
    raw.map(|Raw(bytes)| bytes.get(1..).ok_or(at)).transpose()
}

struct Wanted<'s, 'r> {
    keys: &'s [Arc<str>],
    slots: &'s mut [Option<&'r RawValue>],
}

impl<'r> Visitor<'r> for Wanted<'_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of custom values")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&'r str>()? {
            match self.keys.iter().position(|wanted| **wanted == *key) {
                Some(slot) => self.slots[slot] = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
