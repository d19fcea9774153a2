//! Has the conversions of fields go on, beside the serving of requests.
//!
//! No queue: a catalog says that a field is on its way to another type, so whichever node serves the tenant goes on with it, from
//! where another one was cut off. Several nodes may be at it: they take turns, step by step.

use std::{sync::Arc, time::Duration};

use rapport_domain::catalog::{
    Catalogs,
    registry::conversion::{Step, Worker},
};
use rapport_tenancy::TenantDb;

use crate::{auditing::Auditing, indexing::Indexing, woken::Woken};

/// More than twice as long as a node may not know of another one's change of metadata.
const SETTLE: Duration = Duration::from_secs(2);
/// After a failure: this long, then twice as long, so many times. Then the next request wakes it.
const PAUSE: Duration = Duration::from_millis(500);
const TRIES: u32 = 7;

#[derive(Clone)]
pub struct Converting(Arc<Inner>);

struct Inner {
    catalogs: Arc<Catalogs>,
    indexing: Indexing,
    auditing: Auditing,
    working: Woken,
}

impl Converting {
    pub fn new(catalogs: Arc<Catalogs>, indexing: Indexing, auditing: Auditing) -> Self {
        Self(Arc::new(Inner { catalogs, indexing, auditing, working: Woken::default() }))
    }

    /// Has the tenant's conversions looked at, soon and in the background.
    pub fn wake(&self, db: &TenantDb) {
        if self.0.working.begins(db.scope().tenant()) {
            let (inner, db) = (Arc::clone(&self.0), db.clone());
            tokio::spawn(async move { inner.work(&db).await });
        }
    }
}

impl Inner {
    async fn work(&self, db: &TenantDb) {
        let tenant = db.scope().tenant();
        let worker = Worker { db, settle: SETTLE };
        let mut tries = 0;
        while tries < TRIES {
            match worker.step().await {
                Ok(Step::Idle) if self.working.is_wanted_again(tenant) => {}
                Ok(Step::Idle) => return,
                Ok(Step::More) => tries = 0,
                Ok(Step::Wait(time)) => {
                    tries = 0;
                    tokio::time::sleep(time).await;
                }
                Ok(Step::Changed) => {
                    tries = 0;
                    self.catalogs.forget(tenant);
                    self.indexing.wake(db);
                    self.auditing.wake(db);
                }
                Err(error) => {
                    tracing::warn!(
                        tenant.id = %tenant,
                        error = &error as &dyn std::error::Error,
                        "The conversion of a field does not go on yet"
                    );
                    tokio::time::sleep(PAUSE * 2u32.pow(tries)).await;
                    tries += 1;
                }
            }
        }
        self.working.end(tenant);
    }
}
