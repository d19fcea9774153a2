use std::sync::Arc;

use crate::{Actor, Role, TenantId};

/// Proof that a caller may act inside one tenant. Made only after a membership check.
#[derive(Clone)]
pub struct TenantScope {
    place: Arc<Place>,
    actor: Actor,
    role: Role,
}

/// Where a tenant's data is and which role reaches it.
pub(crate) struct Place {
    pub tenant: TenantId,
    pub slug: String,
    pub schema: String,
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

    pub fn role(&self) -> Role {
        self.role
    }
}
