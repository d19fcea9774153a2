//! Roles that name a field or an object, looked for before it goes.

use rapport_tenancy::{DbError, TenantConn};

use super::{
    role::{self, Role},
    rule,
};
use crate::catalog::{Catalog, Field, Object};

/// How a role names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mention {
    /// Among its rights.
    Rights { role: String },
    /// In its rule for the records of an object.
    Rule { role: String, object: String },
}

/// Roles that name a custom field.
pub(crate) async fn of_field(
    conn: &TenantConn,
    catalog: &Catalog,
    object: &Object,
    field: &Field,
) -> Result<Vec<Mention>, DbError> {
    let is_it = |of: &Object, other: &Field| of.name == object.name && other.name == field.name;
    let names_it =
        |role: &Role| role.rights.fields.get(&object.key()).is_some_and(|fields| fields.contains_key(&field.key()));
    mentions(conn, catalog, names_it, |_, of, other| is_it(of, other)).await
}

/// Roles that name a custom object. Their rules for its records stop working while it is archived.
pub(crate) async fn of_object(conn: &TenantConn, catalog: &Catalog, object: &Object) -> Result<Vec<Mention>, DbError> {
    let names_it =
        |role: &Role| role.rights.objects.contains_key(&object.key()) || role.rights.fields.contains_key(&object.key());
    let looks_at_it = |of_rule: &Object, of: &Object, field: &Field| {
        of_rule.name != object.name
            && (of.name == object.name || field.kind.target().is_some_and(|target| *target == object.name))
    };
    mentions(conn, catalog, names_it, looks_at_it).await
}

async fn mentions(
    conn: &TenantConn,
    catalog: &Catalog,
    names_it: impl Fn(&Role) -> bool,
    looks_at_it: impl Fn(&Object, &Object, &Field) -> bool,
) -> Result<Vec<Mention>, DbError> {
    let mut found = Vec::new();
    for role in role::list(conn).await?.iter().filter(|role| role.built_in.is_none()) {
        if names_it(role) {
            found.push(Mention::Rights { role: role.name.clone() });
        }
        for object in catalog.objects() {
            let Some(rule) = role.rights.objects.get(&object.key()).and_then(|rights| rights.rule.as_ref()) else {
                continue;
            };
            if rule::mentions(catalog, object, rule).into_iter().any(|(of, field)| looks_at_it(object, of, field)) {
                found.push(Mention::Rule { role: role.name.clone(), object: object.name.to_string() });
            }
        }
    }
    Ok(found)
}
