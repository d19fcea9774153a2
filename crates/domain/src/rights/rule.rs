//! Rules: filters over a record and the viewer.
//!
//! A rule is written like any filter of its object. A text that starts with `$viewer.` stands for a value of the
//! viewer: `$viewer.id`, `$viewer.teamId`, `$viewer.teamIds` and `$viewer.memberIds` (with `in`), a field of the user
//! (`$viewer.region`) or of the team (`$viewer.team.region`). Where the viewer has no such value, the rule matches
//! nothing. It is kept by the keys of fields, so that their names may change.

mod path;

use serde_json::{Map, Value as Json};

pub use self::path::ViewerPath;
use super::Viewer;
use crate::{
    catalog::{Catalog, Field, Kind, Object, types::Shape},
    plan,
};

/// Bytes of a rule as JSON.
pub const RULE_LIMIT: usize = 10_000;

/// Behind the key of a relation that is compared by id.
const ID: &str = "#id";
const QUANTIFIERS: [&str; 3] = ["some", "none", "every"];
const CONNECTIVES: [&str; 3] = ["and", "or", "not"];

/// Why a rule cannot be one, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule {
    pub path: Vec<String>,
    pub message: String,
}

impl InvalidRule {
    fn new(message: impl Into<String>) -> Self {
        Self { path: Vec::new(), message: message.into() }
    }

    fn below(mut self, name: &str) -> Self {
        self.path.insert(0, name.to_owned());
        self
    }
}

/// A rule by names as it is kept.
pub(super) fn by_keys(catalog: &Catalog, object: &Object, rule: &Json) -> Result<Json, InvalidRule> {
    if rule.to_string().len() > RULE_LIMIT {
        return Err(InvalidRule::new("The rule is too long."));
    }
    let kept = Walk { catalog, to: Form::Keys }.filter(object, rule)?;
    // What no filter takes is no rule: tried with a viewer who has everything.
    let sample = sampled(catalog, rule);
    plan::check_filter(catalog, object, &sample).map_err(|error| match error {
        // Its place begins with that of the whole.
        plan::Error::Input { at, message, .. } => {
            let path = at.split('.').skip(1).map(str::to_owned).collect();
            InvalidRule { path, message: format!("No filter of {}: it {message}.", object.label_plural) }
        }
        error => InvalidRule::new(format!("No filter of {}: {error}.", object.label_plural)),
    })?;
    Ok(kept)
}

/// The fields that a rule, as it is kept, looks at, each with its object. What is gone is left out.
pub(super) fn mentions<'c>(catalog: &'c Catalog, object: &'c Object, kept: &Json) -> Vec<(&'c Object, &'c Field)> {
    let mut found = Vec::new();
    mentioned(catalog, object, kept, &mut found);
    found
}

