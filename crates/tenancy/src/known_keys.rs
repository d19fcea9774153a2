//! What keys open, remembered for a few seconds so that no request waits for the control plane.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sea_orm::EntityTrait;

use crate::{
    Actor, ApiKeyId, Error, Generations, KeyHash, Scopes, Tenancy, TenantId, TenantScope,
    api_key::Secrets,
    control::{api_key, cell, tenant},
    scope::is_served,
};

/// How long another node's change may go unseen.
const TRUSTED_FOR: Duration = Duration::from_secs(10);
const REMEMBERED: usize = 50_000;
/// A use is written down at most so often.
const WRITTEN_EVERY_SECONDS: i64 = 60;

/// One state for each key that somebody showed.
pub(crate) struct KnownKeys {
    known: Cache<ApiKeyId, Known>,
    generations: Generations,
}

#[derive(Clone)]
struct Known {
    since: Instant,
    state: Result<Arc<Usable>, KeyRefusal>,
}

/// A key that opens something.
struct Usable {
    scope: TenantScope,
    secrets: Secrets,
    expires_at: DateTime<Utc>,
    /// Seconds of the epoch; when a use was written down last.
    used_at: AtomicI64,
}

/// Why a key opens nothing. For the log: its bearer is told nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("there is no such key")]
    Unknown,
    #[error("the secret of the key is another")]
    WrongSecret,
    #[error("the key has expired")]
    Expired,
    #[error("the key was revoked")]
    Revoked,
    #[error("the workspace of the key is not served")]
    NotServed,
}

impl Default for KnownKeys {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED), generations: Generations::default() }
    }
}

impl KnownKeys {
    fn get(&self, key: ApiKeyId) -> Option<Known> {
        self.known.get(&key).filter(|known| known.since.elapsed() < TRUSTED_FOR)
    }

    pub(crate) fn forget(&self, key: ApiKeyId) {
        self.generations.end(key, || drop(self.known.remove(&key)));
    }

    pub(crate) fn forget_tenant(&self, tenant: TenantId) {
        self.known.retain(|_, known| known.state.as_ref().map_or(true, |usable| usable.scope.tenant() != tenant));
    }
}

impl Tenancy {
    /// What a key opens for whoever has its secret. At most 10 seconds old, but for what this node changed itself.
    pub async fn key_scope(&self, key: ApiKeyId, secret: &KeyHash) -> Result<Result<TenantScope, KeyRefusal>, Error> {
        let known = if let Some(known) = self.keys().get(key) {
            known
        } else {
            let (generation, since) = (self.keys().generations.of(key), Instant::now());
            let known = Known { since, state: self.look_up_key(key).await? };
            // Ids that somebody made up take nobody's place.
            if !matches!(known.state, Err(KeyRefusal::Unknown)) {
                self.keys().generations.keep(key, generation, || self.keys().known.insert(key, known.clone()));
            }
            known
        };
        Ok(known.state.and_then(|usable| {
            // The secret first: who does not have it learns nothing of the key, not even from a log that they fill.
            if !usable.secrets.admit(secret) {
                return Err(KeyRefusal::WrongSecret);
            }
            if usable.expires_at <= Utc::now() {
                return Err(KeyRefusal::Expired);
            }
            Ok(usable.scope.clone())
        }))
    }

    /// Writes down that a key was used, in its own time and at most once a minute.
    pub fn note_key_use(&self, key: ApiKeyId, from: &dyn fmt::Display) {
        let Some(Known { state: Ok(usable), .. }) = self.keys().known.get(&key) else { return };
        let (now, last) = (Utc::now().timestamp(), usable.used_at.load(Relaxed));
        if now - last < WRITTEN_EVERY_SECONDS {
            return;
        }
        // Of requests at the same time one writes.
        if usable.used_at.compare_exchange(last, now, Relaxed, Relaxed).is_err() {
            return;
        }
        let (tenancy, from) = (self.clone(), from.to_string());
        tokio::spawn(async move {
            if let Err(error) = tenancy.write_down_use(key, from).await {
                tracing::warn!(key.id = %key, error = &error as &dyn std::error::Error, "The use of a key was not written down");
            }
        });
    }

    pub(crate) fn forget_key(&self, key: ApiKeyId) {
        self.keys().forget(key);
    }

    async fn look_up_key(&self, id: ApiKeyId) -> Result<Result<Arc<Usable>, KeyRefusal>, Error> {
        let db = self.control().db();
        let found = api_key::Entity::find_by_id(id).find_also_related(tenant::Entity).one(db).await?;
        let Some((key, Some(tenant))) = found.filter(|(key, _)| key.ready_at.is_some()) else {
            return Ok(Err(KeyRefusal::Unknown));
        };
        if key.revoked_at.is_some() {
            return Ok(Err(KeyRefusal::Revoked));
        }
        let cell = cell::Entity::find_by_id(tenant.cell_id).one(db).await?;
        let Some(cell) = cell.filter(|_| is_served(&tenant)) else { return Ok(Err(KeyRefusal::NotServed)) };
        let actor = Actor::api_key(id, Scopes::parse(&key.scopes));
        Ok(Ok(Arc::new(Usable {
            secrets: Secrets::of(&key),
            expires_at: key.expires_at,
            used_at: AtomicI64::new(key.last_used_at.map_or(0, |at| at.timestamp())),
            scope: TenantScope::new(self.place(tenant, &cell), actor),
        })))
    }
}
