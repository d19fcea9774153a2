//! What a write answers.

use async_graphql::dynamic::{Object as TypeObject, TypeRef};
use rapport_domain::catalog::Object;

use super::types::{Types, a, record_field};
use crate::graphql::names::{self, OUTCOME, USER_ERROR};

pub fn declare(types: &mut Types, object: &Object) {
    types.add(
        written(TypeObject::new(names::payload(object)), object)
            .description(format!("Result of writing {}.", a(object))),
    );
    types.add(
        written(TypeObject::new(names::batch_result(object)), object)
            .description(format!("Result of one {} of a batch.", object.singular))
            .field(record_field("outcome", TypeRef::named_nn(OUTCOME), "What was done.")),
    );
    types.add(
        TypeObject::new(names::batch_payload(object))
            .description(format!("Result of writing a batch of {}.", object.plural))
            .field(record_field(
                "results",
                TypeRef::named_nn_list_nn(names::batch_result(object)),
                "One for each row, in the order given.",
            )),
    );
}

fn written(answer: TypeObject, object: &Object) -> TypeObject {
    answer
        .field(record_field(
            &*object.singular,
            TypeRef::named(&*object.name),
            "The record as it is afterwards; null when refused or gone.",
        ))
        .field(record_field(
            "id",
            TypeRef::named(TypeRef::ID),
            "Id of the record, even when it is gone; null when refused.",
        ))
        .field(record_field(
            "userErrors",
            TypeRef::named_nn_list_nn(USER_ERROR),
            "Why it was refused; empty when it was not.",
        ))
}
