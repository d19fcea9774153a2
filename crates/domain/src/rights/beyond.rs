//! People cannot hand on rights that they do not have.

use std::{collections::BTreeSet, sync::Arc};

use super::{Action, Level, ObjectRights, Reach, Rights, RoleRights, rule};
use crate::catalog::{Catalog, Object, Source};

/// The first thing, in words, that `wanted` allows and the `own` roles together do not. `rights` are the same roles, cut
/// to the scopes of the credential.
pub(super) fn first(catalog: &Catalog, rights: &Rights, own: &[RoleRights], wanted: &RoleRights) -> Option<String> {
    if let Some(right) = wanted.administration.iter().find(|right| !rights.may(**right)) {
        return Some(right.as_str().to_owned());
    }
    if rights.is_everything() {
        return None;
    }
    let own_restricted = own.iter().map(|role| role.restricted_fields).max().unwrap_or_default();
    if wanted.restricted_fields > own_restricted {
        return Some(format!("{} of restricted fields", wanted.restricted_fields.as_str()));
    }
    let named = own.iter().chain([wanted]).flat_map(|role| role.objects.keys().chain(role.fields.keys()));
    let keys: BTreeSet<Arc<str>> = named.cloned().chain(catalog.objects().iter().map(|object| object.key())).collect();
    let beyond = keys.iter().find_map(|key| {
        let object = catalog.objects().iter().find(|object| object.key() == *key);
        let place = object.map_or("an object that is not there now", |object| &object.name);
        Of { catalog, rights, own, wanted, key, object: object.map(|object| &**object) }
            .first()
            .map(|what| format!("{what} of {place}"))
    });
    beyond.or_else(|| {
        let others = own.iter().map(|role| &role.others).filter(|others| others.read > Level::None);
        let others: Vec<&ObjectRights> = others.collect();
        deed(&others, &wanted.others, false).map(|what| format!("{what} of other objects"))
    })
}

/// What roles allow with one object.
struct Of<'a> {
    catalog: &'a Catalog,
    rights: &'a Rights,
    own: &'a [RoleRights],
    wanted: &'a RoleRights,
    key: &'a str,
    /// `None`: archived, or gone.
    object: Option<&'a Object>,
}

impl Of<'_> {
    fn first(&self) -> Option<String> {
        let wanted = self.wanted.of_object(self.key);
        let shown: Vec<&RoleRights> =
            self.own.iter().filter(|role| role.of_object(self.key).read > Level::None).collect();
        let own: Vec<&ObjectRights> = shown.iter().map(|role| role.of_object(self.key)).collect();
        let is_administered = self.object.is_some_and(|object| object.administered_by.is_some());
        let beyond = deed(&own, wanted, is_administered).or_else(|| self.rule(wanted, &own));
        beyond.or_else(|| self.field(&shown).filter(|_| wanted.read > Level::None))
    }

    /// A rule over fields that its author cannot see would reveal them by the records that it matches.
    fn rule(&self, wanted: &ObjectRights, own: &[&ObjectRights]) -> Option<String> {
        let (object, rule) = (self.object?, wanted.rule.as_ref()?);
        let is_own = own.iter().any(|rights| rights.rule.as_ref() == Some(rule));
        let unseen = rule::mentions(self.catalog, object, rule)
            .into_iter()
            .find(|(object, field)| !self.rights.shows_all(self.catalog, object, field));
        unseen
            .filter(|_| !is_own)
            .map(|(object, field)| format!("a rule that looks at {}.{} of every record", object.name, field.name))
    }

    fn field(&self, shown: &[&RoleRights]) -> Option<String> {
        let named = |role: &RoleRights| {
            role.fields.get(self.key).into_iter().flat_map(|fields| fields.keys().cloned()).collect::<Vec<_>>()
        };
        let mut keys: BTreeSet<Arc<str>> =
            named(self.wanted).into_iter().chain(shown.iter().flat_map(|role| named(role))).collect();
        keys.extend(self.object.iter().flat_map(|object| object.fields()).map(|field| field.key()));
        keys.into_iter().find_map(|key| {
            let field = self.object.and_then(|object| object.field_by_key(&key));
            if field.is_some_and(|field| field.source == Source::System && !field.is_custom()) {
                return None;
            }
            let is_restricted = field.is_none_or(|field| field.restricted);
            let wanted = self.wanted.of_field(self.key, &key, is_restricted);
            let own = shown.iter().map(|role| role.of_field(self.key, &key, is_restricted)).max().unwrap_or_default();
            let name = field.map_or("a field that is not there now", |field| &field.name);
            (wanted > own).then(|| format!("{} of {name}", wanted.as_str()))
        })
    }
}

/// What one role allows with records of an object and the others together do not.
fn deed(own: &[&ObjectRights], wanted: &ObjectRights, is_administered: bool) -> Option<String> {
    let any = |has: fn(&ObjectRights) -> bool| own.iter().any(|rights| has(rights));
    if wanted.create && !is_administered && !any(|rights| rights.create) {
        return Some("CREATE".into());
    }
    if wanted.import && !any(|rights| rights.import) {
        return Some("IMPORT".into());
    }
    let reach = |rights: &ObjectRights, action| {
        Reach::of(rights.level(action), rights.rule.as_ref().map(|rule| Arc::from(rule.to_string())).as_ref())
    };
    let is_beyond = |action: &Action| {
        // The right to administer the object allows these, whatever the roles say of it.
        let is_administered = is_administered && matches!(action, Action::Update | Action::Delete | Action::Restore);
        let held = own.iter().fold(Reach::None, |held, rights| held.or(reach(rights, *action)));
        !is_administered && !reach(wanted, *action).beyond(&held).is_none()
    };
    let action = Action::ALL.into_iter().find(is_beyond)?;
    Some(format!("{} {}", action.as_str(), wanted.level(action).as_str()))
}

