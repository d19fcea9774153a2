use std::collections::{HashMap, HashSet};

use async_graphql::dynamic::TypeRef;
use rapport_domain::catalog::{Catalog, Choices, Field, Object, Operators};

use super::{
    common,
    types::{Types, clean},
};
use crate::graphql::names;

/// The enums of a catalog's selects: one for each field, named `ContactStatus`.
///
/// A tenant may call a field `filter` or `payload`: where the name is taken, the enum is called
/// `ContactFilterOption`, and so on, until one is free.
pub struct Selects<'a> {
    by_field: HashMap<(&'a str, &'a str), String>,
    declared: Vec<Declared<'a>>,
}

struct Declared<'a> {
    name: String,
    object: &'a Object,
    field: &'a Field,
    choices: &'a Choices,
}

impl<'a> Selects<'a> {
    /// Names the selects of `catalog`, standard fields first, beside the types that are there already.
    pub fn of(catalog: &'a Catalog, types: &Types) -> Self {
        let mut taken: HashSet<String> = catalog.objects().iter().flat_map(|object| names::types_of(object)).collect();
        let mut selects = Self { by_field: HashMap::new(), declared: Vec::new() };
        let fields =
            || catalog.objects().iter().flat_map(|object| names::fields_of(object).map(move |field| (object, field)));
        for custom in [false, true] {
            for (object, field) in fields().filter(|(_, field)| field.is_custom() == custom) {
                let Some(choices) =
                    field.kind.choices().filter(|choices| choices.0.iter().any(|choice| is_value(&choice.value)))
                else {
                    continue;
                };
                let wanted = format!("{}{}", object.name, names::upper_first(&field.name));
                let name = free(wanted, |name| types.has(name) || taken.contains(name));
                taken.extend([filter_name(&name), name.clone()]);
                selects.by_field.insert((&object.name, &field.name), name.clone());
                selects.declared.push(Declared { name, object, field, choices });
            }
        }
        selects
    }

    /// The enum of a select; text where it has no options.
    pub fn type_of(&self, object: &Object, field: &Field) -> String {
        self.by_field.get(&(&*object.name, &*field.name)).cloned().unwrap_or_else(|| TypeRef::STRING.into())
    }

    pub fn filter_of(&self, object: &Object, field: &Field) -> String {
        match self.by_field.get(&(&*object.name, &*field.name)) {
            Some(name) => filter_name(name),
            None => "PresenceFilter".into(),
        }
    }

    pub fn declare(&self, types: &mut Types) {
        for Declared { name, object, field, choices } in &self.declared {
            let about = format!("{} of {}.", field.label, object.label);
            let mut seen = HashSet::new();
            let items = choices.0.iter().filter(|choice| is_value(&choice.value) && seen.insert(&choice.value));
            types.add(common::choices(name, &clean(&about), items.map(|choice| (&*choice.value, &*choice.label))));
            types.add(match field.kind.operators() {
                Operators::Set => common::set(&filter_name(name), name),
                _ => common::equality(&filter_name(name), name),
            });
        }
    }
}

fn filter_name(name: &str) -> String {
    format!("{name}Filter")
}

fn free(wanted: String, is_taken: impl Fn(&str) -> bool) -> String {
    let usable = |name: &str| !is_taken(name) && !is_taken(&filter_name(name));
    if usable(&wanted) {
        return wanted;
    }
    let mut name = format!("{wanted}Option");
    while !usable(&name) {
        name.push_str("Option");
    }
    name
}

fn is_value(text: &str) -> bool {
    names::is_name(text) && !matches!(text, "true" | "false" | "null")
}
