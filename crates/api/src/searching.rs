//! Keeps search in step with the records, beside the serving of requests.
//!
//! Nobody has to be told what changed: the log says it. Whoever writes has the work done some moments later, in one go
//! with what else is written meanwhile; whoever searches before that does it at once, where it is little.

use std::{sync::Arc, time::Duration};

use rapport_domain::{
    catalog::Catalogs,
    search::{Projection, Standing},
};
use rapport_tenancy::{DbError, TenantDb};

use crate::{shutdown::Shutdown, woken::Woken};

/// What is written within it is read together.
const PAUSE: Duration = Duration::from_secs(1);
/// After a failure it is as long, then twice as long, so many times. The next write or search wakes it again.
const TRIES: u32 = 6;
/// Somebody who searches waits for so many records to be read first.
const AT_ONCE: usize = 2_000;

#[derive(Clone)]
pub struct Searching(Arc<Inner>);

struct Inner {
    catalogs: Arc<Catalogs>,
    shutdown: Shutdown,
    working: Woken,
}

impl Searching {
    pub fn new(catalogs: Arc<Catalogs>, shutdown: Shutdown) -> Self {
        Self(Arc::new(Inner { catalogs, shutdown, working: Woken::default() }))
    }

    /// Has the workspace's records read that have changed, soon and in the background.
    pub fn wake(&self, db: &TenantDb) {
        if self.0.working.begins(db.scope().tenant()) {
            let (inner, db) = (Arc::clone(&self.0), db.clone());
            tokio::spawn(async move { inner.work(&db).await });
        }
    }

    /// Makes what was written until now be found. Where that is too much to wait for it is left to the background.
    pub async fn catch_up(&self, db: &TenantDb) -> Result<Standing, DbError> {
        let whole = self.0.catalogs.whole(db).await?;
        let standing = Projection { db }.catch_up(&whole, AT_ONCE).await?;
        if standing == Standing::Behind {
            self.wake(db);
        }
        Ok(standing)
    }

    /// How many workspaces are being caught up with.
    pub fn busy_with(&self) -> usize {
        self.0.working.len()
    }
}

impl Inner {
    async fn work(&self, db: &TenantDb) {
        let tenant = db.scope().tenant();
        let mut tries = 0;
        while tries < TRIES {
            tokio::select! {
                () = tokio::time::sleep(PAUSE * 2u32.pow(tries)) => {}
                () = self.shutdown.asked() => break,
            }
            match self.to_the_end(db).await {
                Ok(()) if self.working.is_wanted_again(tenant) => tries = 0,
                Ok(()) => return,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(tenant.id = %tenant, error, "Search is not in step with the records yet");
                    tries += 1;
                }
            }
        }
        self.working.end(tenant);
    }

    async fn to_the_end(&self, db: &TenantDb) -> Result<(), DbError> {
        while !self.shutdown.is_asked() && (Projection { db }).step().await? == Standing::Behind {}
        Ok(())
    }
}
