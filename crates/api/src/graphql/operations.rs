//! What is asked of the graph beside records: sign-in, who I am, metadata, imports, search.
//!
//! async-graphql executes these. A resolver is parse, act, present: it takes what it needs from
//! [`Asked`], refuses with data (`userErrors`), and errs for missing rights and faults of ours alone.
//! To add one: its field in the `queries` or `mutations` of its topic, its types in `declare`.

mod access;
mod account;
mod api_key_types;
mod api_keys;
mod asked;
mod audit;
mod conversion_types;
mod conversions;
mod fields;
mod held_role;
mod import_rows;
mod import_types;
mod imports;
mod invitations;
mod me;
mod members;
mod metadata;
mod objects;
mod registrar;
mod rights_change;
mod role_types;
mod roles;
mod search;
mod second_factor;
mod sessions;
mod shares;
mod sign_in;
mod templates;
mod usage;

use async_graphql::dynamic::Field;
use rapport_domain::catalog::Catalog;

pub use self::{asked::Asked, audit::AuditFilter, objects::taken_in_turn};
use super::schema::Types;

/// Adds the types that operations use.
pub fn declare(types: &mut Types, catalog: &Catalog) {
    sign_in::declare(types);
    account::declare(types);
    invitations::declare(types, catalog);
    me::declare(types);
    held_role::declare(types);
    role_types::declare(types, catalog);
    shares::declare(types, catalog);
    access::declare(types);
    sessions::declare(types);
    second_factor::declare(types);
    metadata::declare(types);
    registrar::declare(types);
    fields::declare(types, catalog);
    objects::declare(types, catalog);
    usage::declare(types);
    templates::declare(types, catalog);
    conversion_types::declare(types, catalog);
    import_types::declare(types);
    imports::declare(types, catalog);
    search::declare(types);
    api_key_types::declare(types, catalog);
    members::declare(types, catalog);
    audit::declare(types, catalog);
}

/// The root fields of Query that are not about records.
pub fn queries(catalog: &Catalog) -> Vec<Field> {
    let topics = [
        me::queries(),
        roles::queries(),
        shares::queries(),
        access::queries(),
        invitations::queries(catalog),
        metadata::queries(),
        usage::queries(),
        templates::queries(),
        conversions::queries(catalog),
        imports::queries(),
        search::queries(),
        api_keys::queries(),
        members::queries(),
        audit::queries(catalog),
    ];
    topics.into_iter().flatten().collect()
}

/// The root fields of Mutation that are not about records.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    sign_in::mutations()
        .into_iter()
        .chain(roles::mutations(catalog))
        .chain(shares::mutations(catalog))
        .chain(fields::mutations(catalog))
        .chain(objects::mutations(catalog))
        .chain(templates::mutations(catalog))
        .chain(conversions::mutations(catalog))
        .chain(imports::mutations(catalog))
        .chain(account::mutations())
        .chain(invitations::mutations(catalog))
        .chain(api_keys::mutations(catalog))
        .chain(members::mutations(catalog))
        .chain(sessions::mutations(catalog))
        .chain(second_factor::mutations())
        .collect()
}
