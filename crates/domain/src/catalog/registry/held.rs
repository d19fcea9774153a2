//! What every change of the registry begins and ends with.

use std::{collections::HashSet, sync::Arc};

use rapport_tenancy::{DbError, TenantTx};

use super::{Answer, FieldRow, ObjectRow, Registry, State, log};
use crate::{
    catalog::{Catalog, Field, Object},
    event,
    record::{Origin, UserError, code, now},
    rights::{self, Administration, Rights},
};

/// The registry, held for a change: as it is now, and for others only when the transaction has ended.
pub(super) struct Held<'t> {
    pub tx: &'t TenantTx,
    /// Where the change comes from, for the log.
    pub origin: &'t Origin,
    pub registry: Registry,
    pub catalog: Arc<Catalog>,
    pub version: i64,
    /// Of whoever makes the change.
    pub rights: Rights,
}

/// Why a change is not made.
pub(crate) enum Refusal {
    Error(Vec<UserError>),
    Database(DbError),
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<UserError> for Refusal {
    fn from(error: UserError) -> Self {
        Self::Error(vec![error])
    }
}

impl From<Vec<UserError>> for Refusal {
    fn from(errors: Vec<UserError>) -> Self {
        Self::Error(errors)
    }
}

/// What a change was about: an object, and the field of it where it was one.
pub(super) struct Done {
    pub object: Option<Arc<Object>>,
    pub field: Option<Arc<Field>>,
    pub changed: bool,
}

impl Done {
    pub fn object(object: Arc<Object>) -> Self {
        Self { object: Some(object), field: None, changed: true }
    }

    pub fn field(object: &Arc<Object>, row: &FieldRow) -> Self {
        Self { object: Some(object.clone()), field: row.field().map(Arc::new), changed: true }
    }

    /// Nothing was left to do.
    pub fn unchanged(self) -> Self {
        Self { changed: false, ..self }
    }
}

impl<'t> Held<'t> {
    pub async fn of(tx: &'t TenantTx, origin: &'t Origin) -> Result<Self, DbError> {
        let version = super::lock(tx).await?;
        let registry = Registry::read_whole(tx).await?;
        let catalog = Arc::new(Catalog::with(&registry));
        let rights = rights::load(tx).await?.rights;
        Ok(Self { tx, origin, registry, catalog, version, rights })
    }

    /// Refused to those without the right.
    pub fn allowed(&self) -> Result<(), UserError> {
        if self.rights.may(Administration::Metadata) {
            Ok(())
        } else {
            Err(UserError::new(code::FORBIDDEN, "You may not change objects and fields."))
        }
    }

    /// Answers what became of the change.
    pub async fn finish(&self, done: Result<Done, Refusal>) -> Result<Answer, DbError> {
        let as_it_was = |object, field, user_errors| Answer {
            object,
            field,
            catalog: self.catalog.clone(),
            metadata_version: self.version,
            user_errors,
        };
        match done {
            Ok(Done { object, field, changed: false }) => Ok(as_it_was(object, field, Vec::new())),
            Ok(Done { object, field, changed: true }) => {
                let metadata_version = super::raise_version(self.tx).await?;
                let registry = Registry::read_whole(self.tx).await?;
                event::enter(self.tx, now(), self.origin, &log::changes(&self.registry, &registry)).await?;
                let catalog = Arc::new(Catalog::with(&registry));
                // As it is now, where it still is.
                let object = object.map(|object| catalog.object(&object.name).cloned().unwrap_or(object));
                Ok(Answer { object, field, catalog, metadata_version, user_errors: Vec::new() })
            }
            Err(Refusal::Error(user_errors)) => Ok(as_it_was(None, None, user_errors)),
            Err(Refusal::Database(error)) => Err(error),
        }
    }

    /// The version that this change makes.
    pub fn next_version(&self) -> i64 {
        self.version + 1
    }

    pub fn object(&self, name: &str) -> Result<&Arc<Object>, UserError> {
        self.catalog.object(name).ok_or_else(|| {
            let archived = self.registry.objects.iter().any(|row| row.name == name && row.state == State::Archived);
            let message = if archived {
                "This object is archived: restore it first."
            } else {
                "There is no object of this name."
            };
            UserError::new(code::NOT_FOUND, message).under("object")
        })
    }

    /// The rows of an object's own fields that are not gone.
    pub fn rows_of(&self, object: &str) -> impl Iterator<Item = &FieldRow> {
        self.registry
            .fields
            .iter()
            .filter(move |row| row.object == object && row.state != State::Deleted && !row.standard)
    }

    /// The row of a field of the tenant's own.
    pub fn own_field(&self, object: &Object, name: &str) -> Result<&FieldRow, UserError> {
        if let Some(row) = self.rows_of(&object.name).find(|row| row.name == name) {
            return if row.shadow.is_none() { Ok(row) } else { Err(converting(row)) };
        }
        Err(match object.field(name) {
            Some(field) if field.is_custom() => UserError::new(
                code::READ_ONLY,
                format!("{} is the other end of a relation: change that instead.", field.label),
            ),
            Some(_) => UserError::new(code::READ_ONLY, "A standard field stays as it is."),
            None => UserError::new(code::NOT_FOUND, format!("{} has no field of this name.", object.label)),
        }
        .under("name"))
    }

    /// The row of an object of the tenant's own, archived or not.
    pub fn own_object(&self, name: &str) -> Result<&ObjectRow, UserError> {
        let row =
            self.registry.objects.iter().find(|row| row.name == name && row.state != State::Deleted && !row.standard);
        row.ok_or_else(|| {
            if self.catalog.object(name).is_some() {
                UserError::new(code::READ_ONLY, "A standard object stays as it is.").under("name")
            } else {
                UserError::new(code::NOT_FOUND, "There is no object of this name.").under("name")
            }
        })
    }

    /// Refuses a change that was made for how the field was at another version of the metadata.
    pub fn is_at(row: &FieldRow, if_version: Option<i64>) -> Result<(), UserError> {
        match if_version {
            Some(version) if row.changed_in > version => Err(UserError::new(
                code::VERSION_CONFLICT,
                format!("Someone changed this field since version {version} of the metadata. Look at it again."),
            )
            .under("ifVersion")),
            _ => Ok(()),
        }
    }
}

/// What has two forms at the moment changes in no other way.
pub(super) fn converting(row: &FieldRow) -> UserError {
    let message =
        format!("{} is being converted to another type: wait for that, or stop it with `cancelConversion`.", row.label);
    UserError::new(code::CONFLICT, message).under("name")
}

/// A key that no row ever had: the name itself where it can be.
pub(super) fn fresh_key<'k>(name: &str, taken: impl Iterator<Item = &'k str>) -> String {
    let taken: HashSet<&str> = taken.collect();
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut keys = std::iter::once(name.to_owned()).chain(numbered);
    keys.find(|key| !taken.contains(key.as_str())).unwrap_or_else(|| name.to_owned())
}
