use async_graphql::dynamic::{InputObject, TypeRef};
use rapport_domain::catalog::{Catalog, Kind, Object};

use super::{
    kinds,
    record::about,
    selects::Selects,
    types::{Types, input_field, list_nn},
};
use crate::graphql::names::{self, COMBINATORS};

pub fn declare(types: &mut Types, catalog: &Catalog, object: &Object, selects: &Selects) {
    let own = names::filter(object);
    let [and, or, not] = COMBINATORS;
    let mut filter = InputObject::new(&own)
        .description(format!("Conditions on {}; all that are given must hold.", object.plural))
        .field(input_field(and, list_nn(&own), "All of these hold."))
        .field(input_field(or, list_nn(&own), "At least one of these holds."))
        .field(input_field(not, TypeRef::named(&own), "This does not hold."));
    let compared = names::fields_of(object).filter(|field| field.is_comparable());
    for field in compared.filter(|field| !COMBINATORS.contains(&&*field.name)) {
        let condition = match &field.kind {
            Kind::One(target) => catalog.object(target).map(|target| names::filter(target)),
            Kind::Many { target, .. } => catalog.object(target).map(|target| names::list_filter(target)),
            _ => kinds::filter(object, field, selects),
        };
        if let Some(condition) = condition {
            filter = filter.field(input_field(&*field.name, TypeRef::named(condition), &about(field)));
        }
        if let Some(name) = names::id_name(object, field) {
            filter = filter.field(input_field(name, TypeRef::named("IdFilter"), &format!("Id of `{}`.", field.name)));
        }
    }
    types.add(filter);

    let condition = || TypeRef::named(&own);
    types.add(
        InputObject::new(names::list_filter(object))
            .description(format!("Conditions on the {} that belong to a record; all must hold.", object.plural))
            .field(input_field("some", condition(), "At least one meets this."))
            .field(input_field("none", condition(), "None meets this."))
            .field(input_field("every", condition(), "All meet this, or there are none.")),
    );
}
