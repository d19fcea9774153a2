use rapport_tenancy::{DbError, TenantConn};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Action, Condition, Reach, Viewer, load, rule::ViewerPath};
use crate::catalog::{Catalog, Object};

/// The position of a user among people and teams at one moment. The reach of their rights depends on it.
pub(crate) struct Standing(Viewer);

impl Standing {
    pub async fn of(conn: &TenantConn, user: Uuid) -> Result<Self, DbError> {
        load::viewer(conn, user, true).await.map(Self)
    }

    /// Whether a user with the view `catalog` reaches records now that they did not reach `before`.
    pub fn is_wider(&self, before: &Self, catalog: &Catalog) -> bool {
        let (Self(before), Self(now)) = (before, self);
        let gains = Gains {
            is_shared: adds(&before.grantees, &now.grantees) && !now.shared.is_empty(),
            is_team: adds(&before.members, &now.members) || adds(&before.teams, &now.teams),
            before,
            now,
        };
        catalog.objects().iter().any(|object| gains.of(catalog, object))
    }
}

struct Gains<'v> {
    is_shared: bool,
    is_team: bool,
    before: &'v Viewer,
    now: &'v Viewer,
}

impl Gains<'_> {
    fn of(&self, catalog: &Catalog, object: &Object) -> bool {
        let granted = catalog.granted(object);
        let conditions = Action::ALL.into_iter().filter_map(|action| match granted.reach(action) {
            Reach::Some(conditions) => Some(conditions),
            Reach::None | Reach::All => None,
        });
        let mut conditions = conditions.peekable();
        (self.is_shared && conditions.peek().is_some())
            || conditions.flatten().any(|condition| match condition {
                Condition::Own => self.is_team && &*object.key() == "team",
                Condition::Team => self.is_team,
                Condition::Rule(rule) => self.is_ruled(catalog.whole(), rule),
            })
    }

    /// Whether the rule compares with a value that the viewer did not have before.
    fn is_ruled(&self, catalog: &Catalog, rule: &str) -> bool {
        let Ok(rule) = serde_json::from_str::<Json>(rule) else { return false };
        ViewerPath::all_in(&rule).into_iter().any(|path| {
            let values = |viewer| match path.value(catalog, viewer) {
                Some(Json::Array(values)) => values,
                value => value.into_iter().collect(),
            };
            adds(&values(self.before), &values(self.now))
        })
    }
}

fn adds<T: PartialEq>(before: &[T], now: &[T]) -> bool {
    now.iter().any(|one| !before.contains(one))
}
