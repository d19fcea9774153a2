//! Who acts: one value, from the first line of a request to the log.

use std::fmt;

use crate::{ApiKeyId, SessionId, UserId};

/// Who acts inside a tenant, through what, and what of their rights the credential carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    pub subject: Subject,
    pub through: Through,
    pub scopes: Scopes,
}

/// Whose rights are asked for. To add one (a partner app on behalf of a user): a variant here, and its rights in
/// `rapport_domain::rights`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    User(UserId),
    /// A key acts for itself: it has roles of its own.
    ApiKey(ApiKeyId),
    /// Rapport itself: the command line, work in the background.
    System,
}

/// What the subject came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Through {
    Session(SessionId),
    ApiKey(ApiKeyId),
    /// No request: the command line, work in the background.
    Inside,
}

impl Actor {
    pub const SYSTEM: Self = Self { subject: Subject::System, through: Through::Inside, scopes: Scopes::ALL };

    pub const fn user(user: UserId) -> Self {
        Self { subject: Subject::User(user), through: Through::Inside, scopes: Scopes::ALL }
    }

    pub const fn api_key(key: ApiKeyId, scopes: Scopes) -> Self {
        Self { subject: Subject::ApiKey(key), through: Through::ApiKey(key), scopes }
    }

    #[must_use]
    pub const fn by_session(self, session: SessionId) -> Self {
        Self { through: Through::Session(session), ..self }
    }

    /// The user to write down as the author, if it is one.
    pub const fn user_id(self) -> Option<UserId> {
        match self.subject {
            Subject::User(id) => Some(id),
            Subject::ApiKey(_) | Subject::System => None,
        }
    }
}

impl Subject {
    /// Whom roles are given to: a user or a key.
    pub const fn id(self) -> Option<uuid::Uuid> {
        match self {
            Self::User(user) => Some(user.uuid()),
            Self::ApiKey(key) => Some(key.uuid()),
            Self::System => None,
        }
    }

    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "USER",
            Self::ApiKey(_) => "API_KEY",
            Self::System => "SYSTEM",
        }
    }
}

impl Through {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Session(_) => "SESSION",
            Self::ApiKey(_) => "API_KEY",
            Self::Inside => "INSIDE",
        }
    }

    pub const fn id(self) -> Option<uuid::Uuid> {
        match self {
            Self::Session(session) => Some(session.uuid()),
            Self::ApiKey(key) => Some(key.uuid()),
            Self::Inside => None,
        }
    }
}

/// What a credential may be used for, whatever its subject's roles allow beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

/// One thing that a credential may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessScope {
    /// To read records.
    RecordsRead,
    /// To create, change, delete and restore records.
    RecordsWrite,
    /// To change objects and fields.
    Metadata,
    /// To administer members, roles, shares and keys.
    Members,
    /// To read the audit log.
    Audit,
}

impl AccessScope {
    pub const ALL: [Self; 5] = [Self::RecordsRead, Self::RecordsWrite, Self::Metadata, Self::Members, Self::Audit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordsRead => "records:read",
            Self::RecordsWrite => "records:write",
            Self::Metadata => "metadata",
            Self::Members => "members",
            Self::Audit => "audit",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    pub const fn about(self) -> &'static str {
        match self {
            Self::RecordsRead => "To read records.",
            Self::RecordsWrite => "To create, change, delete and restore records.",
            Self::Metadata => "To change objects and fields.",
            Self::Members => "To administer members, roles and shares.",
            Self::Audit => "To read the audit log.",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl Scopes {
    pub const ALL: Self = Self(u16::MAX);
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn with(self, scope: AccessScope) -> Self {
        Self(self.0 | scope.bit())
    }

    pub const fn has(self, scope: AccessScope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = AccessScope> {
        AccessScope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<AccessScope> for Scopes {
    fn from_iter<T: IntoIterator<Item = AccessScope>>(scopes: T) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

/// As OAuth writes them: `records:read records:write`.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(AccessScope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

impl Scopes {
    /// Reads what [`Display`](fmt::Display) writes. A name that this release does not know carries nothing.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().filter_map(AccessScope::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_back_from_their_text_and_unknown_ones_carry_nothing() {
        for scope in AccessScope::ALL {
            let two: Scopes = [scope, AccessScope::Audit].into_iter().collect();
            assert_eq!(Scopes::parse(&two.to_string()), two);
        }
        assert_eq!(Scopes::parse("records:read nonsense").iter().collect::<Vec<_>>(), [AccessScope::RecordsRead]);
        assert_eq!(Scopes::parse(""), Scopes::NONE);
    }
}
