//! Who a request comes from.

use rapport_tenancy::{PersonId, SessionId, TenantScope};

/// Anybody, or a member of a workspace.
#[derive(Clone)]
pub enum Caller {
    Anonymous,
    Member(Principal),
}

/// A person acting in one workspace by one session.
#[derive(Clone)]
pub struct Principal {
    pub person: PersonId,
    pub session: SessionId,
    pub scope: TenantScope,
}

impl Caller {
    pub fn member(&self) -> Option<&Principal> {
        match self {
            Self::Anonymous => None,
            Self::Member(principal) => Some(principal),
        }
    }
}
