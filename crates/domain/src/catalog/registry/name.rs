//! Names of custom fields: what GraphQL takes and nothing else in the object has.

use super::rows::Entry;
use crate::{
    catalog::Object,
    record::{UserError, code, shown},
};

/// Words of filters, which stand beside fields there.
const RESERVED: [&str; 3] = ["and", "or", "not"];
const LONGEST: usize = 63;

/// Why a field of `object` cannot be called `name`; `own` is the field's present name, if it has one.
pub(super) fn refusal(object: &Object, entries: &[Entry], name: &str, own: Option<&str>) -> Option<UserError> {
    let mut letters = name.bytes();
    let shaped =
        letters.next().is_some_and(|first| first.is_ascii_lowercase()) && letters.all(|b| b.is_ascii_alphanumeric());
    if !shaped || name.len() > LONGEST {
        let message = format!(
            "{} is not a field's name: it starts with a small letter, goes on with letters and digits, and has at most {LONGEST} of them.",
            shown(&name.into())
        );
        return Some(UserError::new(code::INVALID_NAME, message));
    }
    let taken = |message: String| Some(UserError::new(code::NAME_TAKEN, message));
    if RESERVED.contains(&name) {
        return taken(format!("`{name}` is a word of filters."));
    }
    if own == Some(name) {
        return None;
    }
    let holder = entries.iter().find(|entry| entry.row.name == name && Some(name) != own);
    if let Some(entry) = holder {
        let hint = if entry.archived { " It is archived: restore it, or delete it first." } else { "" };
        return taken(format!("{} has a field `{name}` already.{hint}", object.label));
    }
    let standard = object.field(name).filter(|field| !field.is_custom());
    if standard.is_some() {
        return taken(format!("{} has a standard field `{name}` already.", object.label));
    }
    if let Some(relation) = object.field_by_id_name(name) {
        return taken(format!("`{name}` is the id of {}.", relation.label.to_lowercase()));
    }
    None
}
