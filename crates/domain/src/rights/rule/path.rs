use serde_json::Value as Json;

use super::{InvalidRule, sample};
use crate::{
    catalog::{Catalog, Field, Object},
    rights::Viewer,
};

const VIEWER: &str = "$viewer.";

/// The value of the viewer that a text of a rule stands for: `$viewer.teamId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewerPath<'p> {
    Id,
    TeamId,
    TeamIds,
    MemberIds,
    /// A field of the user's record, by name; by key in a rule as it is kept.
    User(&'p str),
    /// A field of the record of the user's team.
    Team(&'p str),
}

impl<'p> ViewerPath<'p> {
    /// `None` for a text that stands for itself.
    pub fn parse(text: &'p str) -> Option<Self> {
        Some(match text.strip_prefix(VIEWER)? {
            "id" => Self::Id,
            "teamId" => Self::TeamId,
            "teamIds" => Self::TeamIds,
            "memberIds" => Self::MemberIds,
            path => path.strip_prefix("team.").map_or(Self::User(path), Self::Team),
        })
    }

    /// All of a rule.
    pub fn all_in(rule: &'p Json) -> Vec<Self> {
        match rule {
            Json::String(text) => Self::parse(text).into_iter().collect(),
            Json::Array(items) => items.iter().flat_map(Self::all_in).collect(),
            Json::Object(entries) => entries.values().flat_map(Self::all_in).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether its value is in the viewer's record.
    pub fn asks_for_record(self) -> bool {
        matches!(self, Self::TeamId | Self::User(_) | Self::Team(_))
    }

    /// Its value, for a path by names.
    pub fn value(self, catalog: &Catalog, viewer: &Viewer) -> Option<Json> {
        let ids = |ids: &[uuid::Uuid]| Json::from(ids.iter().map(ToString::to_string).collect::<Vec<_>>());
        let of_user = || viewer.record.as_ref();
        let record = match self {
            Self::Id => return viewer.user.map(|user| user.to_string().into()),
            Self::TeamIds => return Some(ids(&viewer.teams)),
            Self::MemberIds => return Some(ids(&viewer.members)),
            Self::TeamId => return of_user()?.get("team")?.get("id").cloned(),
            Self::User(_) => of_user()?,
            Self::Team(_) => of_user()?.get("team")?.as_object()?,
        };
        let (object, name) = self.place(catalog)?;
        let key = object.field(name)?.key();
        let value = match key.strip_prefix("custom:") {
            Some(key) => record.get("custom")?.get(key)?,
            None => record.get(&*key)?,
        };
        Some(value.clone()).filter(|value| !value.is_null())
    }

    /// A value that it could have, to try a rule with.
    pub fn sample(self, catalog: &Catalog) -> Json {
        let id = || Json::from(uuid::Uuid::nil().to_string());
        match self {
            Self::Id | Self::TeamId => id(),
            Self::TeamIds | Self::MemberIds => vec![id()].into(),
            Self::User(_) | Self::Team(_) => {
                let field = self.place(catalog).and_then(|(object, name)| object.field(name));
                field.and_then(|field| sample(field)).unwrap_or_default()
            }
        }
    }

    /// The field that it names, for a path by keys.
    pub fn field(self, catalog: &Catalog) -> Option<(&Object, &Field)> {
        let (object, key) = self.place(catalog)?;
        Some((object, object.field_by_key(key)?))
    }

    /// The same path as text, with its field written as `find` answers.
    pub fn rewritten(
        self,
        catalog: &Catalog,
        find: impl Fn(&Object, &str) -> Option<String>,
    ) -> Result<String, InvalidRule> {
        let path = match self {
            Self::Id => "id".to_owned(),
            Self::TeamId => "teamId".to_owned(),
            Self::TeamIds => "teamIds".to_owned(),
            Self::MemberIds => "memberIds".to_owned(),
            Self::User(name) | Self::Team(name) => {
                let before = if matches!(self, Self::Team(_)) { "team." } else { "" };
                let found = self.place(catalog).and_then(|(object, name)| find(object, name));
                let named = found.ok_or_else(|| {
                    let path = format!("{VIEWER}{before}{name}");
                    InvalidRule::new(format!("`{path}` is nothing that a viewer has and that can be compared."))
                })?;
                format!("{before}{named}")
            }
        };
        Ok(format!("{VIEWER}{path}"))
    }

    /// The object of the field, and the field as it is written here.
    fn place(self, catalog: &Catalog) -> Option<(&Object, &'p str)> {
        let (key, field) = match self {
            Self::User(field) => ("users", field),
            Self::Team(field) => ("team", field),
            Self::Id | Self::TeamId | Self::TeamIds | Self::MemberIds => return None,
        };
        Some((catalog.objects().iter().find(|object| &*object.key() == key)?, field))
    }
}
