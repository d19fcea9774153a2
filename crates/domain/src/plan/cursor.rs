//! Cursors: a position in an order, opaque to callers, bound to the query and the tenant it came from.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::Error;

/// The values of a record's sort keys, as text; the last is its id.
#[derive(Debug, PartialEq)]
pub(super) struct Position {
    pub values: Vec<Option<String>>,
}

/// What a cursor is good for: one tenant, list, filter and order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binding([u8; 8]);

impl Binding {
    /// For lists whose cursors nobody asks for.
    pub fn none() -> Self {
        Self([0; 8])
    }

    pub fn of(tenant: &[u8], list: &str, filter: Option<&Value>, order_by: Option<&Value>) -> Self {
        let mut hash = Sha256::new();
        hash.update(tenant);
        hash.update(list);
        for part in [filter, order_by] {
            hash.update([0]);
            hash.update(canonical(part.unwrap_or(&Value::Null)).to_string());
        }
        Self(short(hash))
    }

    /// Finds out a cursor that was made for something else, cut, or changed.
    fn seal(self, values: &[u8]) -> [u8; 8] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(values);
        short(hash)
    }
}

fn short(hash: Sha256) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&hash.finalize()[..8]);
    short
}

impl Position {
    pub fn encode(&self, binding: Binding) -> String {
        let values = serde_json::to_vec(&self.values).expect("text and nulls are JSON");
        let mut bytes = binding.seal(&values).to_vec();
        bytes.extend(values);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// # Errors
    /// [`Error::Input`] for what is no cursor, and for a cursor of another query.
    pub fn decode(cursor: &str, binding: Binding, keys: usize, at: &str) -> Result<Self, Error> {
        let foreign =
            || Error::input(at, "is not a cursor of this query: filter and order must stay the same while paging");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
        let (seal, values) = bytes.split_at_checked(8).ok_or_else(foreign)?;
        if seal != binding.seal(values) {
            return Err(foreign());
        }
        let values: Vec<Option<String>> = serde_json::from_slice(values).map_err(|_| foreign())?;
        if values.len() == keys { Ok(Self { values }) } else { Err(foreign()) }
    }
}

/// The same value with the keys of objects in order.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), canonical(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}
