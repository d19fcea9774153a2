//! What a client is told of values that cannot be read: each is null, with an error at its place.

use rapport_domain::plan::{Reason, Step, Unreadable};
use serde_json::{Value, json};

use super::code;

pub fn error(root: &str, unreadable: &Unreadable) -> Value {
    let (code, message) = match unreadable.reason {
        Reason::Damaged | Reason::UnknownKey => (
            code::UNREADABLE,
            "This value cannot be read: it was moved here from elsewhere, changed past us, or its key is gone.",
        ),
        Reason::NoKey => (code::ENCRYPTION_UNAVAILABLE, code::ENCRYPTION_UNAVAILABLE_MESSAGE),
    };
    let below = unreadable.path.iter().map(|step| match step {
        Step::Key(key) => Value::from(&**key),
        Step::Index(at) => Value::from(*at),
    });
    let path: Vec<Value> = std::iter::once(Value::from(root)).chain(below).collect();
    json!({ "message": message, "path": path, "extensions": { "code": code } })
}
