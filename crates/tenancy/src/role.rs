//! The roles that every tenant has, by the ids that they have in each.

use uuid::Uuid;

/// A role that comes with Rapport. What it allows is said in `rapport_domain::rights`; tenants make others beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltInRole {
    Owner,
    Admin,
    Manager,
    Rep,
    ReadOnly,
    Compliance,
}

impl BuiltInRole {
    pub const ALL: [Self; 6] = [Self::Owner, Self::Admin, Self::Manager, Self::Rep, Self::ReadOnly, Self::Compliance];

    /// Its name in the API; never changes.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Manager => "MANAGER",
            Self::Rep => "REP",
            Self::ReadOnly => "READ_ONLY",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The same in every tenant: migrations write it into `role`.
    pub const fn id(self) -> Uuid {
        Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001 + self as u128)
    }

    pub fn of(id: Uuid) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_stay() {
        assert_eq!(BuiltInRole::Owner.id().to_string(), "00000000-0000-7000-8000-000000000001");
        assert_eq!(BuiltInRole::Compliance.id().to_string(), "00000000-0000-7000-8000-000000000006");
        assert!(BuiltInRole::ALL.into_iter().all(|role| BuiltInRole::of(role.id()) == Some(role)));
        assert!(BuiltInRole::ALL.into_iter().all(|role| BuiltInRole::named(role.key()) == Some(role)));
    }
}
