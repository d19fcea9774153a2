//! What callers say about a field, checked one key at a time.

use serde_json::{Map, Value as Json};

use crate::record::{UserError, code, shown};

const LABEL: usize = 100;
const NOTE: usize = 1_000;

/// An input whose keys are read one by one; what is wrong with them is collected.
pub(super) struct Reader<'a> {
    input: &'a Map<String, Json>,
    what: &'static str,
    pub errors: Vec<UserError>,
}

impl<'a> Reader<'a> {
    /// Refuses keys that are not among `known`; `fixed` are those that cannot be changed any more. `what` is described: a field.
    pub fn new(what: &'static str, input: &'a Map<String, Json>, known: &[&str], fixed: &[&str]) -> Self {
        let mut reader = Self { input, what, errors: Vec::new() };
        let what = reader.what;
        for key in input.keys().filter(|key| !known.contains(&key.as_str())) {
            let error = if (what, key.as_str()) == ("field", "type") && fixed.contains(&"type") {
                UserError::new(code::READ_ONLY, "The type of a field is changed by `convertField`, with its values.")
            } else if fixed.contains(&key.as_str()) {
                UserError::new(code::READ_ONLY, format!("The {key} of this {what} cannot be changed."))
            } else {
                UserError::new(code::UNKNOWN_FIELD, format!("There is no `{key}` of a {what}."))
            };
            reader.refuse(key, error);
        }
        reader
    }

    pub fn refuse(&mut self, key: &str, error: UserError) {
        self.errors.push(error.under(key).under("input"));
    }

    /// The value of a key, where it was given and is not null.
    pub fn value(&self, key: &str) -> Option<&'a Json> {
        self.input.get(key).filter(|value| !value.is_null())
    }

    pub fn is_given(&self, key: &str) -> bool {
        self.input.contains_key(key)
    }

    pub fn text(&mut self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.as_str();
        if text.is_none() {
            self.refuse(key, UserError::invalid(format!("Expected text, got {}.", shown(value))));
        }
        text
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.refuse(key, UserError::invalid(format!("Expected true or false, got {}.", shown(value))));
        }
        flag
    }

    pub fn label(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?.trim();
        match text_error(text, LABEL) {
            _ if text.is_empty() => self.refuse(key, UserError::new(code::REQUIRED, "A label must not be blank.")),
            Some(error) => self.refuse(key, error),
            None => return Some(text.to_owned()),
        }
        None
    }

    /// Text that may be left out: `description`, `help`.
    pub fn note(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?.trim();
        if let Some(error) = text_error(text, NOTE) {
            self.refuse(key, error);
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Where it may change, the value that was given or was there: null takes it away.
    pub fn changed<T>(&mut self, key: &str, now: Option<T>, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.is_given(key) { read(self) } else { now }
    }
}

pub(super) fn text_error(text: &str, limit: usize) -> Option<UserError> {
    if text.contains('\0') {
        return Some(UserError::invalid("A text cannot hold the character U+0000."));
    }
    let length = text.chars().count();
    (length > limit)
        .then(|| UserError::new(code::TOO_LONG, format!("At most {limit} characters are kept, this has {length}.")))
}
