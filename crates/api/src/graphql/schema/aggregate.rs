use std::borrow::Cow;

use async_graphql::dynamic::{Field as TypeField, InputObject, InputValue, Object as TypeObject, TypeRef};
use rapport_domain::catalog::{Catalog, Field, Kind, Object, Source, types::Shape};

use super::{
    kinds,
    record::about,
    selects::Selects,
    types::{Types, input_field, list_nn, record_field},
};
use crate::graphql::names::{self, DIRECTION};

pub fn declare(types: &mut Types, catalog: &Catalog, object: &Object, selects: &Selects) {
    let measures = measures(object, selects);
    let plural = &object.plural;
    let number = || TypeRef::named_nn(TypeRef::INT);
    let group = names::aggregate_group(object);

    let whole = TypeObject::new(names::aggregate(object))
        .description(format!("Figures over {plural}."))
        .field(record_field("totalCount", number(), "How many records match."))
        .field(record_field(
            "groups",
            TypeRef::named_nn_list_nn(&group),
            "One group for each key; one without a key where nothing is grouped by.",
        ))
        .field(record_field(
            "hasMoreGroups",
            TypeRef::named_nn(TypeRef::BOOLEAN),
            "Whether there are more groups than were asked for.",
        ));
    types.add(measures.iter().fold(whole, |whole, measure| whole.field(measure.field("over all records that match"))));

    let group = TypeObject::new(group)
        .description(format!("What {plural} with one key come to."))
        .field(record_field("key", TypeRef::named_nn(names::group_key(object)), "What the records of the group share."))
        .field(record_field("count", number(), "How many records."));
    types.add(measures.iter().fold(group, |group, measure| group.field(measure.field("in the group"))));

    group_by(types, catalog, object, selects);
    order(types, object, &measures);
    for measure in measures {
        measure.declare(types, object);
    }
}

/// `filter groupBy orderBy first`
pub fn arguments(object: &Object) -> [InputValue; 4] {
    [
        input_field("filter", TypeRef::named(names::filter(object)), "Which records."),
        input_field("groupBy", list_nn(names::group_by(object)), "What a group shares, outermost first."),
        input_field(
            "orderBy",
            list_nn(names::aggregate_order(object)),
            "In which order groups come; by key unless told otherwise.",
        ),
        input_field("first", TypeRef::named(TypeRef::INT), "How many groups at most."),
    ]
}

/// `sum`, `avg`, `min`, `max` or `countDistinct`, with the fields that it can measure.
struct Measure {
    name: &'static str,
    about: &'static str,
    ty: String,
    order: String,
    fields: Vec<TypeField>,
    names: Vec<String>,
}

impl Measure {
    fn field(&self, over: &str) -> TypeField {
        record_field(self.name, TypeRef::named_nn(&self.ty), &format!("{} {over}.", self.about))
    }

    fn declare(self, types: &mut Types, object: &Object) {
        let answer = TypeObject::new(self.ty).description(format!("{} of {}.", self.about, object.plural));
        types.add(self.fields.into_iter().fold(answer, TypeObject::field));
        // Sum and average share one order, minimum and maximum another.
        if !types.has(&self.order) {
            let order = InputObject::new(self.order).oneof().description("The measured field: exactly one.");
            types.add(self.names.into_iter().fold(order, |order, name| {
                let about = format!("Order by `{name}`.");
                order.field(input_field(name, TypeRef::named(DIRECTION), &about))
            }));
        }
    }
}

/// The measures that have something to measure.
fn measures(object: &Object, selects: &Selects) -> Vec<Measure> {
    let total = |field: &Field| kinds::total(&field.kind).map(TypeRef::named);
    let bound = |field: &Field| {
        if field.kind.is_comparable() { kinds::output(object, field, selects).map(TypeRef::named) } else { None }
    };
    let distinct = |field: &Field| is_countable(field).then(|| TypeRef::named_nn(TypeRef::INT));
    let summable = |field: &Field| if field.source == Source::System { None } else { total(field) };
    let bounded = |field: &Field| {
        if field.source == Source::System && field.kind.shape() == Shape::Integer { None } else { bound(field) }
    };
    [
        measure(object, "sum", "Sum", names::sum(object), names::sum_order(object), &summable),
        measure(object, "avg", "Average", names::avg(object), names::sum_order(object), &summable),
        measure(object, "min", "Smallest value", names::min(object), names::min_order(object), &bounded),
        measure(object, "max", "Greatest value", names::max(object), names::min_order(object), &bounded),
        measure(
            object,
            "countDistinct",
            "Number of different values",
            names::count_distinct(object),
            names::count_distinct_order(object),
            &distinct,
        ),
    ]
    .into_iter()
    .filter(|measure| !measure.fields.is_empty())
    .collect()
}

