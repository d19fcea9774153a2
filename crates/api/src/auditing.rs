//! The audit log beside the serving of requests: notes of what is about no record, and the seals behind what was written.

use std::{sync::Arc, time::Duration};

use rapport_domain::{
    audit,
    event::{self, Event},
    record::Origin,
};
use rapport_tenancy::{DbError, PersonId, Tenancy, TenantDb, TenantId};
use uuid::Uuid;

use crate::{background::Background, woken::Woken};

/// What is written within it gets one seal.
const PAUSE: Duration = Duration::from_secs(2);
/// After a failure it is as long, then twice as long, so many times. The next write wakes it again.
const TRIES: u32 = 6;
/// How often all workspaces are looked at, and the pause after each.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
const SWEEP_PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone)]
pub struct Auditing(Arc<Inner>);

struct Inner {
    tenancy: Tenancy,
    background: Background,
    working: Woken,
}

impl Auditing {
    pub fn new(tenancy: Tenancy, background: Background) -> Self {
        Self(Arc::new(Inner { tenancy, background, working: Woken::default() }))
    }

    /// Has what was written sealed, soon and in the background.
    pub fn wake(&self, db: &TenantDb) {
        if self.0.working.begins(db.scope().tenant()) {
            let (inner, db) = (Arc::clone(&self.0), db.clone());
            self.0.background.spawn(async move { inner.work(&db).await });
        }
    }

    /// Seals what a crash left without a seal: all workspaces, at start and every hour.
    pub fn sweep(&self) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let shutdown = inner.background.shutdown();
            while !shutdown.is_asked() {
                inner.seal_all().await;
                tokio::select! { () = tokio::time::sleep(SWEEP_EVERY) => {}, () = shutdown.asked() => {} }
            }
        });
    }

    /// Enters an event that belongs to no other write, as done by whoever `db` acts for.
    pub async fn note(&self, db: &TenantDb, origin: &Origin, event: Event) -> Result<(), DbError> {
        event::note(&*db.session().await?, origin, event).await?;
        self.wake(db);
        Ok(())
    }

    /// Notes in the background something about a person, in the logs of these workspaces of theirs; as done by whoever `by` acts
    /// for, or by nobody. The caller is answered without waiting, so that nobody tells from the time whether there was something
    /// to note.
    pub fn note_of(
        &self,
        person: PersonId,
        by: Option<TenantDb>,
        tenants: impl Future<Output = Vec<TenantId>> + Send + 'static,
        origin: Origin,
        event: impl Fn(Uuid) -> Event + Send + Sync + 'static,
    ) {
        let this = self.clone();
        self.0.background.spawn(async move {
            for tenant in tenants.await {
                let noted = async {
                    let Some((scope, user)) = this.0.tenancy.log_scope(person, tenant).await? else { return Ok(()) };
                    let db = by.clone().unwrap_or_else(|| this.0.tenancy.open(&scope));
                    Ok::<_, audit::Error>(this.note(&db, &origin, event(user.uuid())).await?)
                };
                if let Err(error) = noted.await {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(tenant.id = %tenant, error, "Something was not noted in the audit log");
                }
            }
        });
    }

    /// How many workspaces have something to be sealed.
    pub fn busy_with(&self) -> usize {
        self.0.working.len()
    }
}

impl Inner {
    async fn seal_all(&self) {
        let tenants = match self.tenancy.tenants().await {
            Ok(tenants) => tenants,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "The logs were not looked through");
                return;
            }
        };
        for tenant in tenants {
            if self.background.shutdown().is_asked() {
                return;
            }
            let sealed = async {
                let Some(scope) = self.tenancy.system_scope(&tenant.id.to_string()).await? else { return Ok(0) };
                audit::seal(&self.tenancy, &self.tenancy.open(&scope)).await
            };
            if let Err(error) = sealed.await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(tenant.id = %tenant.id, error, "The log is not sealed yet");
            }
            tokio::time::sleep(SWEEP_PAUSE).await;
        }
    }

    async fn work(&self, db: &TenantDb) {
        let tenant = db.scope().tenant();
        let mut tries = 0;
        while tries < TRIES {
            tokio::select! {
                () = tokio::time::sleep(PAUSE * 2u32.pow(tries)) => {}
                // Now or never: nobody would look at it again before the next start.
                () = self.background.shutdown().asked() => tries = TRIES,
            }
            match audit::seal(&self.tenancy, db).await {
                Ok(_) if self.working.is_wanted_again(tenant) => tries = 0,
                Ok(_) => return,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(tenant.id = %tenant, error, "The log is not sealed yet");
                    tries += 1;
                }
            }
        }
        self.working.end(tenant);
    }
}
