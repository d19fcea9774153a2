use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use futures::future::try_join;
use quick_cache::sync::Cache;
use rapport_tenancy::{DbError, Generation, Generations, Scopes, Subject, TenantDb, TenantId};

use super::{
    Catalog, Fingerprint,
    registry::{self, Registry},
};
use crate::rights::{self, Holder, View, Viewer};

/// How long another node's change of metadata or rights may go unseen.
const TRUSTED_FOR: Duration = Duration::from_millis(800);
const TENANTS: usize = 20_000;
const HOLDERS: usize = 50_000;

/// The catalogs of tenants in use. Tenants whose catalogs are alike share one, and so do people whose rights are.
pub struct Catalogs {
    base: Arc<Catalog>,
    shared: Mutex<HashMap<Fingerprint, Weak<Catalog>>>,
    tenants: Cache<TenantId, Entry>,
    holders: Cache<(TenantId, Subject, Scopes), Known>,
    generations: Generations,
}

/// A tenant's catalog as somebody sees it now, and who that is to conditions.
#[derive(Debug, Clone)]
pub struct Current {
    pub catalog: Arc<Catalog>,
    pub viewer: Arc<Viewer>,
    /// Version of the tenant's metadata.
    pub version: i64,
    /// Deleted fields were found to have left something, by whoever looked first.
    pub has_leftovers: bool,
}

#[derive(Clone)]
struct Entry {
    version: i64,
    rights_version: i64,
    checked: Instant,
    catalog: Arc<Catalog>,
    has_leftovers: bool,
}

/// What a subject was found to have, at one version of the tenant's rights and of its catalog.
#[derive(Clone)]
struct Known {
    rights_version: i64,
    of: Weak<Catalog>,
    catalog: Arc<Catalog>,
    viewer: Arc<Viewer>,
}

impl Current {
    pub fn view(&self) -> View<'_> {
        View { catalog: &self.catalog, viewer: &self.viewer }
    }
}

impl Default for Catalogs {
    fn default() -> Self {
        let base = Arc::new(Catalog::base());
        let (tenants, holders) = (Cache::new(TENANTS), Cache::new(HOLDERS));
        Self { base, shared: Mutex::default(), tenants, holders, generations: Generations::default() }
    }
}

impl Catalogs {
    /// What a caller without a workspace may know of: the standard objects.
    pub fn base(&self) -> Current {
        let (catalog, viewer) = (self.base.clone(), Arc::default());
        Current { catalog, viewer, version: 1, has_leftovers: false }
    }

    /// The catalog that the scope of `db` sees.
    pub async fn of(&self, db: &TenantDb) -> Result<Current, DbError> {
        let Entry { version, rights_version, catalog: whole, has_leftovers, .. } = self.entry(db).await?;
        let (tenant, actor) = (db.scope().tenant(), db.scope().actor());
        let key = (tenant, actor.subject, actor.scopes);
        let is_current =
            |known: &Known| known.rights_version == rights_version && known.of.as_ptr() == Arc::as_ptr(&whole);
        let known = if let Some(known) = self.holders.get(&key).filter(is_current) {
            known
        } else {
            let generation = self.generations.of(tenant);
            let Holder { rights, viewer } = rights::load(&*db.session().await?).await?;
            let catalog = whole.visible_to(&Arc::new(rights));
            let (of, viewer) = (Arc::downgrade(&whole), Arc::new(viewer));
            let known = Known { rights_version, of, catalog, viewer };
            self.generations.keep(tenant, generation, || self.holders.insert(key, known.clone()));
            known
        };
        let Known { catalog, viewer, .. } = known;
        Ok(Current { catalog, viewer, version, has_leftovers })
    }

    /// The whole of it, whoever asks: for work of our own, never for an answer.
    pub async fn whole(&self, db: &TenantDb) -> Result<Arc<Catalog>, DbError> {
        Ok(self.entry(db).await?.catalog)
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
        let (version, rights_version) = try_join(registry::version(&conn), rights::version(&conn)).await?;
        // Whoever deletes has it swept out; only a crash leaves something, and then no node remembers the tenant.
        let has_leftovers = known.is_none() && registry::has_leftovers(&conn).await?;
        let catalog = match known {
            Some(entry) if entry.version == version => entry.catalog,
            _ => match Registry::read(&conn).await? {
                registry if registry.is_empty() => self.base.clone(),
                registry => self.share(Catalog::with(&registry)),
            },
        };
        let entry = Entry { version, rights_version, checked, catalog, has_leftovers };
        self.keep(tenant, generation, entry.clone());
        Ok(entry)
    }

    /// The one that other tenants have already, where one does.
    fn share(&self, catalog: Catalog) -> Arc<Catalog> {
        const SWEPT_FROM: usize = 1_024;
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shared.get(&catalog.fingerprint()).and_then(Weak::upgrade) {
            return known;
        }
        if shared.len() >= SWEPT_FROM && shared.len() == shared.capacity() {
            shared.retain(|_, catalog| catalog.strong_count() > 0);
        }
        let catalog = Arc::new(catalog);
        shared.insert(catalog.fingerprint(), Arc::downgrade(&catalog));
        catalog
    }

    fn keep(&self, tenant: TenantId, generation: Generation, entry: Entry) {
        self.generations.keep(tenant, generation, || self.tenants.insert(tenant, entry));
    }

    /// Forgets what is known of a tenant whose metadata or rights just changed.
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
        let entry = || Entry {
            version: 1,
            rights_version: 1,
            checked: Instant::now(),
            catalog: catalogs.base.clone(),
            has_leftovers: false,
        };

        let generation = catalogs.generations.of(tenant);
        catalogs.forget(tenant);
        catalogs.keep(tenant, generation, entry());
        assert!(catalogs.tenants.get(&tenant).is_none());

        catalogs.keep(tenant, catalogs.generations.of(tenant), entry());
        assert!(catalogs.tenants.get(&tenant).is_some());
    }
}
