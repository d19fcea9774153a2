use crate::{Error, Tenancy, TenantId};

/// What a run of [`Tenancy::migrate`] did.
#[derive(Clone, Debug, Default)]
pub struct MigrationReport {
    /// Names of the control migrations applied now.
    pub control: Vec<String>,
    /// Tenants found up to date.
    pub current: usize,
    /// Tenants brought up to date now.
    pub migrated: usize,
    /// Tenants whose provisioning was ended now.
    pub resumed: usize,
    pub quarantined: Vec<Quarantined>,
}

/// A tenant whose migration failed; the others went on.
#[derive(Clone, Debug)]
pub struct Quarantined {
    pub tenant: TenantId,
    pub slug: String,
    pub reason: String,
}

impl Tenancy {
    /// Brings the control schema, the shared schema and every tenant up to date. Safe to run again, and by several nodes at once.
    pub async fn migrate(&self) -> Result<MigrationReport, Error> {
        todo!()
    }
}
