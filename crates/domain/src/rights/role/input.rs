//! From the input of callers, by names, to a role as it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::{
    catalog::{Catalog, Object, Source},
    record::{UserError, code, shown},
    rights::{Action, Administration, FieldAccess, Level, ObjectRights, RoleRights, rule},
};

const NAME: usize = 100;
const NOTE: usize = 1_000;
/// Bytes of what a role allows.
const RIGHTS: usize = 200_000;

/// What is left out of a new role is not allowed; of one that changes, it stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RoleInput {
    pub name: Option<String>,
    pub description: Description,
    pub administration: Option<Vec<Administration>>,
    pub others: Option<ObjectInput>,
    pub objects: Option<Vec<ObjectInput>>,
    pub fields: Option<Vec<FieldInput>>,
    pub restricted_fields: Option<FieldAccess>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ObjectInput {
    /// Name of the object.
    pub object: Option<String>,
    pub create: Option<bool>,
    pub import: Option<bool>,
    pub read: Option<Level>,
    pub update: Option<Level>,
    pub delete: Option<Level>,
    pub restore: Option<Level>,
    pub export: Option<Level>,
    /// Of the level RULE, by names.
    pub rule: Option<Json>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldInput {
    pub object: String,
    pub field: String,
    pub access: FieldAccess,
}

/// The description in the input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Description {
    #[default]
    LeftOut,
    /// It is removed.
    Nothing,
    Text(String),
}

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(value)?.map_or(Self::Nothing, Self::Text))
    }
}

/// The name, checked and without the space around it.
pub(super) fn name(given: Option<&str>) -> Result<String, UserError> {
    let name = given.unwrap_or_default().trim();
    let error = if name.is_empty() {
        UserError::new(code::REQUIRED, "A role needs a name.")
    } else if let Some(error) = text_error(name, NAME) {
        error
    } else if name.chars().any(char::is_control) {
        UserError::invalid("A name is one line of text.")
    } else {
        return Ok(name.to_owned());
    };
    Err(error.under("name"))
}

/// The description, checked. Left out of the input it stays as it was.
pub(super) fn description(given: &Description, before: Option<&str>) -> Result<Option<String>, UserError> {
    let text = match given {
        Description::LeftOut => return Ok(before.map(str::to_owned)),
        Description::Nothing => return Ok(None),
        Description::Text(text) => text.trim(),
    };
    match text_error(text, NOTE) {
        Some(error) => Err(error.under("description")),
        None => Ok((!text.is_empty()).then(|| text.to_owned())),
    }
}

fn text_error(text: &str, most: usize) -> Option<UserError> {
    let length = text.chars().count();
    if text.contains('\0') {
        return Some(UserError::invalid("A text cannot hold the character U+0000."));
    }
    (length > most)
        .then(|| UserError::new(code::TOO_LONG, format!("At most {most} characters are kept, this has {length}.")))
}

/// `before` with the changes of the input.
pub(super) fn rights(catalog: &Catalog, before: RoleRights, input: &RoleInput) -> Result<RoleRights, Vec<UserError>> {
    let mut reader = Reader { catalog, errors: Vec::new() };
    let mut rights = before;
    if let Some(administration) = &input.administration {
        rights.administration.clone_from(administration);
        rights.administration.sort_unstable();
        rights.administration.dedup();
    }
    if let Some(others) = &input.others {
        rights.others = reader.others(others);
    }
    if let Some(objects) = &input.objects {
        // What is archived cannot be named, and is not forgotten for it.
        rights.objects.retain(|key, _| !is_here(catalog, key));
        for (at, object) in objects.iter().enumerate() {
            reader.object(&mut rights.objects, object, at);
        }
    }
    if let Some(fields) = &input.fields {
        retain_archived(catalog, &mut rights);
        for (at, field) in fields.iter().enumerate() {
            reader.field(&mut rights, field, at);
        }
    }
    rights.restricted_fields = input.restricted_fields.unwrap_or(rights.restricted_fields);
    if rights.restricted_fields == FieldAccess::Masked {
        let message = "Not every restricted field is a text: name those that are shown in part, in `fields`.";
        reader.refuse(&["restrictedFields"], UserError::new(code::NOT_MASKABLE, message));
    }
    let length = serde_json::to_string(&rights).map_or(0, |text| text.len());
    if length > RIGHTS {
        let message = format!("What a role allows takes at most {RIGHTS} bytes, this takes {length}.");
        reader.errors.push(UserError::new(code::TOO_LONG, message));
    }
    if reader.errors.is_empty() { Ok(rights) } else { Err(reader.errors) }
}

fn is_here(catalog: &Catalog, key: &str) -> bool {
    catalog.objects().iter().any(|object| *object.key() == *key)
}

fn retain_archived(catalog: &Catalog, rights: &mut RoleRights) {
    for object in catalog.objects() {
        if let Some(fields) = rights.fields.get_mut(&object.key()) {
            fields.retain(|key, _| object.field_by_key(key).is_none());
        }
    }
    rights.fields.retain(|_, fields| !fields.is_empty());
}

struct Reader<'c> {
    catalog: &'c Catalog,
    errors: Vec<UserError>,
}

impl<'c> Reader<'c> {
    fn refuse(&mut self, path: &[&str], error: UserError) {
        self.errors.push(path.iter().rev().fold(error, |error, step| error.under(*step)));
    }

