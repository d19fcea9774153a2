//! From the text of a file to a template.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    code,
    file::{FORMAT, Part, RELEASE, Template},
    place::{Places, line_and_column},
    problem::Problem,
};
use crate::record::{UserError, code as record_code};

const FORMAT_KEY: &str = "format";
/// The first release that reads the file.
const RELEASE_KEY: &str = "release";

/// Reads a file; or everything that is wrong with what it says, one problem for each of its tables.
pub(super) fn parse(text: &str) -> Result<(Template, Places<'_>), Vec<Problem>> {
    let places = Places::new(text).map_err(|error| vec![not_toml(text, &error)])?;
    let mut errors = Vec::new();
    let table = places.table.get_ref();
    if let Some(error) = format_error(table) {
        let place = places.of(&error.field);
        return Err(vec![Problem::of(error, Some(place))]);
    }
    for key in table.keys().map(Spanned::get_ref) {
        let known = Part::ALL.map(Part::key);
        if !known.contains(&&**key) && **key != *FORMAT_KEY && **key != *RELEASE_KEY {
            let message = format!("There is no `{key}` of a template: it has {}.", known.join(", "));
            errors.push(UserError::new(record_code::UNKNOWN_FIELD, message).under(&**key));
        }
    }
    let mut template = Template {
        objects: parts(table, Part::Object, &mut errors),
        fields: parts(table, Part::Field, &mut errors),
        standard_objects: parts(table, Part::StandardObject, &mut errors),
        standard_fields: parts(table, Part::StandardField, &mut errors),
        layouts: parts(table, Part::Layout, &mut errors),
    };
    // Of a table that was refused nothing is left, and the others would be counted wrongly.
    if errors.is_empty() {
        settle(&mut template, &mut errors);
    }
    if errors.is_empty() { Ok((template, places)) } else { Err(problems(errors, &places)) }
}

/// The errors with their places, in the order of the file.
pub(super) fn problems(errors: Vec<UserError>, places: &Places<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = errors
        .into_iter()
        .map(|error| {
            let place = (!error.field.is_empty()).then(|| places.of(&error.field));
            Problem::of(error, place)
        })
        .collect();
    problems.sort_by_key(|problem| problem.place);
    problems
}

fn not_toml(text: &str, error: &toml::de::Error) -> Problem {
    let place = error.span().map(|span| line_and_column(text, span.start));
    let message = format!("This is not TOML: {}.", error.message().lines().next().unwrap_or("it cannot be read"));
    Problem::of(UserError::new(code::INVALID_TEMPLATE, message), place)
}

/// Whether this release reads the file at all: before anything else, since a newer one has keys that are not known here.
fn format_error(table: &DeTable<'_>) -> Option<UserError> {
    let get = |name: &str| table.iter().find(|(key, _)| **key.get_ref() == *name).map(|(_, value)| value.get_ref());
    let release = get(RELEASE_KEY).and_then(DeValue::as_str);
    let error = match get(FORMAT_KEY).map(|value| (value, value.as_integer())) {
        None => UserError::new(record_code::REQUIRED, format!("A template says its format: `format = {FORMAT}`.")),
        Some((_, Some(number))) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX);
            match number {
                1..=FORMAT => return release_error(get(RELEASE_KEY)),
                ..1 => UserError::invalid(format!("Formats are counted from 1, this is {number}.")),
                _ => {
                    let needed =
                        release.map_or_else(|| "a newer release".into(), |name| format!("release {name} or newer"));
                    let message = format!(
                        "This template has format {number} and needs {needed}. This is release {}, which reads formats up to {FORMAT}.",
                        env!("CARGO_PKG_VERSION")
                    );
                    UserError::new(code::NEWER_FORMAT, message)
                }
            }
        }
        Some((value, None)) => UserError::invalid(format!("Expected a number, got a {}.", value.type_str())),
    };
    Some(error.under(FORMAT_KEY))
}

fn release_error(value: Option<&DeValue<'_>>) -> Option<UserError> {
    let value = value.filter(|value| !value.is_str())?;
    let message = format!("Expected a release, as in \"{RELEASE}\", got a {}.", value.type_str());
    Some(UserError::invalid(message).under(RELEASE_KEY))
}

/// The tables `[[part]]`. A table that cannot be read is left out, and said to be wrong.
fn parts<T: DeserializeOwned>(table: &DeTable<'_>, part: Part, errors: &mut Vec<UserError>) -> Vec<T> {
    let key = part.key();
    let Some((_, value)) = table.iter().find(|(name, _)| **name.get_ref() == *key) else { return Vec::new() };
    let DeValue::Array(items) = value.get_ref() else {
        errors.push(UserError::invalid(format!("Expected tables [[{key}]].")).under(key));
        return Vec::new();
    };
    let mut parts = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match T::deserialize(ValueDeserializer::from(item.clone())) {
            Ok(read) => parts.push(read),
            Err(error) => errors.push(misread(item, &error).under(at.to_string()).under(key)),
        }
    }
    parts
}

/// What serde has to say, as one of our errors.
fn misread(item: &Spanned<DeValue<'_>>, error: &toml::de::Error) -> UserError {
    let said = error.message();
    let quoted = said.split('`').nth(1).unwrap_or_default();
    let mut path = error.span().map(|span| Places::path_in(item.get_ref(), span.start)).unwrap_or_default();
    let code = if said.starts_with("unknown field") {
        if path.last().is_none_or(|last| last != quoted) {
            path.push(quoted.to_owned());
        }
        record_code::UNKNOWN_FIELD
    } else if said.starts_with("missing field") {
        path.push(quoted.to_owned());
        record_code::REQUIRED
    } else {
        record_code::INVALID_VALUE
    };
    let mut letters = said.chars();
    let message = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    path.into_iter().rev().fold(UserError::new(code, format!("{}.", message.unwrap_or_default())), UserError::under)
}

/// Every part as the registry would keep it.
fn settle(template: &mut Template, errors: &mut Vec<UserError>) {
    template.objects.iter_mut().for_each(super::file::ObjectPart::settle);
    template.standard_objects.iter_mut().for_each(super::file::StandardObject::settle);
    template.standard_fields.iter_mut().for_each(super::file::StandardField::settle);
    template.layouts.iter_mut().for_each(super::file::Layout::settle);
    for (at, field) in template.fields.iter_mut().enumerate() {
        field.settle();
        let Some(text) = field.default_json.take() else { continue };
        let error = match serde_json::from_str::<Json>(&text) {
            _ if field.default.is_some() => UserError::invalid("A field has `default` or `defaultJson`, not both."),
            Err(error) => UserError::invalid(format!("This is not JSON: {error}.")),
            Ok(value) => {
                field.default = Some(value).filter(|value| !value.is_null());
                continue;
            }
        };
        errors.push(error.under("defaultJson").under(at.to_string()).under(Part::Field.key()));
    }
}
