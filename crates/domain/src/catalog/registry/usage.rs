//! What uses a field or an object, looked at before it goes.

use std::sync::Arc;

use rapport_tenancy::{DbError, TenantConn};

use super::{
    FieldRow, Registry, State,
    held::{Held, Refusal},
};
use crate::{
    catalog::{Catalog, Field, Object, Storage, index},
    record::{UserError, code},
    rights::{self, Action, Mention},
};

/// One thing that uses a field or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub kind: UsageKind,
    /// The object that the user belongs to.
    pub object: String,
    /// The field of that object, where it is one.
    pub field: Option<String>,
    /// In plain words.
    pub description: String,
    /// Something that others see goes with it.
    pub breaks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKind {
    /// Another object's field points here.
    Relation,
    /// The list at the other end of a relation.
    Inverse,
    /// Records are named by it.
    NameField,
    Index,
    Search,
    Section,
    /// A role says what may be done with it.
    Role,
    /// The rule of a role looks at it.
    Rule,
    /// Records that hold a value, or belong to the object.
    Records,
}

impl UsageKind {
    pub const ALL: [(Self, &str, &str); 9] = [
        (Self::Relation, "RELATION", "A field of an object points to it."),
        (Self::Inverse, "INVERSE", "The list at the other end of a relation."),
        (Self::NameField, "NAME_FIELD", "It stands for a record where one line must do."),
        (Self::Index, "INDEX", "It has an index."),
        (Self::Search, "SEARCH", "Search looks into it."),
        (Self::Section, "SECTION", "It has a place on the page of a record."),
        (Self::Role, "ROLE", "A role names it among its rights."),
        (Self::Rule, "RULE", "The rule of a role uses it. It cannot go before the rule is changed."),
        (Self::Records, "RECORDS", "Records have it."),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

/// What happens to something that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUse {
    /// It stays where others would lose something by it.
    #[default]
    Refuse,
    /// It goes, and what hangs on it.
    Cascade,
}

impl OnUse {
    /// Refuses where something breaks and nobody said that it may.
    pub(super) fn allows(self, usages: &[Usage]) -> Result<(), UserError> {
        let in_use = |message: String| Err(UserError::new(code::IN_USE, message).under("name"));
        if let Some(name) = usages.iter().find(|usage| usage.kind == UsageKind::NameField) {
            return in_use(format!("{} Choose another `nameField` first.", name.description));
        }
        // Without what it looks at a rule would match nothing, and people would lose their records.
        let rules = usages.iter().filter(|usage| usage.kind == UsageKind::Rule);
        let rules: Vec<&str> = rules.map(|usage| usage.description.as_str()).collect();
        if !rules.is_empty() {
            return in_use(format!("{} Change that first.", rules.join(" ")));
        }
        let broken: Vec<&str> =
            usages.iter().filter(|usage| usage.breaks).map(|usage| usage.description.as_str()).collect();
        if self == Self::Cascade || broken.is_empty() {
            return Ok(());
        }
        in_use(format!("It is in use. {} Say `onUse: CASCADE` to have these go as well.", broken.join(" ")))
    }
}

/// What uses a field of the tenant's own. `None` where there is no such field.
pub async fn field_usage(conn: &TenantConn, object: &str, name: &str) -> Result<Option<Vec<Usage>>, DbError> {
    let registry = Registry::read(conn).await?;
    let catalog = Catalog::with(&registry);
    let Some(object) = catalog.object(object) else { return Ok(None) };
    let row = registry.fields.iter().find(|row| row.object == *object.name && row.name == name && !row.standard);
    let Some(row) = row else { return Ok(None) };
    let mut usages = of_field(&catalog, object, row);
    let sql = format!("SELECT count(*) FROM {} AS t WHERE custom ? $1", object.rows(conn.scope().schema()));
    usages.extend(roles_of_field(conn, &catalog, object, row).await?);
    let count = conn.query(&sql, &[&row.key]).await?.first().map_or(0, |row| row.get(0));
    let rights = rights::load(conn).await?.rights;
    let is_told = row.field().is_some_and(|field| rights.shows_all(&catalog, object, &field));
    usages.extend(records(object, count, is_told, "have a value"));
    Ok(Some(usages))
}

/// What uses an object of the tenant's own. `None` where there is no such object.
pub async fn object_usage(conn: &TenantConn, name: &str) -> Result<Option<Vec<Usage>>, DbError> {
    let registry = Registry::read(conn).await?;
    let catalog = Catalog::with(&registry);
    let row = registry.objects.iter().find(|row| row.name == name && !row.standard);
    let Some(row) = row else { return Ok(None) };
    let object = row.object();
    let mut usages = of_object(&registry, &object);
    let object = catalog.object(name).map_or(&object, |object| object);
    let sql = format!("SELECT count(*) FROM {} AS t", object.rows(conn.scope().schema()));
    usages.extend(roles_of_object(conn, &catalog, object).await?);
    let count = conn.query(&sql, &[]).await?.first().map_or(0, |row| row.get(0));
    let is_told = rights::load(conn).await?.rights.granted(&catalog, object).reach(Action::Read).is_all();
    usages.extend(records(object, count, is_told, "are of this object"));
    Ok(Some(usages))
}

/// The number is for callers who see all of the records.
fn records(object: &Object, count: i64, is_told: bool, what: &str) -> Option<Usage> {
    let records = if is_told { format!("{count} records") } else { "Records".to_owned() };
    (count > 0).then(|| Usage {
        kind: UsageKind::Records,
        object: object.name.to_string(),
        field: None,
        description: format!("{records} {what}; they keep it until it is deleted."),
        breaks: false,
    })
}

/// What keeps a field, and what goes with it.
pub(super) async fn allows_field(
    held: &Held<'_>,
    on_use: OnUse,
    object: &Object,
    row: &FieldRow,
) -> Result<(), Refusal> {
    let mut usages = of_field(&held.catalog, object, row);
    usages.extend(roles_of_field(held.tx, &held.catalog, object, row).await?);
    Ok(on_use.allows(&usages)?)
}

/// The same of an object.
pub(super) async fn allows_object(held: &Held<'_>, on_use: OnUse, object: &Object) -> Result<(), Refusal> {
    let mut usages = of_object(&held.registry, object);
    usages.extend(roles_of_object(held.tx, &held.catalog, object).await?);
    Ok(on_use.allows(&usages)?)
}

/// What a rule compares keeps the type by which it is compared.
pub(super) async fn allows_conversion(held: &Held<'_>, object: &Object, row: &FieldRow) -> Result<(), Refusal> {
    let usages = roles_of_field(held.tx, &held.catalog, object, row).await?;
    let rules: Vec<Usage> = usages.into_iter().filter(|usage| usage.kind == UsageKind::Rule).collect();
    Ok(OnUse::Refuse.allows(&rules)?)
}

async fn roles_of_field(
    conn: &TenantConn,
    catalog: &Catalog,
    object: &Object,
    row: &FieldRow,
) -> Result<Vec<Usage>, DbError> {
    let is_it = |field: &&Arc<Field>| field.storage == Storage::Custom(row.key.as_str().into());
    let Some(field) = object.field(&row.name).filter(is_it) else { return Ok(Vec::new()) };
    let mentions = rights::roles_of_field(conn, catalog, object, field).await?;
    Ok(mentions.into_iter().map(|mention| of_role(mention, object, Some(&field.name))).collect())
}

async fn roles_of_object(conn: &TenantConn, catalog: &Catalog, object: &Object) -> Result<Vec<Usage>, DbError> {
    let mentions = rights::roles_of_object(conn, catalog, object).await?;
    Ok(mentions.into_iter().map(|mention| of_role(mention, object, None)).collect())
}

fn of_role(mention: Mention, object: &Object, field: Option<&str>) -> Usage {
    let (kind, object, description) = match mention {
        Mention::Rights { role } => {
            (UsageKind::Role, object.name.to_string(), format!("The role {role} says what may be done with it."))
        }
        Mention::Rule { role, object } => {
            let description = format!("The rule of the role {role} for {object} looks at it.");
            (UsageKind::Rule, object, description)
        }
    };
    let breaks = kind == UsageKind::Rule;
    let field = field.filter(|_| !breaks).map(str::to_owned);
    Usage { kind, object, field, description, breaks }
}

fn of_field(catalog: &Catalog, object: &Object, row: &FieldRow) -> Vec<Usage> {
    let usage = |kind, description: String, breaks| Usage {
        kind,
        object: object.name.to_string(),
        field: Some(row.name.clone()),
        description,
        breaks,
    };
    let mut usages = Vec::new();
    let field = object.field(&row.name).filter(|field| field.storage == Storage::Custom(row.key.as_str().into()));
    if field.is_some() && *object.name_field == *row.name && object.custom.is_some() {
        usages.push(usage(UsageKind::NameField, format!("Records of {} are named by it.", object.label), true));
    }
    if let Some((target, inverse)) = row.inverse()
        && let Some(target) = catalog.object(&target)
    {
        usages.push(Usage {
            kind: UsageKind::Inverse,
            object: target.name.to_string(),
            field: Some(inverse.name.to_string()),
            description: format!("{} has the list `{}` through it.", target.label, inverse.name),
            breaks: true,
        });
    }
    if field.is_some_and(|field| index::wants_index(field)) {
        usages.push(usage(UsageKind::Index, "It has an index.".into(), false));
    }
    if row.searchable {
        usages.push(usage(UsageKind::Search, "Search looks into it.".into(), false));
    }
    if object.sections.iter().any(|section| section.fields.iter().any(|name| **name == *row.name)) {
        usages.push(usage(UsageKind::Section, format!("It has a place on the page of {}.", object.label), false));
    }
    usages
}

fn of_object(registry: &Registry, object: &Object) -> Vec<Usage> {
    let rows = registry.fields.iter().filter(|row| row.state == State::Live && !row.standard);
    let own_inverse = |row: &FieldRow| {
        let (target, inverse) = row.inverse().filter(|_| row.object == *object.name)?;
        (target != *object.name).then(|| Usage {
            kind: UsageKind::Inverse,
            description: format!("{target} has the list `{}` through it.", inverse.name),
            object: target,
            field: Some(inverse.name.to_string()),
            breaks: true,
        })
    };
    let pointing = |row: &FieldRow| {
        let points_here = row.settings.target.as_deref() == Some(&*object.name) && row.object != *object.name;
        points_here.then(|| Usage {
            kind: UsageKind::Relation,
            object: row.object.clone(),
            field: Some(row.name.clone()),
            description: format!("`{}` of {} points to it.", row.name, row.object),
            breaks: true,
        })
    };
    rows.flat_map(|row| own_inverse(row).into_iter().chain(pointing(row))).collect()
}