fn measure(
    object: &Object,
    name: &'static str,
    about_measure: &'static str,
    ty: String,
    order: String,
    of: &dyn Fn(&Field) -> Option<TypeRef>,
) -> Measure {
    let (names, fields) = names::fields_of(object)
        .filter(|field| !field.encrypted && field.is_comparable())
        .filter_map(|field| Some((field.name.to_string(), record_field(&*field.name, of(field)?, &about(field)))))
        .unzip();
    Measure { name, about: about_measure, ty, order, fields, names }
}

fn is_countable(field: &Field) -> bool {
    field.kind.is_sortable() && !field.kind.is_money()
}

/// What records can be grouped by, and the key that a group then has.
fn group_by(types: &mut Types, catalog: &Catalog, object: &Object, selects: &Selects) {
    let mut by = InputObject::new(names::group_by(object)).oneof().description(format!(
        "One key of the groups of {}: exactly one field. Further keys are further items of the list.",
        object.plural
    ));
    let mut key = TypeObject::new(names::group_key(object)).description(format!(
        "What the {} of a group share. Null for fields that were not grouped by, and for records without a value.",
        object.plural
    ));
    for field in names::fields_of(object).filter(|field| field.is_groupable()) {
        let options = if field.kind.is_temporal() { names::DATE_BUCKET_INPUT } else { names::GROUP_OPTIONS_INPUT };
        if field.kind.is_money() {
            if let Some(name) = names::currency_name(object, field) {
                let about = format!("Currency of `{}`.", field.name);
                by = by.field(input_field(&name, TypeRef::named(options), &about));
                key = key.field(record_field(name, TypeRef::named(TypeRef::STRING), &about));
            }
            continue;
        }
        let value = match &field.kind {
            Kind::One(target) => catalog.object(target).map(|target| Cow::Owned(target.name.to_string())),
            kind if kind.is_temporal() => Some("Date".into()),
            _ => kinds::output(object, field, selects).map(Cow::Owned),
        };
        let Some(value) = value else { continue };
        by = by.field(input_field(&*field.name, TypeRef::named(options), &about(field)));
        key = key.field(record_field(&*field.name, TypeRef::named(value), &about(field)));
        if let Some(name) = names::id_name(object, field) {
            key = key.field(record_field(name, TypeRef::named(TypeRef::ID), &format!("Id of `{}`.", field.name)));
        }
    }
    types.add(by);
    types.add(key);
}

fn order(types: &mut Types, object: &Object, measures: &[Measure]) {
    let keys = names::fields_of(object).filter(|field| field.is_groupable()).filter_map(|field| {
        if field.kind.is_money() { names::currency_name(object, field) } else { Some(field.name.to_string()) }
    });
    let key = InputObject::new(names::group_key_order(object))
        .oneof()
        .description("The key's field: exactly one, which is grouped by.");
    types.add(keys.fold(key, |key, name| {
        let about = format!("Order by `{name}`.");
        key.field(input_field(name, TypeRef::named(DIRECTION), &about))
    }));

    let order = InputObject::new(names::aggregate_order(object))
        .oneof()
        .description("One key of the order of groups: exactly one field. Further keys are further items of the list.")
        .field(input_field("count", TypeRef::named(DIRECTION), "By the number of records."))
        .field(input_field("key", TypeRef::named(names::group_key_order(object)), "By what the group shares."));
    types.add(measures.iter().fold(order, |order, measure| {
        order.field(input_field(
            measure.name,
            TypeRef::named(&measure.order),
            &format!("By this measure: {}.", measure.about.to_lowercase()),
        ))
    }));
}
