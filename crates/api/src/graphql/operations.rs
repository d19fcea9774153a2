//! What is asked of the graph beside records: sign-in, who I am, metadata, imports.
//! async-graphql executes these.

use async_graphql::dynamic::Field;
use rapport_tenancy::Role;

use super::schema::Types;

/// Adds the types that operations use.
pub fn declare(types: &mut Types, _role: Role) {
    let _ = types;
}

pub fn queries() -> Vec<Field> {
    Vec::new()
}

pub fn mutations(_role: Role) -> Vec<Field> {
    Vec::new()
}
