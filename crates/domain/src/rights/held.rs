//! What every change of rights begins and ends with.

use std::sync::Arc;

use rapport_tenancy::{DbError, TenantTx};

use super::{Administration, RoleRights, giver::Giver, role::Role};
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
    pub giver: Giver,
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
        let giver = Giver::of(tx).await?;
        Ok(Self { tx, catalog, giver })
    }

    /// Refuses callers without the right.
    pub fn allowed(&self, right: Administration) -> Result<(), UserError> {
        if self.giver.rights.may(right) {
            Ok(())
        } else {
            Err(UserError::new(code::FORBIDDEN, format!("You may not {}.", right.deed())))
        }
    }

    /// Refuses rights that the caller does not have.
    pub fn within_own(&self, rights: &RoleRights) -> Result<(), UserError> {
        self.giver.within_own(&self.catalog, rights)
    }

    /// The same for an existing role. Only owners hand on the role of owners.
    pub fn may_hand_on(&self, role: &Role) -> Result<(), UserError> {
        self.giver.may_hand_on(&self.catalog, role)
    }

    /// The same for what roles allow together. See [`Giver::may_combine`].
    pub fn may_combine(&self, before: &[Role], after: &[Role]) -> Result<(), UserError> {
        self.giver.may_combine(&self.catalog, before, after)
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
