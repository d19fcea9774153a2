//! Nobody hands out more than they have.

use super::{Action, Administration, Granted, Rights};
use crate::catalog::{Catalog, Object};

impl Rights {
    /// The first thing that `given` allows in a tenant and this does not, in words: "export contacts".
    pub fn lacks(&self, catalog: &Catalog, given: &Self) -> Option<String> {
        if self.is_everything() {
            return None;
        }
        if let Some(right) = Administration::ALL.into_iter().find(|right| given.may(*right) && !self.may(*right)) {
            return Some(right.deed().to_owned());
        }
        let catalog = catalog.whole();
        catalog.objects().iter().find_map(|object| {
            let (own, theirs) = (self.granted(catalog, object), given.granted(catalog, object));
            own.lacks(&theirs, object).or_else(|| self.lacks_a_field(given, &theirs, object))
        })
    }

    fn lacks_a_field(&self, given: &Self, theirs: &Granted, object: &Object) -> Option<String> {
        if theirs.reach(Action::Read).is_none() {
            return None;
        }
        let beyond = object.fields().iter().find(|field| given.field(object, field) > self.field(object, field))?;
        Some(format!("use {} of {} like that", beyond.label.to_lowercase(), object.label_plural.to_lowercase()))
    }
}

impl Granted {
    fn lacks(&self, theirs: &Self, object: &Object) -> Option<String> {
        let beyond = |verb: &str| Some(format!("{verb} {} like that", object.label_plural.to_lowercase()));
        if theirs.create && !self.create {
            return beyond("create");
        }
        if theirs.import && !self.import {
            return beyond("import");
        }
        let action = Action::ALL.into_iter().find(|action| !self.reach(*action).covers(theirs.reach(*action)))?;
        beyond(action.verb())
    }
}

#[cfg(test)]
mod tests {
    use rapport_tenancy::{AccessScope, BuiltInRole, Scopes};

    use super::{
        super::{FieldAccess, Level, ObjectRights, RoleRights},
        *,
    };

    fn of(role: RoleRights) -> Rights {
        Rights::of(vec![role], Scopes::ALL)
    }

    fn built_in(role: BuiltInRole) -> Rights {
        of(RoleRights::of(role))
    }

    fn seeing(level: Level) -> Rights {
        of(RoleRights { others: ObjectRights::reading(level), ..RoleRights::default() })
    }

    #[test]
    fn the_same_is_not_more_and_an_owner_lacks_nothing() {
        let catalog = Catalog::base();
        for role in BuiltInRole::ALL {
            assert_eq!(built_in(role).lacks(&catalog, &built_in(role)), None, "{role:?}");
            assert_eq!(built_in(BuiltInRole::Owner).lacks(&catalog, &built_in(role)), None, "{role:?}");
        }
        assert!(built_in(BuiltInRole::Rep).lacks(&catalog, &built_in(BuiltInRole::Manager)).is_some());
        assert!(built_in(BuiltInRole::ReadOnly).lacks(&catalog, &built_in(BuiltInRole::Rep)).is_some());
    }

    #[test]
    fn each_kind_of_more_is_seen() {
        let catalog = Catalog::base();
        let everywhere = || RoleRights { others: ObjectRights::working(Level::All), ..RoleRights::default() };
        let own = of(everywhere());
        for (more, what) in [
            (RoleRights { administration: vec![Administration::Audit], ..everywhere() }, "read the audit log"),
            (RoleRights { others: ObjectRights::everything(), ..everywhere() }, "import"),
            (RoleRights { restricted_fields: FieldAccess::Read, ..everywhere() }, ""),
        ] {
            let lacking = own.lacks(&catalog, &of(more)).unwrap_or_default();
            assert!(lacking.starts_with(what), "{lacking:?}");
        }
        assert_eq!(seeing(Level::Team).lacks(&catalog, &seeing(Level::Own)), None);
        assert!(seeing(Level::Own).lacks(&catalog, &seeing(Level::Team)).is_some());
        assert!(seeing(Level::Team).lacks(&catalog, &seeing(Level::All)).is_some());
    }

    #[test]
    fn what_the_scopes_take_away_is_not_handed_out() {
        let catalog = Catalog::base();
        let reading: Scopes = [AccessScope::RecordsRead].into_iter().collect();
        let admin = Rights::of(vec![RoleRights::of(BuiltInRole::Admin)], reading);
        assert!(built_in(BuiltInRole::ReadOnly).lacks(&catalog, &built_in(BuiltInRole::Admin)).is_some());
        let lacking = built_in(BuiltInRole::ReadOnly).lacks(&catalog, &admin);
        assert!(lacking.as_deref().is_some_and(|lacking| lacking.starts_with("export")), "{lacking:?}");
        assert_eq!(built_in(BuiltInRole::Admin).lacks(&catalog, &admin), None);
    }
}
