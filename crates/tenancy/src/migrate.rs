//! Migrations: plain SQL files in the binary, a ledger for the control schema and one in every tenant's schema.
//!
//! To add one, write `migrations/{control,tenant}/NNNN_name.sql`. A file that was released is never edited: its checksum
//! is in the ledgers.

mod control;
mod files;
mod ledger;
mod shared;
mod tenants;

use sea_orm::DbErr;

#[cfg(feature = "testing")]
pub(crate) use self::files::fingerprint;
pub(crate) use self::{
    control::control_is_current,
    files::latest_tenant_version,
    shared::shared_schema,
    tenants::{bring_up, record},
};
use crate::{Error, Tenancy, TenantId, control::tenant, provision};

/// The oldest tenant schema that this release's code can work with. A release that needs a newer one raises it, and a
/// tenant that lags behind is not served until it was migrated.
pub(crate) const OLDEST_SERVED: i32 = 11;

/// What a run of [`Tenancy::migrate`] did.
#[derive(Clone, Debug, Default)]
pub struct MigrationReport {
    /// Names of the control migrations applied now.
    pub control: Vec<String>,
    /// Tenants found up to date.
    pub current: usize,
    /// Tenants brought up to date now.
    pub migrated: usize,
    /// Tenants whose role or rights were put right now.
    pub repaired: usize,
    /// Tenants and memberships that were half made or half deleted, and were ended now.
    pub resumed: usize,
    /// Not reached, or too busy: the next run tries again.
    pub postponed: Vec<TenantFailure>,
    /// Their migration failed.
    pub quarantined: Vec<TenantFailure>,
    /// Could not be put right, or are still half made or half deleted.
    pub failed: Vec<TenantFailure>,
    /// Databases whose tenants could not be looked at.
    pub unreachable: Vec<Unreachable>,
}

impl MigrationReport {
    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        let failures = [&self.postponed, &self.quarantined, &self.failed];
        failures.iter().all(|failures| failures.is_empty()) && self.unreachable.is_empty()
    }
}

/// A tenant that something could not be done for; the others went on.
#[derive(Clone, Debug)]
pub struct TenantFailure {
    pub tenant: TenantId,
    pub slug: String,
    pub reason: String,
}

impl TenantFailure {
    pub(crate) fn of(tenant: &tenant::Model, reason: String) -> Self {
        Self { tenant: tenant.id, slug: tenant.slug.clone(), reason }
    }
}

/// A database that could not be asked.
#[derive(Clone, Debug)]
pub struct Unreachable {
    pub database: String,
    pub reason: String,
}

/// Why a set of migrations did not go through.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("migration {name} was applied with other contents than this release has")]
    Changed { name: String },
    #[error("the schema has migration {version}, which this release does not know: it is of a newer release")]
    Newer { version: i32 },
    #[error("migration {name} failed")]
    Failed { name: String, source: DbErr },
    #[error("extension {extension} is in schema {schema}; run: ALTER EXTENSION {extension} SET SCHEMA rapport")]
    ExtensionElsewhere { extension: String, schema: String },
    #[error("a migration ledger could not be read or written")]
    Storage(#[from] DbErr),
}

impl Tenancy {
    /// Brings the control schema, the shared schema and every tenant up to date, ends what provisioning left half made
    /// and puts missing roles and rights right. Safe to run again, and by several nodes at once.
    pub async fn migrate(&self) -> Result<MigrationReport, Error> {
        shared_schema(self.control()).await?;
        let mut report = MigrationReport { control: control::run(self.control()).await?, ..MigrationReport::default() };
        tenants::run(self, &mut report).await?;
        let repaired = provision::repair_all(self).await?;
        (report.repaired, report.failed, report.unreachable) = (repaired.done, repaired.failed, repaired.unreachable);
        let resumed = self.resume_unfinished().await?;
        report.resumed = resumed.done;
        report.failed.extend(resumed.failed);
        Ok(report)
    }
}
