//! Times that the engine notes: an opportunity that is won or lost is closed now, one that is open again is not.

use chrono::{DateTime, Utc};

use super::{change::Change, value::Stored};
use crate::catalog::{Object, Stamp};

pub(super) fn apply(object: &Object, change: &mut Change, now: DateTime<Utc>) {
    for stamp in &object.stamps {
        let (Some(at), Some(when)) = (object.position(&stamp.field), object.position(&stamp.when)) else { continue };
        if change.gives(at) && change.after(at).is_some() {
            continue;
        }
        match (holds(stamp, change.before(when)), holds(stamp, change.after(when))) {
            (false, true) if change.after(at).is_none() => change.set(object, at, Some(Stored::DateTime(now))),
            (true, false) => change.set(object, at, None),
            _ => {}
        }
    }
}

fn holds(stamp: &Stamp, value: Option<&Stored>) -> bool {
    matches!(value, Some(Stored::Text(value)) if stamp.values.iter().any(|wanted| **wanted == **value))
}
