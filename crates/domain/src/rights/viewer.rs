use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// Who looks at records: what conditions compare them with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Viewer {
    /// The user; an API key and the system are none.
    pub user: Option<Uuid>,
    /// Everybody in one's teams, in those one manages and in those below, oneself first.
    pub members: Vec<Uuid>,
    /// Whom one's shares are made out to: oneself, one's teams and those above and below.
    pub grantees: Vec<Uuid>,
    /// Keys of the objects of which a record is shared with one.
    pub shared: BTreeSet<String>,
    /// One's own teams and those below.
    pub teams: Vec<Uuid>,
    /// The user's record and, under `team`, that of their team, by keys; only where a rule asks for them.
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
