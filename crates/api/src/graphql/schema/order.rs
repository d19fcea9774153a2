use async_graphql::dynamic::{InputObject, TypeRef};
use rapport_domain::catalog::{Catalog, Kind, Object};

use super::{
    record::about,
    types::{Types, input_field},
};
use crate::graphql::names::{self, DIRECTION};

pub fn declare(types: &mut Types, catalog: &Catalog, object: &Object) {
    let mut order = InputObject::new(names::order(object)).oneof().description(format!(
        "One key of the order of {}: exactly one field. Further keys are further items of the list.",
        object.plural
    ));
    for field in names::fields_of(object).filter(|field| field.is_sortable()) {
        let ty = match &field.kind {
            Kind::One(target) => catalog.object(target).map(|target| names::order(target)),
            _ => Some(DIRECTION.to_owned()),
        };
        if let Some(ty) = ty {
            order = order.field(input_field(&*field.name, TypeRef::named(ty), &about(field)));
        }
    }
    types.add(order);
}