#[cfg(test)]
mod tests {
    use rapport_tenancy::{BuiltInRole, Scopes};
    use serde_json::json;

    use super::*;
    use crate::rights::Administration;

    fn beyond(own: &[RoleRights], wanted: &RoleRights) -> Option<String> {
        let rights = Rights::of(own.to_vec(), Scopes::ALL);
        first(&Catalog::base(), &rights, own, wanted)
    }

    fn role(rights: serde_json::Value) -> RoleRights {
        serde_json::from_value(rights).unwrap()
    }

    #[test]
    fn everybody_may_hand_on_what_they_have() {
        for built_in in BuiltInRole::ALL {
            let rights = RoleRights::of(built_in);
            assert_eq!(beyond(std::slice::from_ref(&rights), &rights), None, "{built_in:?}");
            assert_eq!(beyond(&[RoleRights::of(BuiltInRole::Admin)], &rights), None, "{built_in:?}");
        }
    }

    #[test]
    fn what_one_does_not_have_is_found() {
        let of = RoleRights::of;
        let rep = [of(BuiltInRole::Rep)];
        assert_eq!(beyond(&rep, &of(BuiltInRole::Admin)).as_deref(), Some("METADATA"));
        assert_eq!(beyond(&rep, &of(BuiltInRole::Compliance)).as_deref(), Some("AUDIT"));
        assert!(beyond(&rep, &of(BuiltInRole::Manager)).is_some_and(|it| it.starts_with("IMPORT of ")));
        assert_eq!(beyond(&[of(BuiltInRole::ReadOnly)], &of(BuiltInRole::Rep)).as_deref(), Some("CREATE of Activity"));
        let wanted = role(json!({"restrictedFields": "READ"}));
        assert_eq!(beyond(&rep, &wanted).as_deref(), Some("READ of restricted fields"));
        // Two roles together allow what neither does.
        let both = [
            of(BuiltInRole::Manager),
            role(
                json!({"administration": ["AUDIT"], "restrictedFields": "READ", "others": {"read": "ALL", "export": "ALL"}}),
            ),
        ];
        assert_eq!(beyond(&both, &of(BuiltInRole::Compliance)), None);
    }

    #[test]
    fn fields_that_one_does_not_see_are_not_handed_on() {
        let all = json!({"create": true, "import": true, "read": "ALL", "update": "ALL", "delete": "ALL", "restore": "ALL", "export": "ALL"});
        let own = [role(json!({"others": all, "fields": {"contact": {"email": "MASKED"}}}))];
        assert_eq!(
            beyond(&own, &role(json!({"others": {"read": "OWN"}}))).as_deref(),
            Some("WRITE of email of Contact")
        );
        let masked = role(json!({"others": {"read": "OWN"}, "fields": {"contact": {"email": "MASKED"}}}));
        assert_eq!(beyond(&own, &masked), None);
        let company = role(json!({"objects": {"company": {"read": "ALL"}}}));
        assert_eq!(beyond(&own, &company), None);
        // A rule over what is masked would tell it.
        let rule = |rule| {
            let mut wanted = masked.clone();
            wanted.objects.insert("contact".into(), role(json!({"others": {"read": "RULE", "rule": rule}})).others);
            wanted
        };
        let told = beyond(&own, &rule(json!({"email": {"startsWith": "a"}})));
        assert_eq!(told.as_deref(), Some("a rule that looks at Contact.email of every record of Contact"));
        assert_eq!(beyond(&own, &rule(json!({"last_name": {"startsWith": "a"}}))), None);
        // Also where the role lets nobody read, only change what the rule finds.
        let mut blind = rule(json!({"email": {"startsWith": "a"}}));
        if let Some(contact) = blind.objects.get_mut("contact") {
            (contact.read, contact.update) = (Level::None, Level::Rule);
        }
        assert_eq!(beyond(&own, &blind), told);
    }

    #[test]
    fn a_level_is_within_a_wider_one_and_a_rule_within_itself() {
        let level = |level: &str| role(json!({"objects": {"contact": {"read": level}}}));
        for (own, wanted, is_within) in [
            ("OWN", "OWN", true),
            ("TEAM", "OWN", true),
            ("OWN", "TEAM", false),
            ("TEAM", "ALL", false),
            ("ALL", "TEAM", true),
        ] {
            assert_eq!(beyond(&[level(own)], &level(wanted)).is_none(), is_within, "{own} {wanted}");
        }
        let rule = |city: &str| {
            role(json!({"objects": {"contact": {"read": "RULE", "rule": {"address": {"city": {"eq": city}}}}}}))
        };
        assert_eq!(beyond(&[rule("Rom")], &rule("Rom")), None);
        assert!(beyond(&[rule("Rom")], &rule("Bern")).is_some());
        assert!(beyond(&[level("TEAM")], &rule("Rom")).is_some());
        assert_eq!(beyond(&[level("ALL")], &rule("Rom")), None);
        assert_eq!(
            beyond(&[role(json!({"administration": ["ROLES"]}))], &role(json!({"administration": ["ROLES"]}))),
            None
        );
        assert_eq!(Administration::ALL.len(), 6);
    }
}
