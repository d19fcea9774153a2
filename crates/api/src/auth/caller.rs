//! Who a request comes from.

use rapport_tenancy::{ApiKeyId, PersonId, SessionId, TenantScope};

/// Anybody, or somebody who acts in a workspace.
#[derive(Clone)]
pub enum Caller {
    Anonymous,
    Member(Principal),
}

/// Somebody acting in one workspace. Who that is to the workspace is the actor of the scope.
#[derive(Clone)]
pub struct Principal {
    pub scope: TenantScope,
    pub by: By,
}

/// What somebody came by. To add a way in (a partner app): a variant here, whose holder is a person or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Session(PersonSession),
    ApiKey(ApiKeyId),
}

/// A person, by one of their sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonSession {
    pub person: PersonId,
    pub session: SessionId,
}

impl Caller {
    pub fn member(&self) -> Option<&Principal> {
        match self {
            Self::Anonymous => None,
            Self::Member(principal) => Some(principal),
        }
    }
}

impl Principal {
    /// The person, where it is one: what is a person's own is not an API key's.
    pub fn person(&self) -> Option<PersonSession> {
        match self.by {
            By::Session(session) => Some(session),
            By::ApiKey(_) => None,
        }
    }
}
