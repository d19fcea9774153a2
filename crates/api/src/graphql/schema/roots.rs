//! The root fields: record operations generated from the catalog, others from `operations`.

use async_graphql::dynamic::{Field, InputValue, Object as TypeObject, TypeRef};
use rapport_domain::catalog::{Catalog, Object};

use super::{
    aggregate, input, record,
    types::{a, input_field, record_field},
};
use crate::graphql::{
    names::{self, Verb},
    operations,
};

pub const QUERY: &str = "Query";
pub const MUTATION: &str = "Mutation";

/// Query and Mutation for the rights that `catalog` was made for.
pub fn declare(catalog: &Catalog) -> (TypeObject, TypeObject) {
    let mut roots = (
        TypeObject::new(QUERY).description("What can be read."),
        TypeObject::new(MUTATION).description("What can be done. Several in one request run one after another."),
    );
    let mut taken = std::collections::HashSet::new();
    for field in operations::queries(catalog) {
        roots.0 = roots.0.field(field);
    }
    for field in operations::mutations(catalog) {
        roots.1 = roots.1.field(field);
    }
    for object in catalog.objects() {
        for verb in Verb::ALL.into_iter().filter(|verb| verb.is_allowed(catalog, object)) {
            let name = verb.root_field(object);
            if !taken.insert(name.clone()) {
                continue;
            }
            let field = operation(verb, object, name);
            if verb.is_read() {
                roots.0 = roots.0.field(field);
            } else {
                roots.1 = roots.1.field(field);
            }
        }
    }
    roots
}

fn operation(verb: Verb, object: &Object, name: String) -> Field {
    let answer = verb.answer_type(object);
    // A record that is not there is null; a list or a payload always is there.
    let ty = if verb == Verb::Get { TypeRef::named(answer) } else { TypeRef::named_nn(answer) };
    arguments(verb, object).into_iter().fold(record_field(name, ty, &about(verb, object)), Field::argument)
}

fn about(verb: Verb, object: &Object) -> String {
    let (one, many) = (&object.singular, &object.plural);
    let a = a(object);
    match verb {
        Verb::Get => format!("One {one}; null when there is none with this id, or it is in the bin."),
        Verb::List => format!("A list of {many}, the newest last unless told otherwise."),
        Verb::Aggregate => format!("Figures over {many}: counts, sums, averages, in groups."),
        Verb::Create => format!("Adds {a}."),
        Verb::CreateMany => format!("Adds several {many}."),
        Verb::Update => format!("Changes {a}."),
        Verb::UpdateMany => format!("Changes all {many} that meet a filter alike."),
        Verb::UpsertMany => format!("Adds or changes {many}, found by what they have in common."),
        Verb::Delete => format!("Puts {a} into the bin."),
        Verb::Restore => format!("Takes {a} out of the bin."),
        Verb::Destroy => format!("Removes {a} for good, from the bin or not."),
    }
}

fn arguments(verb: Verb, object: &Object) -> Vec<InputValue> {
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the record.");
    let created = || names::create_input(object);
    let changes = || input_field("input", TypeRef::named_nn(names::update_input(object)), "What changes.");
    match verb {
        Verb::Get | Verb::Delete | Verb::Restore | Verb::Destroy => vec![id()],
        Verb::List => record::list_arguments(object).into(),
        Verb::Aggregate => aggregate::arguments(object).into(),
        Verb::Create => vec![input_field("input", TypeRef::named_nn(created()), "The record.")],
        Verb::CreateMany => {
            vec![input_field("inputs", TypeRef::named_nn_list_nn(created()), "The records."), input::atomic()]
        }
        Verb::Update => vec![id(), changes(), input::if_version()],
        Verb::UpdateMany => {
            vec![
                input_field("filter", TypeRef::named_nn(names::filter(object)), "Which records."),
                changes(),
                input::atomic(),
            ]
        }
        Verb::UpsertMany => vec![
            input_field("inputs", TypeRef::named_nn_list_nn(created()), "The records, whole or in part."),
            input_field(
                "matchOn",
                TypeRef::named_nn_list_nn(names::match_field(object)),
                "A record that has the same values here is changed instead.",
            ),
            input::atomic(),
        ],
    }
}
