use std::sync::Arc;

use crate::{Error, Finding, PersonId, Settings, TenantDb, TenantId, TenantScope};

/// The way in: the control plane and, through scopes, the data of tenants.
#[derive(Clone)]
pub struct Tenancy {
    _inner: Arc<()>,
}

impl Tenancy {
    /// Opens the control plane. Changes nothing: see [`Tenancy::migrate`].
    pub async fn connect(_settings: Settings) -> Result<Self, Error> {
        todo!()
    }

    /// A real round trip to the control plane and to a cell.
    pub async fn check(&self) -> Result<(), Error> {
        todo!()
    }

    /// Closes all connections that are not in use.
    pub async fn close(&self) {
        todo!()
    }

    /// What is wrong with the database, each with the command that closes the gap.
    pub async fn doctor(&self) -> Result<Vec<Finding>, Error> {
        todo!()
    }

    /// None when there is no such tenant and when it is not the person's: nobody can tell which. At most 10 seconds old.
    pub async fn scope(&self, _person: PersonId, _tenant: TenantId) -> Result<Option<TenantScope>, Error> {
        todo!()
    }

    /// For the command line only: acts as the system, with all rights.
    pub async fn system_scope(&self, _slug_or_id: &str) -> Result<Option<TenantScope>, Error> {
        todo!()
    }

    /// Touches no connection yet.
    pub fn open(&self, _scope: &TenantScope) -> TenantDb {
        todo!()
    }
}
