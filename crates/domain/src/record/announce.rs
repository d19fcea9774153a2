//! The events of a change.

use serde_json::{Map, Value as Json};

use super::{
    change::{Change, input_name},
    secret::logged,
};
use crate::{
    catalog::{Becomes, Object},
    event::Event,
};

/// What a change is called in the log.
pub(super) fn events(object: &Object, change: &Change, what: &'static str) -> Vec<Event> {
    let mut events = vec![main(object, change, what)];
    for announcement in &object.announcements {
        let Some(at) = object.position(&announcement.field) else { continue };
        if !matches!(what, "created" | "updated" | "restored") || !change.touches(at) {
            continue;
        }
        let happened = match &announcement.becomes {
            Becomes::Other => !change.is_creation(),
            Becomes::Set => change.before(at).is_none(),
            Becomes::Value(value) => change.after(at).is_some_and(|after| after.to_graph() == **value),
        };
        if happened {
            let mut event = main(object, change, &announcement.event);
            let name = input_name(&object.fields()[at]);
            let only = |side: Option<Map<String, Json>>| {
                side.map(|all| all.into_iter().filter(|(key, _)| *key == name).collect())
            };
            event.before = only(event.before);
            event.after = only(event.after);
            event.changed = vec![name];
            events.push(event);
        }
    }
    events
}

fn main(object: &Object, change: &Change, what: &str) -> Event {
    let mut event = Event::new(object, what, change.after.id, change.after.version);
    if change.is_creation() {
        let fields = change
            .changed(object)
            .filter_map(|(at, field)| Some((input_name(field), logged(field, change.after(at)?))));
        event.after =
            Some([("id".to_owned(), Json::String(change.after.id.to_string()))].into_iter().chain(fields).collect());
        return event;
    }
    let (mut before, mut after) = (Map::new(), Map::new());
    for (at, field) in change.changed(object) {
        let name = input_name(field);
        before.insert(name.clone(), change.before(at).map_or(Json::Null, |stored| logged(field, stored)));
        after.insert(name.clone(), change.after(at).map_or(Json::Null, |stored| logged(field, stored)));
        event.changed.push(name);
    }
    if !event.changed.is_empty() {
        event.before = Some(before);
        event.after = Some(after);
    }
    event
}
