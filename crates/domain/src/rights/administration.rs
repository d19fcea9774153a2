use serde::{Deserialize, Serialize};

/// A right that is about the workspace, not about records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Administration {
    /// Objects, fields, templates.
    Metadata,
    /// Members, invitations, teams, sessions of others.
    Members,
    /// Roles, their holders, shares of others' records.
    Roles,
    ApiKeys,
    /// Reads and exports the audit log.
    Audit,
    /// Removes records for good.
    Destroy,
}

impl Administration {
    pub const ALL: [Self; 6] = [Self::Metadata, Self::Members, Self::Roles, Self::ApiKeys, Self::Audit, Self::Destroy];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "METADATA",
            Self::Members => "MEMBERS",
            Self::Roles => "ROLES",
            Self::ApiKeys => "API_KEYS",
            Self::Audit => "AUDIT",
            Self::Destroy => "DESTROY",
        }
    }

    pub const fn about(self) -> &'static str {
        match self {
            Self::Metadata => "Changes objects, fields, pipelines and stages, and applies templates.",
            Self::Members => "Invites and removes members, ends their sessions, and changes users and teams.",
            Self::Roles => "Makes roles, gives them to users, and shares records of others.",
            Self::ApiKeys => "Makes and revokes API keys.",
            Self::Audit => "Reads and exports the audit log.",
            Self::Destroy => "Removes records for good.",
        }
    }

    /// Said in a refusal: "You may not ...".
    pub const fn deed(self) -> &'static str {
        match self {
            Self::Metadata => "change objects and fields",
            Self::Members => "manage members",
            Self::Roles => "manage roles and shares",
            Self::ApiKeys => "manage API keys",
            Self::Audit => "read the audit log",
            Self::Destroy => "remove records for good",
        }
    }
}
