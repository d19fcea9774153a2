//! From a template to the text of a file: in a fixed order and a fixed form, so that versions of it compare well.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::file::{FORMAT, FieldPart, ObjectPart, OptionPart, Part, RELEASE, SectionPart, Template};
use crate::catalog::Privacy;

const HEAD: &str =
    "# The catalog of a Rapport workspace. `rapport catalog apply --tenant <slug> FILE` brings it to another.";

pub(super) fn write(template: &Template) -> String {
    let mut file = File(format!("{HEAD}\nformat = {FORMAT}\nrelease = {}\n", quoted(RELEASE)));
    for part in &template.standard_objects {
        file.table(Part::StandardObject);
        file.text("name", Some(&part.name));
        file.text("label", part.label.as_deref());
        file.text("labelPlural", part.label_plural.as_deref());
    }
    for part in &template.standard_fields {
        file.table(Part::StandardField);
        file.text("object", Some(&part.object));
        file.text("name", Some(&part.name));
        file.text("label", part.label.as_deref());
        file.options(part.options.as_deref());
    }
    template.objects.iter().for_each(|part| file.object(part));
    template.fields.iter().for_each(|part| file.field(part));
    for part in &template.layouts {
        file.table(Part::Layout);
        file.text("object", Some(&part.object));
        file.list("sections", part.sections.iter().map(section));
    }
    file.0
}

struct File(String);

impl File {
    fn table(&mut self, part: Part) {
        let _ = write!(self.0, "\n[[{}]]\n", part.key());
    }

    fn line(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.0, "{key} = {value}");
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(key, &quoted(value));
        }
    }

    fn list(&mut self, key: &str, items: impl Iterator<Item = String>) {
        let items: String = items.map(|item| format!("  {item},\n")).collect::<Vec<_>>().concat();
        self.line(key, &format!("[\n{items}]"));
    }

    fn options(&mut self, options: Option<&[OptionPart]>) {
        if let Some(options) = options {
            self.list("options", options.iter().map(option));
        }
    }

    fn object(&mut self, part: &ObjectPart) {
        self.table(Part::Object);
        self.text("name", Some(&part.name));
        self.text("plural", Some(&part.plural));
        self.text("label", part.label.as_deref());
        self.text("labelPlural", part.label_plural.as_deref());
        self.text("description", part.description.as_deref());
        self.text("nameField", Some(&part.name_field));
    }

    fn field(&mut self, part: &FieldPart) {
        self.table(Part::Field);
        self.text("object", Some(&part.object));
        self.text("name", Some(&part.name));
        self.text("type", Some(&part.type_name));
        self.text("label", part.label.as_deref());
        self.text("description", part.description.as_deref());
        self.text("help", part.help.as_deref());
        self.text("target", part.target.as_deref());
        self.text("inverse", part.inverse.as_deref());
        self.text("inverseLabel", part.inverse_label.as_deref());
        let flags = [
            ("required", part.required),
            ("unique", part.unique),
            ("filterable", part.filterable),
            ("searchable", part.searchable),
            ("restricted", part.restricted),
            ("encrypted", part.encrypted),
        ];
        for (key, _) in flags.into_iter().filter(|(_, is_set)| *is_set) {
            self.line(key, "true");
        }
        if part.privacy != Privacy::None {
            self.text("privacy", Some(part.privacy.as_str()));
        }
        self.text("region", part.region.as_deref());
        if let Some(default) = &part.default {
            match inline(default) {
                Some(value) => self.line("default", &value),
                None => self.text("defaultJson", Some(&default.to_string())),
            }
        }
        self.options(part.options.as_deref());
    }
}

fn option(part: &OptionPart) -> String {
    let label = part.label.as_deref().map(|label| format!(", label = {}", quoted(label))).unwrap_or_default();
    let color = part.color.as_deref().map(|color| format!(", color = {}", quoted(color))).unwrap_or_default();
    format!("{{ value = {}{label}{color} }}", quoted(&part.value))
}

fn section(part: &SectionPart) -> String {
    let label = part.label.as_deref().map(|label| format!("label = {}, ", quoted(label))).unwrap_or_default();
    let fields: Vec<_> = part.fields.iter().map(|name| quoted(name)).collect();
    format!("{{ {label}fields = [{}] }}", fields.join(", "))
}

/// On one line whatever is in it: line ends that a version control changes would be a change of the text.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A value of JSON as one of TOML, where there is one: TOML has no null, and integers of 64 bits with a sign.
fn inline(value: &Json) -> Option<String> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(flag) => flag.to_string(),
        Json::String(text) => quoted(text),
        Json::Number(number) if number.is_u64() || number.is_i64() => number.as_i64()?.to_string(),
        Json::Number(number) => format!("{:?}", number.as_f64()?),
        Json::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(inline).collect();
            format!("[{}]", items?.join(", "))
        }
        Json::Object(members) if members.is_empty() => "{}".into(),
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| *key);
            let members =
                members.into_iter().map(|(key, value)| Some(format!("{} = {}", self::key(key), inline(value)?)));
            format!("{{ {} }}", members.collect::<Option<Vec<_>>>()?.join(", "))
        }
    })
}

fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { quoted(name) }
}
