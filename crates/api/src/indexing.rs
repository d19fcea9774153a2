//! Has the indexes of custom fields built, and what deleted ones left swept out, beside the serving of requests.
//!
//! No queue: a catalog says whether an index is still to be built, so whichever node serves a tenant sees it, and a build
//! that a crash cut off is taken up again with the next request. A tenant's indexes are brought into order by one node at a time.

use std::{sync::Arc, time::Duration};

use rapport_domain::catalog::{Catalogs, Indexer, registry};
use rapport_tenancy::{DbError, Tenancy, TenantDb};

use crate::woken::Woken;

/// Pauses after another node was found at a tenant's indexes, or after a failure: this long, then twice as long, so many times.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 7;

#[derive(Clone)]
pub struct Indexing(Arc<Inner>);

struct Inner {
    tenancy: Tenancy,
    catalogs: Arc<Catalogs>,
    working: Woken,
}

impl Indexing {
    pub fn new(tenancy: Tenancy, catalogs: Arc<Catalogs>) -> Self {
        Self(Arc::new(Inner { tenancy, catalogs, working: Woken::default() }))
    }

    /// Has the tenant's indexes looked at, soon and in the background.
    pub fn wake(&self, db: &TenantDb) {
        if self.0.working.begins(db.scope().tenant()) {
            let (inner, db) = (Arc::clone(&self.0), db.clone());
            tokio::spawn(async move { inner.work(&db).await });
        }
    }
}

async fn sweep(db: &TenantDb) -> Result<(), DbError> {
    let leftovers = registry::has_leftovers(&*db.session().await?).await?;
    if leftovers { registry::sweep(db).await } else { Ok(()) }
}

impl Inner {
    async fn work(&self, db: &TenantDb) {
        let tenant = db.scope().tenant();
        let mut tries = 0;
        while tries < TRIES {
            let settled = Indexer { tenancy: &self.tenancy, db }.settle().await;
            self.catalogs.forget(tenant);
            if let Err(error) = sweep(db).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %tenant, error, "What deleted fields left is not swept out yet");
            }
            match settled {
                Ok(true) => {
                    if !self.working.is_wanted_again(tenant) {
                        return;
                    }
                    tries = 0;
                    continue;
                }
                Ok(false) => {}
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(tenant.id = %tenant, error, "Indexes of custom fields are not as they should be yet");
                }
            }
            tokio::time::sleep(PAUSE * 2u32.pow(tries)).await;
            tries += 1;
        }
        self.working.end(tenant);
    }
}
