use rapport_domain::audit;
use rapport_tenancy::{Tenancy, TenantDb};

/// Seals what a command wrote to the log, at its end: a gateway that would do it may not run.
pub(super) async fn seal(tenancy: &Tenancy, db: &TenantDb) {
    if let Err(error) = audit::seal(tenancy, db).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(tenant.id = %db.scope().tenant(), error, "The log is not sealed yet");
    }
}
