use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tokio_postgres::Config;

use crate::{
    CellId, Error, Settings, TenantDb, TenantId, TenantScope,
    control::{Admin, cell},
    data::{CellPool, Limits, PoolUse},
    known_keys::KnownKeys,
    migrate,
    scopes::Scopes,
    secrets::Vault,
    server::{Database, Elsewhere, Server},
};

/// A connection to a cell that nobody used for this long is closed.
const IDLE: Duration = Duration::from_mins(5);

/// The way in: the control plane and, through scopes, the data of tenants.
#[derive(Clone)]
pub struct Tenancy(Arc<Inner>);

struct Inner {
    settings: Settings,
    server: Server,
    control: Admin,
    /// Those of other databases.
    admins: Mutex<HashMap<Database, Admin>>,
    pools: Mutex<HashMap<CellId, (Config, Arc<CellPool>)>>,
    scopes: Scopes,
    keys: KnownKeys,
    vault: Arc<Vault>,
}

impl Tenancy {
    /// Opens the control plane. Changes nothing: see [`Tenancy::migrate`].
    pub async fn connect(settings: Settings) -> Result<Self, Error> {
        let server = Server::parse(&settings)?;
        let control = Admin::new(server.admin_pool(Elsewhere::default(), &settings));
        server.knock().await?;
        control.ping().await?;
        let inner = Arc::new(Inner {
            vault: Arc::new(Vault::new(settings.master_keys.clone())),
            settings,
            server,
            control,
            admins: Mutex::default(),
            pools: Mutex::default(),
            scopes: Scopes::default(),
            keys: KnownKeys::default(),
        });
        tokio::spawn(close_idle(Arc::downgrade(&inner)));
        Ok(Self(inner))
    }

    /// A real round trip to the control plane and to a cell; refuses a control schema that this release cannot use.
    pub async fn check(&self) -> Result<(), Error> {
        if !migrate::control_is_current(self.control()).await? {
            return Err(Error::NotMigrated);
        }
        let cell = cell::Entity::find()
            .filter(cell::Column::ReadyAt.is_not_null())
            .order_by_desc(cell::Column::Tenants)
            .one(self.control().db())
            .await?;
        if let Some(cell) = cell {
            self.pool(&cell).probe().await?;
        }
        Ok(())
    }

    /// Closes all connections that are not in use. The handle is of no use afterwards.
    pub async fn close(&self) {
        self.close_idle_longer_than(Duration::ZERO);
        let elsewhere: Vec<_> = lock(&self.0.admins).drain().map(|(_, admin)| admin).collect();
        for admin in elsewhere {
            admin.close().await;
        }
        self.control().close().await;
    }

    /// How much of each cell's connections is in use, of the cells that were used.
    pub fn pools(&self) -> Vec<PoolUse> {
        lock(&self.0.pools).values().map(|(_, pool)| pool.usage()).collect()
    }

    /// Touches no connection yet.
    pub fn open(&self, scope: &TenantScope) -> TenantDb {
        TenantDb::new(scope.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn control(&self) -> &Admin {
        &self.0.control
    }

    pub(crate) fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    pub(crate) fn keys(&self) -> &KnownKeys {
        &self.0.keys
    }

    pub(crate) fn vault(&self) -> &Arc<Vault> {
        &self.0.vault
    }

    pub(crate) fn forget_tenant(&self, tenant: TenantId) {
        self.scopes().forget(tenant);
        self.keys().forget_tenant(tenant);
        self.vault().forget(tenant);
    }

    /// The owner's connections to the database that a cell is made and changed in.
    pub(crate) fn admin(&self, at: Elsewhere<'_>) -> Admin {
        if at == Elsewhere::default() {
            return self.control().clone();
        }
        lock(&self.0.admins)
            .entry(at.into())
            .or_insert_with(|| Admin::new(self.0.server.admin_pool(at, &self.0.settings)))
            .clone()
    }

    /// The gateway's connections to a cell; others than before when the cell moved or got another password.
    pub(crate) fn pool(&self, cell: &cell::Model) -> Arc<CellPool> {
        let config = self.0.server.gateway(&cell.login, &cell.password, cell.data());
        let mut pools = lock(&self.0.pools);
        match pools.get(&cell.id) {
            Some((known, pool)) if *known == config => pool.clone(),
            _ => {
                let pool = Arc::new(CellPool::new(cell.id, config.clone(), self.limits()));
                pools.insert(cell.id, (config, pool.clone()));
                pool
            }
        }
    }

    fn limits(&self) -> Limits {
        let settings = self.settings();
        Limits {
            connections: settings.connections,
            acquire_timeout: settings.acquire_timeout,
            statements: settings.statements_per_connection,
            tenants: settings.tenants_per_connection,
        }
    }

    fn close_idle_longer_than(&self, idle: Duration) {
        let pools: Vec<_> = lock(&self.0.pools).values().map(|(_, pool)| pool.clone()).collect();
        for pool in pools {
            pool.close_idle(idle);
        }
    }
}

/// Ends with the last handle.
async fn close_idle(inner: Weak<Inner>) {
    loop {
        tokio::time::sleep(IDLE / 10).await;
        let Some(inner) = inner.upgrade() else { return };
        Tenancy(inner).close_idle_longer_than(IDLE);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
