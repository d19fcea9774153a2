//! Encrypted fields in writes: their values are sealed at the door, and the engine goes on with their blind indexes.
//!
//! A slot of an encrypted field holds the blind index of its value as a text. That is all that comparing, matching and
//! refusing duplicates need, so no write ever opens a value, and none can put one into an event or a message. The value
//! itself goes from the input into the sealed JSON of `custom`.

use rapport_tenancy::{Sealed, Sealer, SecretPlace, TenantTx};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::{
    Error, UserError,
    change::Change,
    refusal::code,
    value::{Slot, Stored},
};
use crate::catalog::{Field, Kind, Object};

/// Values of one row of input by position. Those of encrypted fields stand as their blind indexes, with what is to be sealed
/// beside.
#[derive(Clone, Default)]
pub(super) struct Given {
    pub values: Vec<(usize, Slot)>,
    plain: Vec<(usize, Zeroizing<String>)>,
}

/// What seals the values of a write. Nothing where it writes no encrypted field.
pub(super) struct Secrets(Option<Sealer>);

impl Secrets {
    /// Takes hold of the keys where any of the rows gives an encrypted field a value.
    pub async fn of<'v>(
        tx: &TenantTx,
        object: &Object,
        rows: impl Iterator<Item = &'v Vec<(usize, Slot)>>,
    ) -> Result<Self, Error> {
        let is_secret = |(at, slot): &(usize, Slot)| slot.is_some() && object.fields()[*at].encrypted;
        let is_needed = rows.flatten().any(is_secret);
        Ok(Self(if is_needed { Some(tx.sealer().await?) } else { None }))
    }

    /// Puts blind indexes in the place of values.
    pub fn conceal(&self, object: &Object, mut values: Vec<(usize, Slot)>) -> Result<Given, Error> {
        let mut plain = Vec::new();
        if let Some(sealer) = &self.0 {
            for (at, slot) in &mut values {
                let (Some(field), Some(stored)) = (object.fields()[*at].sealed_as(), slot.as_ref()) else { continue };
                let text = Zeroizing::new(stored.to_custom().to_string());
                *slot = Some(Stored::Text(sealer.index(&object.key(), field, text.as_bytes())?));
                plain.push((*at, text));
            }
        }
        Ok(Given { values, plain })
    }

    /// Puts what the caller wrote into the record. What is the same as before stays sealed as it is.
    pub fn give(&self, object: &Object, change: &mut Change, given: Given) -> Result<(), Error> {
        let Given { values, plain } = given;
        for (at, slot) in values {
            change.given.push(at);
            match (&self.0, plain.iter().find(|(secret, _)| *secret == at), slot) {
                (Some(sealer), Some((_, plain)), Some(Stored::Text(index))) => {
                    self::give(sealer, object, change, at, plain, &index)?;
                }
                (_, _, slot) => change.set(object, at, slot),
            }
        }
        Ok(())
    }
}

fn give(
    sealer: &Sealer,
    object: &Object,
    change: &mut Change,
    at: usize,
    plain: &str,
    index: &str,
) -> Result<(), Error> {
    let Some(key) = object.fields()[at].sealed_as() else { return Ok(()) };
    let name = object.key();
    let place = SecretPlace { object: &name, field: key, record: change.after.id };
    let value = Stored::Text(index.to_owned());
    if change.after(at) == Some(&value) {
        let kept = change.after.custom.get(key).and_then(sealed);
        if kept.is_some_and(|kept| sealer.ring().open(place, &kept).is_ok()) {
            return Ok(());
        }
        // Something tampered with it: writing it again repairs it, so it counts as a change.
        if let Some(before) = &mut change.before {
            before.slots[at] = Some(unknown());
        }
    }
    let kept = sealer.seal(place, plain.as_bytes(), index)?;
    change.after.custom.insert(key.to_owned(), serde_json::to_value(kept).unwrap_or_default());
    change.after.slots[at] = Some(value);
    Ok(())
}

pub(crate) fn sealed(kept: &Json) -> Option<Sealed> {
    serde::Deserialize::deserialize(kept).ok()
}

/// The slot of a value as it is kept.
pub(super) fn slot(kept: &Json) -> Stored {
    kept["b"].as_str().map_or_else(unknown, |index| Stored::Text(index.to_owned()))
}

/// There is something, and it is like nothing.
fn unknown() -> Stored {
    Stored::Text(String::new())
}

/// What `custom` contains where the field has the value of this slot.
pub(super) fn containment(field: &Field, key: &str, stored: &Stored) -> Json {
    match stored {
        Stored::Text(index) if field.encrypted => json!({ key: { "b": index } }),
        stored => json!({ key: stored.to_custom() }),
    }
}

/// What an event says of a value.
pub(super) fn logged(field: &Field, stored: &Stored) -> Json {
    if field.encrypted { json!({ "encrypted": true }) } else { stored.to_graph() }
}

/// A refusal that does not repeat the value.
pub(super) fn untold(field: &Field, error: UserError) -> UserError {
    if !field.encrypted || matches!(error.code, code::REQUIRED | code::TOO_LONG) {
        return error;
    }
    UserError { message: format!("Expected {}.", expected(&field.kind)), ..error }
}

/// What a value of an encrypted field must be: what its type says of itself.
pub(crate) fn expected(kind: &Kind) -> String {
    let about = kind.value().map_or("The id of a record.", |value| value.description()).trim_end_matches('.');
    let mut letters = about.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