    fn others(&mut self, input: &ObjectInput) -> ObjectRights {
        if input.object.is_some() {
            let message = "`others` are the objects that are not named: name this one in `objects`.";
            self.refuse(&["others", "object"], UserError::invalid(message));
        }
        if input.rule.is_some() || input.levels().any(|(_, level)| level == Level::Rule) {
            let message = "A rule is about one object: name it in `objects`.";
            self.refuse(&["others", "rule"], UserError::new(code::INVALID_RULE, message));
        }
        input.rights(None)
    }

    fn object(&mut self, objects: &mut BTreeMap<std::sync::Arc<str>, ObjectRights>, input: &ObjectInput, at: usize) {
        let (catalog, at) = (self.catalog, at.to_string());
        let here = |step| ["objects", at.as_str(), step];
        let Some(name) = input.object.as_deref() else {
            return self.refuse(&here("object"), UserError::new(code::REQUIRED, "Say which object."));
        };
        let Some(object) = self.named(name, &here("object")) else { return };
        if objects.contains_key(&object.key()) {
            return self.refuse(&here("object"), named_twice(&object.label_plural));
        }
        let needs_rule = input.levels().find(|(_, level)| *level == Level::Rule);
        let rule = match (&input.rule, needs_rule) {
            (None, None) => None,
            (None, Some((action, _))) => {
                let message = format!("The level of {action} is RULE: say the rule.");
                self.refuse(&here("rule"), UserError::new(code::INVALID_RULE, message));
                None
            }
            (Some(_), None) => {
                let message = "No level of this object is RULE: leave the rule out, or say where it holds.";
                self.refuse(&here("rule"), UserError::new(code::INVALID_RULE, message));
                None
            }
            (Some(rule), Some(_)) => match rule::by_keys(catalog, object, rule) {
                Ok(kept) => {
                    match rule::mentions(catalog, object, &kept).into_iter().find(|(_, it)| it.shadow.is_some()) {
                        None => Some(kept),
                        Some((_, field)) => {
                            let message = format!("{} is being converted to another type: wait for that.", field.label);
                            self.refuse(&here("rule"), UserError::new(code::INVALID_RULE, message));
                            None
                        }
                    }
                }
                Err(error) => {
                    let path: Vec<&str> =
                        here("rule").into_iter().chain(error.path.iter().map(String::as_str)).collect();
                    self.refuse(&path, UserError::new(code::INVALID_RULE, error.message));
                    None
                }
            },
        };
        objects.insert(object.key(), input.rights(rule));
    }

    fn field(&mut self, rights: &mut RoleRights, input: &FieldInput, at: usize) {
        let at = at.to_string();
        let here = |step| ["fields", at.as_str(), step];
        let Some(object) = self.named(&input.object, &here("object")) else { return };
        let Some(field) = object.field(&input.field) else {
            let message = format!("{} has no field {}.", object.label, shown(&input.field.as_str().into()));
            return self.refuse(&here("field"), UserError::new(code::UNKNOWN_FIELD, message));
        };
        if field.source == Source::System && !field.is_custom() {
            let message = if field.made_of.is_empty() {
                format!("{} is kept by Rapport: whoever sees a record sees it.", field.label)
            } else {
                let made_of: Vec<&str> = field.made_of.iter().map(|name| &**name).collect();
                format!("{} is made of {}: say what may be done with those.", field.label, made_of.join(" and "))
            };
            return self.refuse(&here("field"), UserError::new(code::READ_ONLY, message));
        }
        if input.access == FieldAccess::Masked && !field.is_maskable() {
            let message = format!("Only texts are shown in part: {} is READ, or not shown at all.", field.label);
            return self.refuse(&here("access"), UserError::new(code::NOT_MASKABLE, message));
        }
        let known = rights.fields.entry(object.key()).or_default().insert(field.key(), input.access);
        if known.is_some() {
            self.refuse(&here("field"), named_twice(&field.label));
        }
    }

    fn named(&mut self, name: &str, path: &[&str]) -> Option<&'c Object> {
        let found = self.catalog.object(name).map(|object| &**object);
        if found.is_none() {
            let message = format!("There is no object {}.", shown(&name.into()));
            self.refuse(path, UserError::new(code::NOT_FOUND, message));
        }
        found
    }
}

fn named_twice(what: &str) -> UserError {
    UserError::new(code::DUPLICATE, format!("{what}: named twice."))
}

impl ObjectInput {
    fn level(&self, action: Action) -> Level {
        let given = match action {
            Action::Read => self.read,
            Action::Update => self.update,
            Action::Delete => self.delete,
            Action::Restore => self.restore,
            Action::Export => self.export,
        };
        given.unwrap_or_default()
    }

    fn levels(&self) -> impl Iterator<Item = (&'static str, Level)> {
        Action::ALL.map(|action| (action.as_str(), self.level(action))).into_iter()
    }

    fn rights(&self, rule: Option<Json>) -> ObjectRights {
        ObjectRights {
            create: self.create.unwrap_or_default(),
            import: self.import.unwrap_or_default(),
            read: self.level(Action::Read),
            update: self.level(Action::Update),
            delete: self.level(Action::Delete),
            restore: self.level(Action::Restore),
            export: self.level(Action::Export),
            rule,
        }
    }
}
