//! Changes of the metadata in the log, like those of records.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{FieldRow, ObjectRow, Registry, State};
use crate::event::Event;

/// What made one registry of another.
pub(super) fn changes(before: &Registry, after: &Registry) -> Vec<Event> {
    let objects = pairs(&before.objects, &after.objects, |row| row.id);
    let fields = pairs(&before.fields, &after.fields, |row| row.id);
    let objects = objects.filter_map(|(before, after)| {
        let row = after.or(before)?;
        let what = deed(before.map(|row| row.state), after.map(|row| row.state), row.standard);
        let about = Event::named(&format!("object.{what}")).with("object", row.name.as_str());
        Some(about.between(before.map(of_object).unwrap_or_default(), after.map(of_object).unwrap_or_default()))
    });
    let fields = fields.filter_map(|(before, after)| {
        let row = after.or(before)?;
        // A row that only keeps a key for a conversion.
        if before.is_none() && row.state == State::Deleted {
            return None;
        }
        let what = deed(before.map(|row| row.state), after.map(|row| row.state), row.standard);
        let about = about_field(what, row);
        Some(about.between(before.map(of_field).unwrap_or_default(), after.map(of_field).unwrap_or_default()))
    });
    objects.chain(fields).chain(arranged(before, after)).filter(|event| !event.is_same()).collect()
}

/// All values of a field have another type from now on.
pub(super) fn converted(before: &FieldRow, after: &FieldRow) -> Event {
    about_field("converted", after).between(of_field(before), of_field(after))
}

/// Its values stay as they were.
pub(super) fn conversion_failed(row: &FieldRow, problem: &str) -> Event {
    about_field("conversion_failed", row).with("problem", problem)
}

fn about_field(what: &str, row: &FieldRow) -> Event {
    Event::named(&format!("field.{what}")).with("object", row.object.as_str()).with("field", row.name.as_str())
}

fn pairs<'r, T>(
    before: &'r [T],
    after: &'r [T],
    id: impl Fn(&T) -> Uuid,
) -> impl Iterator<Item = (Option<&'r T>, Option<&'r T>)> {
    let known: HashMap<Uuid, &T> = before.iter().map(|row| (id(row), row)).collect();
    let left: HashMap<Uuid, &T> = after.iter().map(|row| (id(row), row)).collect();
    let gone = before.iter().filter(|row| !left.contains_key(&id(row))).map(|row| (Some(row), None));
    let gone: Vec<_> = gone.collect();
    after.iter().map(move |row| (known.get(&id(row)).copied(), Some(row))).chain(gone)
}

fn deed(before: Option<State>, after: Option<State>, standard: bool) -> &'static str {
    match (before, after) {
        // What a tenant changes of a standard one becomes a row of its own.
        (None, _) if standard => "updated",
        (None, _) => "created",
        (Some(before), Some(after)) if before == after => "updated",
        (_, Some(State::Live)) => "restored",
        (_, Some(State::Archived)) => "archived",
        (_, None | Some(State::Deleted)) => "deleted",
    }
}

fn arranged<'r>(before: &'r Registry, after: &'r Registry) -> impl Iterator<Item = Event> + 'r {
    let names = before.layouts.keys().chain(after.layouts.keys().filter(|name| !before.layouts.contains_key(*name)));
    names.map(move |name| {
        let sections = |registry: &Registry| {
            registry.layouts.get(name).map(|sections| members(&json!({ "sections": sections }))).unwrap_or_default()
        };
        Event::named("object.arranged").with("object", name.as_str()).between(sections(before), sections(after))
    })
}

fn of_object(row: &ObjectRow) -> Map<String, Json> {
    let ObjectRow { name, plural, label, label_plural, description, name_field, state, .. } = row;
    members(&json!({
        "name": name, "plural": plural, "label": label, "labelPlural": label_plural, "description": description,
        "nameField": name_field, "state": said(*state),
    }))
}

fn of_field(row: &FieldRow) -> Map<String, Json> {
    let FieldRow { object, name, label, description, type_name, required, unique, filterable, .. } = row;
    let FieldRow { searchable, restricted, choices, settings, state, shadow, .. } = row;
    let mut members = members(&json!({
        "object": object, "name": name, "label": label, "description": description, "type": type_name,
        "required": required, "unique": unique, "filterable": filterable, "searchable": searchable,
        "restricted": restricted, "options": choices, "state": said(*state), "converting": shadow.is_some(),
    }));
    members.extend(self::members(settings));
    members
}

const fn said(state: State) -> &'static str {
    match state {
        State::Live => "LIVE",
        State::Archived => "ARCHIVED",
        State::Deleted => "DELETED",
    }
}

/// What is said at all.
fn members(value: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(value) {
        Ok(Json::Object(members)) => {
            members.into_iter().filter(|(_, value)| !value.is_null() && *value != json!([])).collect()
        }
        _ => Map::new(),
    }
}
