//! Roles that are harmless one by one can reveal something together: one of them reaches every record, another shows a field.

use std::sync::Arc;

use super::{Action, FieldAccess, Rights};
use crate::catalog::{Catalog, Object, Source};

/// The first thing, in words, that `after` allows and neither `before` nor `own` does: an action on a field within a reach.
pub(super) fn first(catalog: &Catalog, own: &Rights, before: &Rights, after: &Rights) -> Option<String> {
    if own.is_everything() {
        return None;
    }
    let of = |object: &Arc<Object>| Of { catalog, own, before, after, object }.first();
    catalog.objects().iter().find_map(of)
}

struct Of<'a> {
    catalog: &'a Catalog,
    own: &'a Rights,
    before: &'a Rights,
    after: &'a Rights,
    object: &'a Object,
}

impl Of<'_> {
    fn first(&self) -> Option<String> {
        let Self { catalog, object, .. } = *self;
        let [own, before, after] = [self.own, self.before, self.after].map(|rights| rights.granted(catalog, object));
        let mut fields = object.fields().iter().filter(|field| field.source != Source::System || field.is_custom());
        fields.find_map(|field| {
            let [own_access, access_before, access] =
                [self.own, self.before, self.after].map(|rights| rights.field(catalog, object, field));
            let is_beyond = |action: Action| {
                let needed = if action == Action::Update { FieldAccess::Write } else { FieldAccess::Masked };
                let most = needed.max(FieldAccess::Read);
                let [own_access, access_before, access] = [own_access, access_before, access].map(|it| it.min(most));
                let reach = after.reach(action);
                let added = if access > access_before { reach.clone() } else { reach.beyond(before.reach(action)) };
                let is_held = access <= own_access && added.beyond(own.reach(action)).is_none();
                access >= needed && !added.is_none() && !is_held
            };
            let action =
                [Action::Read, Action::Update, Action::Export].into_iter().find(|action| is_beyond(*action))?;
            Some(format!("{} of {} in so many records of {}", action.as_str(), field.name, object.name))
        })
    }
}
