use std::{fmt, sync::Arc};

use crate::{
    Actor, Scopes, SessionId, TenantId, control::tenant, data::CellPool, migrate::OLDEST_SERVED, secrets::Vault,
};

/// Proof that a caller may act inside one tenant. Made only after a membership check.
#[derive(Clone)]
pub struct TenantScope {
    place: Arc<Place>,
    actor: Actor,
}

/// Where a tenant's data is, and the statement that takes the role that may see it.
pub(crate) struct Place {
    tenant: TenantId,
    slug: String,
    schema: String,
    set_role: String,
    pool: Arc<CellPool>,
    vault: Arc<Vault>,
}

impl TenantScope {
    pub fn tenant(&self) -> TenantId {
        self.place.tenant
    }

    pub fn slug(&self) -> &str {
        &self.place.slug
    }

    /// The tenant's schema; safe in SQL without quotes.
    pub fn schema(&self) -> &str {
        &self.place.schema
    }

    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The same place for the same member, by one of their sessions.
    #[must_use]
    pub fn by_session(&self, session: SessionId) -> Self {
        Self { actor: self.actor.by_session(session), ..self.clone() }
    }

    /// The same place for no member.
    pub(crate) fn by_nobody(&self) -> Self {
        Self { actor: Actor { scopes: Scopes::NONE, ..Actor::SYSTEM }, ..self.clone() }
    }

    pub(crate) fn new(place: Arc<Place>, actor: Actor) -> Self {
        Self { place, actor }
    }

    pub(crate) fn set_role(&self) -> &str {
        &self.place.set_role
    }

    pub(crate) fn pool(&self) -> &Arc<CellPool> {
        &self.place.pool
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.place.vault
    }
}

impl fmt::Debug for TenantScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantScope")
            .field("tenant", &self.tenant())
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

impl Place {
    pub(crate) fn new(tenant: TenantId, slug: String, pool: Arc<CellPool>, vault: Arc<Vault>) -> Self {
        let (schema, role) = (schema_name(tenant), role_name(tenant));
        Self { tenant, slug, schema, set_role: format!("SET ROLE {role}"), pool, vault }
    }
}

pub(crate) fn schema_name(tenant: TenantId) -> String {
    format!("t_{}", tenant.uuid().simple())
}

/// Roles belong to the whole cluster, so the name is the tenant's own wherever its data goes.
pub(crate) fn role_name(tenant: TenantId) -> String {
    format!("rapport_t_{}", tenant.uuid().simple())
}

/// Whether this release can serve the tenant. A quarantined one is, as long as its schema is new enough.
pub(crate) fn is_served(tenant: &tenant::Model) -> bool {
    tenant.state.is_live() && tenant.schema_version >= OLDEST_SERVED
}
