//! What a template can say. Where it says nothing of an own object or field, that is what the registry makes of it.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Number, Value as Json};

use crate::catalog::{Privacy, Section, field::sentence_case, object::lower_first, registry::label_of};

/// The format that this release writes, and the newest that it reads.
pub(super) const FORMAT: i64 = 1;
/// The first release that reads [`FORMAT`]. The file says it for releases that do not.
pub(super) const RELEASE: &str = "0.1.0";
/// What `nameField` says where no field stands for a record.
pub(super) const UNNAMED: &str = "id";

#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pub objects: Vec<ObjectPart>,
    pub fields: Vec<FieldPart>,
    pub standard_objects: Vec<StandardObject>,
    pub standard_fields: Vec<StandardField>,
    pub layouts: Vec<Layout>,
}

/// The kinds of tables of a template, by their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Object,
    Field,
    StandardObject,
    StandardField,
    Layout,
}

impl Part {
    pub const ALL: [Self; 5] = [Self::Object, Self::Field, Self::StandardObject, Self::StandardField, Self::Layout];

    pub fn key(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Field => "field",
            Self::StandardObject => "standardObject",
            Self::StandardField => "standardField",
            Self::Layout => "layout",
        }
    }
}

/// An object of the tenant's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ObjectPart {
    pub name: String,
    pub plural: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub label_plural: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(skip_serializing)]
    pub name_field: String,
}

/// A field of the tenant's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of the file")]
pub(super) struct FieldPart {
    #[serde(skip_serializing)]
    pub object: String,
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub help: Option<String>,
    #[serde(default)]
    pub target: Option<String>,
    #[serde(default)]
    pub inverse: Option<String>,
    #[serde(default)]
    pub inverse_label: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub filterable: bool,
    #[serde(default)]
    pub searchable: bool,
    #[serde(default)]
    pub restricted: bool,
    #[serde(default)]
    pub encrypted: bool,
    #[serde(default)]
    pub privacy: Privacy,
    /// Where phone numbers without a country code are from.
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default, deserialize_with = "json")]
    pub default: Option<Json>,
    /// The default as a text of JSON: for what TOML cannot say.
    #[serde(default, skip_serializing)]
    pub default_json: Option<String>,
    #[serde(default)]
    pub options: Option<Vec<OptionPart>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionPart {
    pub value: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub color: Option<String>,
}

/// What a tenant calls a standard object. What is left out stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StandardObject {
    #[serde(skip_serializing)]
    pub name: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub label_plural: Option<String>,
}

/// What a tenant made of a standard field. What is left out stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandardField {
    #[serde(skip_serializing)]
    pub object: String,
    #[serde(skip_serializing)]
    pub name: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub options: Option<Vec<OptionPart>>,
}

/// How the fields of an object stand on the page of a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    pub object: String,
    pub sections: Vec<SectionPart>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionPart {
    #[serde(default)]
    pub label: Option<String>,
    pub fields: Vec<String>,
}

impl ObjectPart {
    /// As the registry would keep it, so that what is the same compares the same.
    pub fn settle(&mut self) {
        trim(&mut self.name);
        self.plural = lower_first(self.plural.trim());
        let label = sentence_case(&lower_first(&self.name));
        self.label = Some(self.label.as_deref().map_or(label, |label| label.trim().to_owned()));
        let plural = sentence_case(&self.plural);
        self.label_plural = Some(self.label_plural.as_deref().map_or(plural, |label| label.trim().to_owned()));
        note(&mut self.description);
    }

    pub fn input(&self) -> Map<String, Json> {
        input(self)
    }
}

impl FieldPart {
    /// As the registry would keep it.
    pub fn settle(&mut self) {
        let label = sentence_case(&self.name);
        self.label = Some(self.label.as_deref().map_or(label, |label| label.trim().to_owned()));
        note(&mut self.description);
        note(&mut self.help);
        self.inverse_label.as_mut().into_iter().for_each(trim);
        self.options.iter_mut().flatten().for_each(OptionPart::settle);
        if self.type_name == "USER" && self.target.as_deref() == Some("User") {
            self.target = None;
        }
    }

    /// The object that it points to, where it is a relation.
    pub fn points_to(&self) -> Option<&str> {
        match self.type_name.as_str() {
            "USER" => Some("User"),
            "RELATION" => self.target.as_deref(),
            _ => None,
        }
    }

    pub fn input(&self) -> Map<String, Json> {
        input(self)
    }
}

impl OptionPart {
    fn settle(&mut self) {
        trim(&mut self.value);
        note(&mut self.label);
        note(&mut self.color);
        self.label.get_or_insert_with(|| label_of(&self.value));
    }
}

impl StandardObject {
    pub fn settle(&mut self) {
        [&mut self.label, &mut self.label_plural].into_iter().flatten().for_each(trim);
    }

    pub fn input(&self) -> Map<String, Json> {
        input(self)
    }
}

impl StandardField {
    pub fn settle(&mut self) {
        self.label.as_mut().into_iter().for_each(trim);
        self.options.iter_mut().flatten().for_each(OptionPart::settle);
    }

    pub fn input(&self) -> Map<String, Json> {
        input(self)
    }
}

impl Layout {
    pub fn settle(&mut self) {
        for section in &mut self.sections {
            note(&mut section.label);
        }
    }

    pub fn sections(&self) -> Vec<Section> {
        let section = |part: &SectionPart| Section {
            label: part.label.as_deref().map(Into::into),
            fields: part.fields.iter().map(|name| name.as_str().into()).collect(),
        };
        self.sections.iter().map(section).collect()
    }
}

/// What the registry is told: every key, null where there is nothing.
fn input(part: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(part) {
        Ok(Json::Object(map)) => map,
        _ => Map::new(),
    }
}

fn trim(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        *text = trimmed.to_owned();
    }
}

/// A text that is not there when it is blank.
fn note(text: &mut Option<String>) {
    text.as_mut().into_iter().for_each(trim);
    text.take_if(|text| text.is_empty());
}

fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    to_json(value).map(Some).ok_or_else(|| D::Error::custom("a number here is finite"))
}

fn to_json(value: toml::Value) -> Option<Json> {
    Some(match value {
        toml::Value::String(text) => Json::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => Json::Number(Number::from_f64(number)?),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(moment) => Json::String(moment.to_string()),
        toml::Value::Array(items) => Json::Array(items.into_iter().map(to_json).collect::<Option<_>>()?),
        toml::Value::Table(table) => {
            Json::Object(table.into_iter().map(|(key, value)| Some((key, to_json(value)?))).collect::<Option<_>>()?)
        }
    })
}
