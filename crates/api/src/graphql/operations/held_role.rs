//! A role that somebody has, in one line.

use async_graphql::dynamic::{Object, TypeRef};
use rapport_domain::rights;
use rapport_tenancy::BuiltInRole;
use serde::Serialize;
use uuid::Uuid;

use crate::graphql::schema::{Types, member};

pub const HELD_ROLE: &str = "HeldRole";

#[derive(Serialize)]
pub struct HeldRole {
    id: Uuid,
    key: Option<&'static str>,
    name: String,
}

impl HeldRole {
    pub fn of(id: Uuid, name: String) -> Self {
        Self { id, key: BuiltInRole::of(id).map(BuiltInRole::key), name }
    }
}

impl From<rights::HeldRole> for HeldRole {
    fn from(role: rights::HeldRole) -> Self {
        Self::of(role.id, role.name)
    }
}

pub fn declare(types: &mut Types) {
    types.add(
        Object::new(HELD_ROLE)
            .description("A role that somebody has.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the role."))
            .field(member(
                "key",
                TypeRef::named(TypeRef::STRING),
                "Key of a built-in role: `REP`. Null for a role of your own.",
            ))
            .field(member("name", TypeRef::named_nn(TypeRef::STRING), "Name.")),
    );
}
