//! What a reader of the log is shown of the values in it.
//!
//! Entries have the names that fields had when they were written. Whoever does not read every field that an object has or had is
//! shown those alone that they read now, and that never had another name: what stands under it is theirs to read.

use std::collections::HashSet;

use rapport_tenancy::{DbError, TenantConn};
use serde_json::{Map, Value as Json};

use super::Entry;
use crate::{
    catalog::{Catalog, Field, Object},
    plan::{self, Told},
    record::{Origin, input_name},
};

/// What entries can be about besides records: whoever reads the log sees all of it.
const NO_RECORDS: [&str; 2] = ["Role", "ApiKey"];

pub(super) struct Visible<'c> {
    catalog: &'c Catalog,
    /// Objects of which a field ever had another name.
    renamed: HashSet<String>,
}

/// The names whose values are shown.
pub(super) enum Shown {
    All,
    These(HashSet<String>),
}

impl<'c> Visible<'c> {
    pub async fn to(conn: &TenantConn, catalog: &'c Catalog) -> Result<Self, DbError> {
        if catalog.is_whole() {
            return Ok(Self { catalog, renamed: HashSet::new() });
        }
        let sql = format!("SELECT DISTINCT object FROM {}.metadata_field WHERE renamed", conn.scope().schema());
        let renamed = conn.query(&sql, &[]).await?.iter().map(|row| row.get(0)).collect();
        Ok(Self { catalog, renamed })
    }

    pub fn of(&self, object: Option<&str>) -> Shown {
        let Some(name) = object.filter(|name| !self.catalog.is_whole() && !NO_RECORDS.contains(name)) else {
            return Shown::All;
        };
        let Some(object) = self.catalog.object(name).filter(|object| is_first_of_its_name(object)) else {
            return Shown::These(HashSet::new());
        };
        if self.catalog.rights().read_every_field(object) {
            return Shown::All;
        }
        let is_renamed = self.renamed.contains(name);
        let is_shown =
            |field: &Field| field.is_comparable() && (!field.is_custom() || (!is_renamed && has_own_name(field)));
        let fields = object.fields().iter().filter(|field| is_shown(field));
        let names = fields.flat_map(|field| [field.name.to_string(), input_name(field)]);
        Shown::These(names.chain(["id".to_owned()]).collect())
    }
}

/// Keys are never given twice, and a name that is free becomes the key.
fn is_first_of_its_name(object: &Object) -> bool {
    object.custom.as_deref().is_none_or(|key| *key == *object.name)
}

fn has_own_name(field: &Field) -> bool {
    field.key().strip_prefix("custom:") == Some(&*field.name)
}

impl Shown {
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(name),
        }
    }

    /// Of a side of a change.
    pub fn values(&self, side: Json) -> Json {
        match side {
            Json::Object(fields) => Json::Object(fields.into_iter().filter(|(name, _)| self.has(name)).collect()),
            other => other,
        }
    }

    /// Details name fields in lists. A filter has values in it: only who is shown all is shown that.
    pub fn details(&self, details: Json) -> Json {
        let Json::Object(details) = details else { return details };
        let is_all = matches!(self, Self::All);
        let kept =
            details.into_iter().filter(|(name, _)| is_all || name != "filter").map(|(name, value)| match value {
                Json::Array(fields) if matches!(&*name, "fields" | "conditions") => {
                    let fields = fields.into_iter().filter(|field| field.as_str().is_none_or(|field| self.has(field)));
                    (name, Json::Array(fields.collect()))
                }
                value => (name, value),
            });
        Json::Object(kept.collect::<Map<_, _>>())
    }
}

/// Enters in the log that values of sensitive fields were read in it; whether there were any.
pub async fn note_values(
    conn: &TenantConn,
    catalog: &Catalog,
    entries: &[Entry],
    origin: &Origin,
) -> Result<bool, DbError> {
    let mut told = Vec::new();
    for entry in entries {
        let Some((object, record)) = entry.object.as_deref().zip(entry.record_id) else { continue };
        for fields in [&entry.before, &entry.after].into_iter().flatten().filter_map(Json::as_object) {
            let names = fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name);
            told.extend(names.map(|field| Told { object, field, record }));
        }
    }
    plan::note_told(conn, catalog, &told, origin).await
}
