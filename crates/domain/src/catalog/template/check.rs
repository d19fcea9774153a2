//! A template held against itself, whoever it is for: nothing twice, and nothing that comes back to itself.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::{
    code,
    file::{FieldPart, ObjectPart, Part, Template, UNNAMED},
};
use crate::{
    catalog::{Catalog, Kind, Source},
    record::{UserError, code as record_code},
};

/// Everything that is wrong with it. `catalog` is what it is to be applied to.
pub(super) fn check(template: &Template, catalog: &Catalog) -> Vec<UserError> {
    let mut errors = Vec::new();
    duplicates(template, &mut errors);
    names(template, &mut errors);
    for (at, field) in template.fields.iter().enumerate() {
        let mut refuse = |key: &str, error: UserError| errors.push(under(error, Part::Field, at, key));
        if field.inverse.is_none() && field.inverse_label.is_some() {
            refuse("inverseLabel", UserError::invalid("There is no `inverse` that it would be the label of."));
        }
        if let Some(round) = required_round(template, catalog, field) {
            let message = format!("No first record could be made, since each needs one of another: {round}.");
            refuse("required", UserError::new(code::CYCLE, message));
        }
    }
    for (at, object) in template.objects.iter().enumerate() {
        if let Some(round) = name_round(template, object) {
            let message = format!("What stands for a record must not lead back to it: {round}.");
            errors.push(under(UserError::new(code::CYCLE, message), Part::Object, at, "nameField"));
        }
    }
    errors
}

pub(super) fn under(error: UserError, part: Part, at: usize, key: &str) -> UserError {
    error.under(key).under(at.to_string()).under(part.key())
}

fn duplicates(template: &Template, errors: &mut Vec<UserError>) {
    let mut look = |part: Part, key: &'static str, names: Vec<String>| {
        let mut seen = HashMap::new();
        for (at, name) in names.into_iter().enumerate() {
            if let Some(first) = seen.get(&name) {
                let message = format!("{name} is in this template already: {}[{first}].", part.key());
                errors.push(under(UserError::new(record_code::DUPLICATE, message), part, at, key));
            } else {
                seen.insert(name, at);
            }
        }
    };
    let of = |object: &str, name: &str| format!("{object}.{name}");
    look(Part::Object, "name", template.objects.iter().map(|part| part.name.clone()).collect());
    look(Part::Object, "plural", template.objects.iter().map(|part| part.plural.clone()).collect());
    look(Part::Field, "name", template.fields.iter().map(|part| of(&part.object, &part.name)).collect());
    look(Part::StandardObject, "name", template.standard_objects.iter().map(|part| part.name.clone()).collect());
    look(
        Part::StandardField,
        "name",
        template.standard_fields.iter().map(|part| of(&part.object, &part.name)).collect(),
    );
    look(Part::Layout, "object", template.layouts.iter().map(|part| part.object.clone()).collect());
}

/// The lists that relations give other objects need names there that nothing else has.
fn names(template: &Template, errors: &mut Vec<UserError>) {
    let fields: HashMap<_, _> = template
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| ((field.object.as_str(), field.name.as_str()), (at, field)))
        .collect();
    let mut lists = HashMap::new();
    for (at, field) in template.fields.iter().enumerate() {
        let (Some(target), Some(inverse)) = (field.points_to(), field.inverse.as_deref()) else { continue };
        let error = match fields.get(&(target, inverse)) {
            Some((_, other)) if std::ptr::eq(*other, field) => {
                UserError::new(code::CYCLE, format!("{target}.{inverse} would be its own inverse."))
            }
            Some((_, other)) if is_inverse(other, field) => UserError::new(
                code::CYCLE,
                format!(
                    "{}.{} and {target}.{inverse} are each the inverse of the other: say a relation once, at the end that points to one record.",
                    field.object, field.name
                ),
            ),
            Some((other, _)) => UserError::new(
                record_code::NAME_TAKEN,
                format!("{target} has a field `{inverse}` in this template already: {}[{other}].", Part::Field.key()),
            ),
            None => match lists.entry((target, inverse)) {
                Entry::Vacant(free) => {
                    free.insert(at);
                    continue;
                }
                Entry::Occupied(other) => UserError::new(
                    record_code::NAME_TAKEN,
                    format!(
                        "{target} has a list `{inverse}` in this template already: it is the inverse of {}[{}].",
                        Part::Field.key(),
                        other.get()
                    ),
                ),
            },
        };
        errors.push(under(error, Part::Field, at, "inverse"));
    }
}

fn is_inverse(field: &FieldPart, of: &FieldPart) -> bool {
    field.points_to() == Some(&of.object) && field.inverse.as_deref() == Some(&of.name)
}

/// `Club → Person → Club`, where a record of each needs one of the next.
fn required_round(template: &Template, catalog: &Catalog, field: &FieldPart) -> Option<String> {
    let target = field.points_to().filter(|_| field.required)?;
    let mut seen = HashSet::from([target]);
    let mut ways = vec![vec![field.object.as_str(), target]];
    while let Some(way) = ways.pop() {
        let last = way.last().copied()?;
        if last == field.object {
            return Some(way.join(" → "));
        }
        for next in needed_by(template, catalog, last) {
            if next == field.object || seen.insert(next) {
                ways.push(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

/// The objects of which a new record of `object` needs a record.
fn needed_by<'t>(template: &'t Template, catalog: &'t Catalog, object: &'t str) -> impl Iterator<Item = &'t str> {
    let parts = template.fields.iter().filter(move |part| part.object == object);
    let is_said = move |name: &str| template.fields.iter().any(|part| part.object == object && part.name == name);
    let there = catalog.object(object).into_iter().flat_map(|object| object.fields());
    let there = there.filter(move |field| field.required && field.source == Source::Caller && !is_said(&field.name));
    parts.filter(|part| part.required).filter_map(FieldPart::points_to).chain(there.filter_map(
        |field| match &field.kind {
            Kind::One(target) => Some(&**target),
            _ => None,
        },
    ))
}

/// `Club → Person → Club`, where a record of each is named by one of the next.
fn name_round(template: &Template, object: &ObjectPart) -> Option<String> {
    let mut way = vec![object.name.as_str()];
    let mut part = object;
    while part.name_field != UNNAMED {
        let is_name = |field: &&FieldPart| field.object == part.name && field.name == part.name_field;
        let target = template.fields.iter().find(is_name)?.points_to()?;
        let is_known = way.contains(&target);
        way.push(target);
        if is_known {
            return (target == object.name).then(|| way.join(" → "));
        }
        part = template.objects.iter().find(|part| part.name == target)?;
    }
    None
}
