use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// A viewer of records: the values that conditions compare records with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Viewer {
    /// The user; `None` for an API key and the system.
    pub user: Option<Uuid>,
    /// The users in the viewer's team, in teams that the viewer leads and in teams below those; the viewer first.
    pub members: Vec<Uuid>,
    /// The users and teams whose shares count for the viewer: the viewer, the teams in `teams`, and the teams above the
    /// viewer's own.
    pub grantees: Vec<Uuid>,
    /// Keys of the objects with records that are shared with the viewer.
    pub shared: BTreeSet<String>,
    /// The viewer's team, the teams that the viewer leads, and the teams below those.
    pub teams: Vec<Uuid>,
    /// The user's record and, under `team`, the record of their team, by keys; only where a rule needs them.
    pub record: Option<Map<String, Json>>,
}

impl Viewer {
    pub(super) const fn nobody() -> Self {
        Self {
            user: None,
            members: Vec::new(),
            grantees: Vec::new(),
            shared: BTreeSet::new(),
            teams: Vec::new(),
            record: None,
        }
    }
}