fn mentioned<'c>(catalog: &'c Catalog, object: &'c Object, kept: &Json, found: &mut Vec<(&'c Object, &'c Field)>) {
    match kept {
        Json::Array(items) => items.iter().for_each(|item| mentioned(catalog, object, item, found)),
        Json::Object(entries) => {
            for (name, inner) in entries {
                let key = name.strip_suffix(ID).unwrap_or(name);
                if CONNECTIVES.contains(&key) || QUANTIFIERS.contains(&key) {
                    mentioned(catalog, object, inner, found);
                } else if let Some(field) = object.field_by_key(key) {
                    found.push((object, field));
                    // A list reveals the relation at its other side.
                    if matches!(field.kind, Kind::Many { .. }) {
                        found.extend(catalog.behind(object, field));
                    }
                    let target = catalog.target(field).filter(|_| key.len() == name.len());
                    match target {
                        Some(target) => mentioned(catalog, target, inner, found),
                        None => {
                            found.extend(ViewerPath::all_in(inner).into_iter().filter_map(|path| path.field(catalog)));
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

/// A rule as it is kept, by the names of today. `None` where something is gone that it speaks of.
pub fn by_names(catalog: &Catalog, object: &Object, kept: &Json) -> Option<Json> {
    Walk { catalog, to: Form::Names }.filter(object, kept).ok()
}

/// A rule, by names, for one viewer; `None` where the viewer lacks what it asks for.
pub fn bind(catalog: &Catalog, rule: &Json, viewer: &Viewer) -> Option<Json> {
    Some(match rule {
        Json::String(text) => match ViewerPath::parse(text) {
            Some(path) => path.value(catalog, viewer)?,
            None => rule.clone(),
        },
        Json::Array(items) => items.iter().map(|item| bind(catalog, item, viewer)).collect::<Option<Vec<_>>>()?.into(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, inner)| {
                let bound = bind(catalog, inner, viewer)?;
                // Viewers choose some of their values: those are compared as they are, and are no patterns.
                let is_theirs = *name == "ilike" && bound != *inner;
                let text = bound.as_str().filter(|_| is_theirs).map(plan::escaped);
                Some((name.clone(), text.map_or(bound, Json::from)))
            })
            .collect::<Option<Map<_, _>>>()?
            .into(),
        other => other.clone(),
    })
}

/// Whether the rule uses fields of the viewer's record.
pub(super) fn asks_for_record(rule: &Json) -> bool {
    ViewerPath::all_in(rule).into_iter().any(ViewerPath::asks_for_record)
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Keys,
    Names,
}

/// Rewrites a filter from names to keys, or back.
struct Walk<'c> {
    catalog: &'c Catalog,
    to: Form,
}

impl Walk<'_> {
    fn filter(&self, object: &Object, filter: &Json) -> Result<Json, InvalidRule> {
        let fields = filter.as_object().ok_or_else(|| InvalidRule::new("A filter is an object."))?;
        let mut out = Map::new();
        for (name, inner) in fields {
            let (name_out, inner) = self.entry(object, name, inner).map_err(|error| error.below(name))?;
            out.insert(name_out, inner);
        }
        Ok(out.into())
    }

    fn entry(&self, object: &Object, name: &str, inner: &Json) -> Result<(String, Json), InvalidRule> {
        if CONNECTIVES.contains(&name) {
            let inner = match inner {
                Json::Array(items) => {
                    items.iter().map(|item| self.filter(object, item)).collect::<Result<Vec<_>, _>>()?.into()
                }
                one => self.filter(object, one)?,
            };
            return Ok((name.to_owned(), inner));
        }
        let (field, is_id) = self.find(object, name).ok_or_else(|| {
            InvalidRule::new(format!("{} has no field `{name}` that a rule can look at.", object.label))
        })?;
        let named = match (self.to, is_id) {
            (Form::Keys, false) => field.key().to_string(),
            (Form::Keys, true) => format!("{}{ID}", field.key()),
            (Form::Names, false) => field.name.to_string(),
            (Form::Names, true) => field.id_name().unwrap_or_default(),
        };
        let target = || self.catalog.target(field).ok_or_else(|| InvalidRule::new("The relation leads nowhere."));
        let inner = match &field.kind {
            Kind::One(_) if !is_id => self.filter(target()?, inner)?,
            Kind::Many { .. } => {
                let quantified = inner.as_object().ok_or_else(|| InvalidRule::new("A list needs `some`."))?;
                let each = |(quantifier, inner): (&String, &Json)| {
                    if !QUANTIFIERS.contains(&&**quantifier) {
                        return Err(InvalidRule::new("A list needs `some`, `none` or `every`."));
                    }
                    Ok((quantifier.clone(), self.filter(target()?, inner)?))
                };
                quantified.iter().map(each).collect::<Result<Map<_, _>, _>>()?.into()
            }
            _ => self.operands(inner)?,
        };
        Ok((named, inner))
    }

    /// Fields that a rule can look at, by name or by key.
    fn find<'o>(&self, object: &'o Object, name: &str) -> Option<(&'o Field, bool)> {
        let found = match self.to {
            Form::Keys => {
                object.field(name).map(|field| (field, false)).or_else(|| Some((object.field_by_id_name(name)?, true)))
            }
            Form::Names => match name.strip_suffix(ID) {
                Some(key) => object.field_by_key(key).map(|field| (field, true)),
                None => object.field_by_key(name).map(|field| (field, false)),
            },
        };
        let (field, is_id) = found?;
        let is_custom_list = matches!(field.kind, Kind::Many { .. }) && field.is_custom();
        (!field.encrypted && !is_custom_list).then_some((&**field, is_id))
    }

    /// Operands, with the fields of the viewer by keys or by names.
    fn operands(&self, operands: &Json) -> Result<Json, InvalidRule> {
        Ok(match operands {
            Json::String(text) => match ViewerPath::parse(text) {
                Some(path) => path.rewritten(self.catalog, |object, named| self.viewed(object, named))?.into(),
                None => operands.clone(),
            },
            Json::Array(items) => items.iter().map(|item| self.operands(item)).collect::<Result<Vec<_>, _>>()?.into(),
            Json::Object(fields) => fields
                .iter()
                .map(|(name, value)| {
                    let value = self.operands(value).map_err(|error| error.below(name))?;
                    Ok((name.clone(), value))
                })
                .collect::<Result<Map<_, _>, InvalidRule>>()?
                .into(),
            other => other.clone(),
        })
    }

    /// The name or the key of a field of the viewer that can be compared.
    fn viewed(&self, object: &Object, named: &str) -> Option<String> {
        let field = match self.to {
            Form::Keys => object.field(named)?,
            Form::Names => object.field_by_key(named)?,
        };
        let named = if self.to == Form::Keys { field.key() } else { field.name.clone() };
        (!field.encrypted && sample(field).is_some()).then(|| named.to_string())
    }
}

/// The rule for a viewer who has a value in every field.
fn sampled(catalog: &Catalog, rule: &Json) -> Json {
    match rule {
        Json::String(text) => ViewerPath::parse(text).map_or_else(|| rule.clone(), |path| path.sample(catalog)),
        Json::Array(items) => items.iter().map(|item| sampled(catalog, item)).collect::<Vec<_>>().into(),
        Json::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), sampled(catalog, value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A value as the field may have one; `None` where its values cannot be compared with those of a record.
fn sample(field: &Field) -> Option<Json> {
    if let Some(choices) = field.kind.choices() {
        return choices.0.first().map(|choice| Json::from(&*choice.value));
    }
    Some(match field.kind.shape() {
        Shape::Text => "x".into(),
        Shape::Integer | Shape::Number => 1.into(),
        Shape::Decimal => "1".into(),
        Shape::Boolean => true.into(),
        Shape::Date => "2026-01-01".into(),
        Shape::DateTime => "2026-01-01T00:00:00Z".into(),
        Shape::Id => uuid::Uuid::nil().to_string().into(),
        Shape::Options | Shape::Document | Shape::Money => return None,
    })
}
