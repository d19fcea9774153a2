//! What every change of rights begins and ends with.

use std::sync::Arc;

use rapport_tenancy::{BuiltInRole, DbError, Subject, TenantTx};

use super::{Administration, Rights, RoleRights, beyond, load, role::Role};
use crate::{
    catalog::{
        Catalog,
        registry::{self, Refusal, Registry},
    },
    record::{UserError, code},
};

/// What a change answers: what it made, or why nothing was done.
pub type Answer<T> = Result<Result<T, Vec<UserError>>, DbError>;

/// A tenant's rights, locked for a change, as the caller has them now.
pub(super) struct Held<'t> {
    pub tx: &'t TenantTx,
    /// The whole catalog: roles name all objects and fields.
    pub catalog: Arc<Catalog>,
    pub rights: Rights,
    /// The rights of the caller, role by role.
    pub own: Vec<RoleRights>,
    pub is_owner: bool,
}

/// Waits for other changes of roles, and keeps them waiting until the transaction ends. A caller that also needs
/// the lock of the registry takes that first.
pub async fn lock(tx: &TenantTx) -> Result<(), DbError> {
    let sql = format!("SELECT version FROM {}.rights_version FOR UPDATE", tx.scope().schema());
    tx.query(&sql, &[]).await.map(drop)
}

impl<'t> Held<'t> {
    pub async fn of(tx: &'t TenantTx) -> Result<Self, DbError> {
        // Roles name objects and fields, which must not go meanwhile.
        registry::lock(tx).await?;
        lock(tx).await?;
        let catalog = Arc::new(Catalog::with(&Registry::read(tx).await?));
        let rights = load(tx).await?.rights;
        let actor = tx.scope().actor();
        let roles = match actor.subject.id() {
            Some(subject) => load::roles_of(tx, subject).await?,
            None => vec![(BuiltInRole::Owner.id(), RoleRights::of(BuiltInRole::Owner))],
        };
        let is_owner = match actor.subject {
            Subject::User(_) => roles.iter().any(|(id, _)| *id == BuiltInRole::Owner.id()),
            Subject::ApiKey(_) => false,
            Subject::System => true,
        };
        let own = roles.into_iter().map(|(_, rights)| rights.within(actor.scopes)).collect();
        Ok(Self { tx, catalog, rights, own, is_owner })
    }

    /// Refuses callers without the right.
    pub fn allowed(&self, right: Administration) -> Result<(), UserError> {
        if self.rights.may(right) {
            Ok(())
        } else {
            Err(UserError::new(code::FORBIDDEN, format!("You may not {}.", right.deed())))
        }
    }

    /// Refuses rights that the caller does not have.
    pub fn within_own(&self, rights: &RoleRights) -> Result<(), UserError> {
        if self.is_owner {
            return Ok(());
        }
        match beyond::first(&self.catalog, &self.rights, &self.own, rights) {
            None => Ok(()),
            Some(beyond) => Err(UserError::new(
                code::BEYOND_YOURS,
                format!("It goes beyond what you may do yourself: {beyond}. Ask somebody who has that right."),
            )),
        }
    }

    /// The same for an existing role. Only owners hand on the role of owners.
    pub fn may_hand_on(&self, role: &Role) -> Result<(), UserError> {
        if role.built_in == Some(BuiltInRole::Owner) && !self.is_owner {
            return Err(UserError::new(code::BEYOND_YOURS, "Only owners give and take the role of owners."));
        }
        self.within_own(&role.rights)
            .map_err(|error| UserError { message: format!("{}: {}", role.name, error.message), ..error })
    }
}

/// Expected refusals as an answer.
pub(super) fn told<T>(done: Result<T, Refusal>) -> Answer<T> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Refusal::Error(errors)) => Ok(Err(errors)),
        Err(Refusal::Database(error)) => Err(error),
    }
}
