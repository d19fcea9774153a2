use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use rapport_tenancy::{DbError, Generation, Generations, Role, TenantDb, TenantId};

use super::{
    Catalog, Fingerprint,
    registry::{self, Registry},
};

/// How long another node's change of metadata may go unseen.
const TRUSTED_FOR: Duration = Duration::from_millis(800);
const TENANTS: usize = 20_000;

/// The catalogs of tenants in use. Tenants whose catalogs are alike share one.
pub struct Catalogs {
    base: Arc<Versions>,
    shared: Mutex<HashMap<Fingerprint, Weak<Versions>>>,
    tenants: Cache<TenantId, Entry>,
    generations: Generations,
}

/// One tenant's catalog as each role sees it.
#[derive(Debug)]
pub struct Versions {
    owner: Arc<Catalog>,
    member: Arc<Catalog>,
}

/// A tenant's catalog as a role sees it now.
#[derive(Debug, Clone)]
pub struct Current {
    pub catalog: Arc<Catalog>,
    /// Version of the tenant's metadata.
    pub version: i64,
    /// Deleted fields were found to have left something, by whoever looked first.
    pub has_leftovers: bool,
}

#[derive(Clone)]
struct Entry {
    version: i64,
    checked: Instant,
    catalogs: Arc<Versions>,
    has_leftovers: bool,
}

impl Versions {
    fn of(catalog: Catalog) -> Arc<Self> {
        let member = Arc::new(catalog.visible_to(Role::Member));
        Arc::new(Self { owner: Arc::new(catalog), member })
    }

    pub fn visible_to(&self, role: Role) -> &Arc<Catalog> {
        match role {
            Role::Owner => &self.owner,
            Role::Member => &self.member,
        }
    }
}

impl Default for Catalogs {
    fn default() -> Self {
        let base = Versions::of(Catalog::base());
        Self { base, shared: Mutex::default(), tenants: Cache::new(TENANTS), generations: Generations::default() }
    }
}

impl Catalogs {
    /// What a caller without a workspace may know of: the standard objects.
    pub fn base(&self) -> Current {
        Current { catalog: self.base.owner.clone(), version: 1, has_leftovers: false }
    }

    /// The catalog that the scope of `db` sees.
    pub async fn of(&self, db: &TenantDb) -> Result<Current, DbError> {
        let Entry { version, catalogs, has_leftovers, .. } = self.entry(db).await?;
        Ok(Current { catalog: catalogs.visible_to(db.scope().role()).clone(), version, has_leftovers })
    }

    /// The whole of it, whoever asks: for work of our own, never for an answer.
    pub async fn whole(&self, db: &TenantDb) -> Result<Arc<Catalog>, DbError> {
        Ok(self.entry(db).await?.catalogs.visible_to(Role::Owner).clone())
    }

    async fn entry(&self, db: &TenantDb) -> Result<Entry, DbError> {
        let tenant = db.scope().tenant();
        let known = self.tenants.get(&tenant);
        let entry = match known {
            Some(entry) if entry.checked.elapsed() < TRUSTED_FOR => entry,
            _ => self.refresh(db, known).await?,
        };
        Ok(entry)
    }

    async fn refresh(&self, db: &TenantDb, known: Option<Entry>) -> Result<Entry, DbError> {
        let tenant = db.scope().tenant();
        let conn = db.session().await?;
        let (generation, checked) = (self.generations.of(tenant), Instant::now());
        let version = registry::version(&conn).await?;
        // Whoever deletes has it swept out; only a crash leaves something, and then no node remembers the tenant.
        let has_leftovers = known.is_none() && registry::has_leftovers(&conn).await?;
        let catalogs = match known {
            Some(entry) if entry.version == version => entry.catalogs,
            _ => match Registry::read(&conn).await? {
                registry if registry.is_empty() => self.base.clone(),
                registry => self.share(Catalog::with(&registry)),
            },
        };
        let entry = Entry { version, checked, catalogs, has_leftovers };
        self.keep(tenant, generation, entry.clone());
        Ok(entry)
    }

    /// The one that other tenants have already, where one does.
    fn share(&self, catalog: Catalog) -> Arc<Versions> {
        const SWEPT_FROM: usize = 1_024;
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.get(&catalog.fingerprint()).and_then(Weak::upgrade) {
            return known;
        }
        if shared.len() >= SWEPT_FROM && shared.len() == shared.capacity() {
            shared.retain(|_, versions| versions.strong_count() > 0);
        }
        let fingerprint = catalog.fingerprint();
        let versions = Versions::of(catalog);
        shared.insert(fingerprint, Arc::downgrade(&versions));
        versions
    }

    fn keep(&self, tenant: TenantId, generation: Generation, entry: Entry) {
        self.generations.keep(tenant, generation, || self.tenants.insert(tenant, entry));
    }

    /// Forgets what is known of a tenant whose metadata just changed.
    pub fn forget(&self, tenant: TenantId) {
        self.generations.end(tenant, || drop(self.tenants.remove(&tenant)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_that_changed_while_it_was_read_is_not_remembered() {
        let (catalogs, tenant) = (Catalogs::default(), TenantId::new());
        let entry =
            || Entry { version: 1, checked: Instant::now(), catalogs: catalogs.base.clone(), has_leftovers: false };

        let generation = catalogs.generations.of(tenant);
        catalogs.forget(tenant);
        catalogs.keep(tenant, generation, entry());
        assert!(catalogs.tenants.get(&tenant).is_none());

        catalogs.keep(tenant, catalogs.generations.of(tenant), entry());
        assert!(catalogs.tenants.get(&tenant).is_some());
    }
}
