//! What uses a field or an object, looked at before it goes.

use rapport_tenancy::{DbError, TenantConn};

use super::{FieldRow, Registry, State};
use crate::{
    catalog::{Catalog, Object, Storage, index},
    record::{UserError, code},
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
    /// Records that hold a value, or belong to the object.
    Records,
}

impl UsageKind {
    pub const ALL: [(Self, &str, &str); 7] = [
        (Self::Relation, "RELATION", "A field of an object points to it."),
        (Self::Inverse, "INVERSE", "The list at the other end of a relation."),
        (Self::NameField, "NAME_FIELD", "It stands for a record where one line must do."),
        (Self::Index, "INDEX", "It has an index."),
        (Self::Search, "SEARCH", "Search looks into it."),
        (Self::Section, "SECTION", "It has a place on the page of a record."),
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
    usages.extend(records(
        object,
        conn.query(&sql, &[&row.key]).await?.first().map_or(0, |row| row.get(0)),
        "have a value",
    ));
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
    usages.extend(records(
        object,
        conn.query(&sql, &[]).await?.first().map_or(0, |row| row.get(0)),
        "are of this object",
    ));
    Ok(Some(usages))
}

fn records(object: &Object, count: i64, what: &str) -> Option<Usage> {
    (count > 0).then(|| Usage {
        kind: UsageKind::Records,
        object: object.name.to_string(),
        field: None,
        description: format!("{count} records {what}; they keep it until it is deleted."),
        breaks: false,
    })
}

pub(super) fn of_field(catalog: &Catalog, object: &Object, row: &FieldRow) -> Vec<Usage> {
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

pub(super) fn of_object(registry: &Registry, object: &Object) -> Vec<Usage> {
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
