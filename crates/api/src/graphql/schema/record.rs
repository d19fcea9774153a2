//! Records and lists of them.

use async_graphql::dynamic::{Field as TypeField, InputValue, Object as TypeObject, TypeRef};
use rapport_domain::catalog::{Catalog, Field, Kind, Object};

use super::{
    kinds,
    selects::Selects,
    types::{Types, clean, input_field, list_nn, record_field},
};
use crate::graphql::names;

pub fn declare(types: &mut Types, catalog: &Catalog, object: &Object, selects: &Selects) {
    let record = TypeObject::new(&*object.name).description(clean(&object.description));
    types.add(names::fields_of(object).fold(record, |record, field| {
        let with_value = match value_field(catalog, object, field, selects) {
            Some(declared) => record.field(declared),
            None => record,
        };
        match names::id_name(object, field) {
            Some(name) => {
                with_value.field(record_field(name, nullable(field, TypeRef::ID), &format!("Id of `{}`.", field.name)))
            }
            None => with_value,
        }
    }));
    types.add(
        TypeObject::new(names::edge(object))
            .description(format!("One {} in a list.", object.singular))
            .field(record_field(
                "cursor",
                TypeRef::named_nn(TypeRef::STRING),
                "Where it stands, for `after` and `before`.",
            ))
            .field(record_field("node", TypeRef::named_nn(&*object.name), "The record.")),
    );
    types.add(
        TypeObject::new(names::connection(object))
            .description(format!("A list of {}.", object.plural))
            .field(record_field("nodes", TypeRef::named_nn_list_nn(&*object.name), "The records of this page."))
            .field(record_field(
                "edges",
                TypeRef::named_nn_list_nn(names::edge(object)),
                "The records of this page, with their cursors.",
            ))
            .field(record_field("pageInfo", TypeRef::named_nn(names::PAGE_INFO), "Where this page stands."))
            .field(record_field(
                "totalCount",
                TypeRef::named_nn(TypeRef::INT),
                "How many records match, whatever the page.",
            )),
    );
}

/// What a field says about itself.
pub fn about(field: &Field) -> String {
    field.description.as_deref().map_or_else(|| format!("{}.", field.label), Into::into)
}

fn value_field(catalog: &Catalog, object: &Object, field: &Field, selects: &Selects) -> Option<TypeField> {
    if let Kind::Many { target, .. } = &field.kind {
        let target = catalog.object(target)?;
        let list = record_field(&*field.name, TypeRef::named_nn(names::connection(target)), &about(field));
        return Some(list_arguments(target).into_iter().fold(list, TypeField::argument));
    }
    let name = kinds::output(object, field, selects)?;
    let ty = match &field.kind {
        // The record it points to may be in the bin.
        Kind::One(target) => {
            catalog.object(target)?;
            TypeRef::named(name)
        }
        kind if kinds::is_list(kind) => list_nn(name),
        _ => nullable(field, &name),
    };
    Some(record_field(&*field.name, ty, &about(field)))
}

fn nullable(field: &Field, name: &str) -> TypeRef {
    if field.never_null() { TypeRef::named_nn(name) } else { TypeRef::named(name) }
}

/// Which records of `object`, in which order, and which window of them.
pub fn list_arguments(object: &Object) -> [InputValue; 7] {
    let number = || TypeRef::named(TypeRef::INT);
    let cursor = || TypeRef::named(TypeRef::STRING);
    [
        input_field("filter", TypeRef::named(names::filter(object)), "Which records."),
        input_field("orderBy", list_nn(names::order(object)), "In which order; ties by id."),
        input_field("first", number(), "How many at most, from the start or after `after`."),
        input_field("after", cursor(), "Begins behind this cursor."),
        input_field("last", number(), "How many at most, from the end or before `before`."),
        input_field("before", cursor(), "Ends ahead of this cursor."),
        input_field("offset", number(), "Skips so many, for grids; cursors serve better."),
    ]
}
