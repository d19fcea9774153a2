//! Record rights as SQL: the one place that decides which records a statement may touch.
//!
//! Whatever reads records for somebody names them by [`Sql::rows`], which holds those within reach alone, so that a
//! record beyond it is not there: not for a list, a count, a group, a relation, a filter or a sort.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    expression::{self, Expression},
    filter,
    keys::Keys,
    sql::{Param, Sql},
};
use crate::{
    catalog::{Catalog, Field, Kind, Object},
    rights::{self, Action, Condition, Reach},
};

/// What is bound once a statement, however often it is compared with.
#[derive(Debug, Default)]
pub(super) struct Bound {
    user: Option<usize>,
    members: Option<usize>,
    grantees: Option<usize>,
    teams: Option<usize>,
    /// The records of an object, by its name.
    rows: Vec<(Arc<str>, String)>,
    /// Inside a rule, which its author wrote and the viewer's reach does not bound.
    in_rule: bool,
}

impl Bound {
    pub(super) fn in_rule(&self) -> bool {
        self.in_rule
    }
}

impl Sql<'_> {
    /// Appends what the records of an object are read from, which needs an alias behind it.
    pub fn table(&mut self, object: &Object) -> &mut Self {
        let rows = self.rows(object);
        self.push(&rows)
    }

    /// The same as text, for a place in this statement.
    pub fn rows(&mut self, object: &Object) -> String {
        if self.bound.in_rule || self.view.catalog.granted(object).reach(Action::Read).is_all() {
            return object.rows(self.schema);
        }
        if let Some((_, rows)) = self.bound.rows.iter().find(|(name, _)| *name == object.name) {
            return rows.clone();
        }
        let row = self.alias();
        let condition = self.within(object, Action::Read, &row).unwrap_or_else(|| "TRUE".into());
        // Pulled up by the planner: the same plan as with the condition outside.
        let rows = match object.discriminator() {
            Some(mark) => {
                format!("(SELECT * FROM {}.\"{}\" {row} WHERE {row}.{mark} AND {condition})", self.schema, object.table)
            }
            None => format!("(SELECT * FROM {}.\"{}\" {row} WHERE {condition})", self.schema, object.table),
        };
        self.bound.rows.push((object.name.clone(), rows.clone()));
        rows
    }

    /// The records within reach of an action, as text.
    pub fn rows_for(&mut self, object: &Object, action: Action) -> String {
        if action == Action::Read {
            return self.rows(object);
        }
        let row = self.alias();
        match self.within(object, action, &row) {
            Some(condition) => format!("(SELECT * FROM {} {row} WHERE {condition})", object.rows(self.schema)),
            None => object.rows(self.schema),
        }
    }

    /// The condition that the row `alias` is within reach of an action; `None` where every row is.
    pub fn within(&mut self, object: &Object, action: Action, alias: &str) -> Option<String> {
        let read = self.reached(object, Action::Read, alias);
        let done = if action == Action::Read { None } else { self.reached(object, action, alias) };
        match (read, done) {
            (Some(read), Some(done)) => Some(format!("({read} AND {done})")),
            (one, other) => one.or(other),
        }
    }

    /// The id that a to-one relation holds, as far as the viewer may know it.
    pub fn relation(&mut self, field: &Field, alias: &str) -> Option<String> {
        let held = expression::relation(field, alias)?;
        let Some(target) = self.view.catalog.target(field).cloned() else { return Some(held) };
        if self.bound.in_rule || self.view.catalog.granted(&target).reach(Action::Read).is_all() {
            return Some(held);
        }
        let (rows, row) = (self.rows(&target), self.alias());
        Some(format!("(SELECT {row}.id FROM {rows} {row} WHERE {row}.id = {held})"))
    }

    /// The value of a field, in the form that conditions, orders and groups compare.
    pub fn comparable(&mut self, field: &Field, alias: &str) -> Expression {
        self.seen(field, alias, expression::comparable(field, alias))
    }

    /// The same in the form that is counted with.
    pub fn value(&mut self, field: &Field, alias: &str) -> Expression {
        self.seen(field, alias, expression::value(field, alias))
    }

    fn seen(&mut self, field: &Field, alias: &str, value: Expression) -> Expression {
        match &field.kind {
            Kind::One(_) => match self.relation(field, alias) {
                Some(sql) => Expression { sql, ..value },
                None => value,
            },
            _ => value,
        }
    }

    fn reached(&mut self, object: &Object, action: Action, alias: &str) -> Option<String> {
        let catalog = self.view.catalog;
        let conditions = match catalog.granted(object).reach(action) {
            Reach::All => return None,
            Reach::None => return Some("FALSE".into()),
            Reach::Some(conditions) => conditions,
        };
        let whole = catalog.whole();
        // The view may lack the fields that the conditions are about.
        let object = whole.object(&object.name).map_or(object, |object| &**object);
        if let Some(via) = object.parent() {
            return Some(self.part(whole, object, via, action, alias));
        }
        let mut any: Vec<String> =
            conditions.iter().filter_map(|condition| self.condition(object, condition, alias)).collect();
        any.extend(self.shared(object, action, alias));
        Some(match &*any {
            [] => "FALSE".into(),
            [one] => one.clone(),
            several => format!("({})", several.join(" OR ")),
        })
    }

    /// One condition, whoever's it is, of the object as it is in the whole catalog; `None` where no record meets it.
    pub fn condition(&mut self, object: &Object, condition: &Condition, alias: &str) -> Option<String> {
        match condition {
            Condition::Own => self.own(object, alias),
            Condition::Team => Some(self.team(object, alias)),
            Condition::Rule(rule) => self.rule(self.view.catalog.whole(), object, rule, alias),
        }
    }

    /// A part of another record is within reach where that record is.
    fn part(&mut self, whole: &Catalog, object: &Object, via: &str, action: Action, alias: &str) -> String {
        let action = if matches!(action, Action::Read | Action::Export) { action } else { Action::Update };
        let parent =
            object.field(via).and_then(|field| Some((whole.target(field)?, expression::relation(field, alias)?)));
        let Some((parent, held)) = parent else { return "FALSE".into() };
        let row = self.alias();
        let condition = self.reached(parent, action, &row).unwrap_or_else(|| "TRUE".into());
        format!("EXISTS (SELECT 1 FROM {} {row} WHERE {row}.id = {held} AND {condition})", parent.rows(self.schema))
    }

    fn own(&mut self, object: &Object, alias: &str) -> Option<String> {
        let user = self.view.viewer.user?;
        let at = match self.bound.user {
            Some(at) => at,
            None => self.parameter(Param::Uuid(user)),
        };
        self.bound.user = Some(at);
        Some(match &*object.key() {
            "team" => self.team(object, alias),
            _ => format!("{} = ${at}::uuid", keeper(object, alias)),
        })
    }

    fn team(&mut self, object: &Object, alias: &str) -> String {
        if &*object.key() == "team" {
            let at = match self.bound.teams {
                Some(at) => at,
                None => self.parameter(Param::Uuids(self.view.viewer.teams.clone())),
            };
            self.bound.teams = Some(at);
            return format!("{alias}.id = ANY(${at}::uuid[])");
        }
        let at = match self.bound.members {
            Some(at) => at,
            None => self.parameter(Param::Uuids(self.view.viewer.members.clone())),
        };
        self.bound.members = Some(at);
        format!("{} = ANY(${at}::uuid[])", keeper(object, alias))
    }

    fn shared(&mut self, object: &Object, action: Action, alias: &str) -> Option<String> {
        let key = object.key();
        let access = match action {
            Action::Read => "",
            Action::Update => " AND s.access = 'UPDATE'",
            Action::Delete | Action::Restore | Action::Export => return None,
        };
        if !self.view.viewer.shared.contains(&*key) {
            return None;
        }
        let at = match self.bound.grantees {
            Some(at) => at,
            None => self.parameter(Param::Uuids(self.view.viewer.grantees.clone())),
        };
        self.bound.grantees = Some(at);
        // As a list that is made once, so that the records are looked up by it.
        Some(format!(
            "{alias}.id = ANY(ARRAY(SELECT s.record_id FROM {}.record_share s WHERE s.grantee = ANY(${at}::uuid[]) AND s.object = {}{access}))",
            self.schema,
            super::sql::literal(&key)
        ))
    }

    /// A rule that cannot be asked matches nothing.
    fn rule(&mut self, whole: &Catalog, object: &Object, rule: &str, alias: &str) -> Option<String> {
        let rule: Json = serde_json::from_str(rule).ok()?;
        let filter = rights::bind_rule(whole, &rule, self.view.viewer)?;
        let before = std::mem::take(&mut self.text);
        let was_in_rule = std::mem::replace(&mut self.bound.in_rule, true);
        let compiled = filter::compile(self, whole, object, alias, &filter, "rule", &Keys::None);
        self.bound.in_rule = was_in_rule;
        let condition = std::mem::replace(&mut self.text, before);
        match compiled {
            Ok(()) => Some(condition),
            Err(error) => {
                tracing::error!(object = %object.name, error = &error as &dyn std::error::Error, "A rule of a role cannot be asked: it matches nothing");
                None
            }
        }
    }
}

/// Whose a record is: its owner's, or whose who made it where it has none. Indexed as it stands.
fn keeper(object: &Object, alias: &str) -> String {
    if &*object.key() == "users" {
        format!("{alias}.id")
    } else if object.field("owner").is_some_and(|owner| !owner.is_custom()) {
        format!("coalesce({alias}.owner_id, {alias}.created_by)")
    } else {
        format!("{alias}.created_by")
    }
}
