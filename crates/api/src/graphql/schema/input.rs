//! What a caller writes to records.

use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, TypeRef};
use rapport_domain::catalog::{Catalog, Field, Kind, Object, Source};

use super::{
    kinds,
    record::about,
    selects::Selects,
    types::{Types, a, clean, input_field, list_nn},
};
use crate::graphql::names;

pub fn declare(types: &mut Types, catalog: &Catalog, object: &Object, selects: &Selects) {
    let create = InputObject::new(names::create_input(object))
        .description(format!("A new {}. What is left out gets its default, or stays empty.", object.singular));
    let update = InputObject::new(names::update_input(object))
        .description(format!("Changes to {}. What is left out stays; null empties.", a(object)));
    let mut fields = Vec::new();
    for field in names::fields_of(object).filter(|field| is_written(field)) {
        if let Some(written) = written(catalog, object, field, selects) {
            fields.push((field, written));
        }
    }
    let labelled = |field: &Field, text: &str| {
        if field.required && field.default.is_none() { format!("{text} Required.") } else { text.into() }
    };
    types.add(fields.iter().fold(create, |create, (field, (name, ty, text))| {
        create.field(input_field(name, ty.clone(), &labelled(field, text)))
    }));
    types.add(
        fields.iter().fold(update, |update, (_, (name, ty, text))| update.field(input_field(name, ty.clone(), text))),
    );
    types.add(match_fields(object));
}

/// Whether callers give the field its value.
fn is_written(field: &Field) -> bool {
    field.is_writable() && !matches!(field.kind, Kind::Many { .. } | Kind::Id)
}

fn written(catalog: &Catalog, object: &Object, field: &Field, selects: &Selects) -> Option<(String, TypeRef, String)> {
    let ty = kinds::input(object, field, selects)?;
    if let Kind::One(target) = &field.kind {
        catalog.object(target)?;
        return Some((
            names::id_name(object, field)?,
            TypeRef::named(ty),
            format!("Id of `{}`; null clears it.", field.name),
        ));
    }
    let ty = if kinds::is_list(&field.kind) { list_nn(ty) } else { TypeRef::named(ty) };
    Some((field.name.to_string(), ty, about(field)))
}

/// The fields that an upsert can find records by.
fn match_fields(object: &Object) -> Enum {
    let matched = |field: &&std::sync::Arc<Field>| {
        let kind = &field.kind;
        field.source != Source::System
            && field.is_comparable()
            && (field.unique || kind.is_text() && kind.is_matchable())
    };
    names::fields_of(object).filter(matched).filter(|field| !matches!(&*field.name, "true" | "false" | "null")).fold(
        Enum::new(names::match_field(object)).description(format!("Fields that {} can be found by.", object.plural)),
        |fields, field| fields.item(EnumItem::new(&*field.name).description(clean(&about(field)))),
    )
}

/// `ifVersion`, on single writes.
pub fn if_version() -> InputValue {
    input_field(
        "ifVersion",
        TypeRef::named(TypeRef::INT),
        "Refused with CONFLICT unless the record still has this version.",
    )
}

/// `atomic`, on batches.
pub fn atomic() -> InputValue {
    input_field(
        "atomic",
        TypeRef::named(TypeRef::BOOLEAN),
        "All rows or none; false applies the good rows and refuses the others.",
    )
    .default_value(true)
}
