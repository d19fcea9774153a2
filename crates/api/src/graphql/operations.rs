//! What is asked of the graph beside records: sign-in, who I am, metadata, imports, search.
//!
//! async-graphql executes these. A resolver is parse, act, present: it takes what it needs from
//! [`Asked`], refuses with data (`userErrors`), and errs for missing rights and faults of ours alone.
//! To add one: its field in the `queries` or `mutations` of its topic, its types in `declare`.

mod asked;
mod audit;
mod conversions;
mod fields;
mod import_rows;
mod import_types;
mod imports;
mod me;
mod metadata;
mod objects;
mod registrar;
mod search;
mod sign_in;
mod templates;
mod usage;

use async_graphql::dynamic::Field;
use rapport_tenancy::Role;

pub use self::{asked::Asked, audit::AuditFilter, objects::taken_in_turn};
use super::schema::Types;

/// Adds the types that operations use.
pub fn declare(types: &mut Types, role: Role) {
    sign_in::declare(types);
    me::declare(types);
    metadata::declare(types);
    registrar::declare(types);
    fields::declare(types, role);
    objects::declare(types, role);
    usage::declare(types, role);
    templates::declare(types, role);
    conversions::declare(types, role);
    import_types::declare(types);
    imports::declare(types, role);
    search::declare(types);
    audit::declare(types, role);
}

/// The root fields of Query that are not about records.
pub fn queries(role: Role) -> Vec<Field> {
    let topics = [
        me::queries(),
        metadata::queries(),
        usage::queries(),
        templates::queries(),
        conversions::queries(role),
        imports::queries(),
        search::queries(),
        audit::queries(role),
    ];
    topics.into_iter().flatten().collect()
}

/// The root fields of Mutation that are not about records.
pub fn mutations(role: Role) -> Vec<Field> {
    sign_in::mutations()
        .into_iter()
        .chain(fields::mutations(role))
        .chain(objects::mutations(role))
        .chain(templates::mutations(role))
        .chain(conversions::mutations(role))
        .chain(imports::mutations(role))
        .collect()
}
