use std::{cell::Cell, fmt};

use async_graphql::registry::MetaTypeName;
use serde_json::Value as Json;

use super::{
    Field, Kind, Span, Type,
    view::{Shape, View},
};

/// The first thing about a value that its type does not allow.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `filter.and.0.name`
    pub at: String,
    pub problem: String,
}

/// Where in a value something stands.
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    segment: Segment<'a>,
    /// One value was found in there where the type has a list.
    has_single: Cell<bool>,
}

enum Segment<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    pub fn root(name: &'a str) -> Self {
        Self::new(None, Segment::Name(name))
    }

    fn field(&'a self, name: &'a str) -> Self {
        Self::new(Some(self), Segment::Name(name))
    }

    fn item(&'a self, index: usize) -> Self {
        Self::new(Some(self), Segment::Index(index))
    }

    fn new(parent: Option<&'a Self>, segment: Segment<'a>) -> Self {
        Self { parent, segment, has_single: Cell::new(false) }
    }

    /// Whether a value that fits is to be put in [lists](Type::enlist).
    pub fn has_single(&self) -> bool {
        self.has_single.get()
    }

    fn note_single(&self) {
        self.has_single.set(true);
        if let Some(parent) = self.parent {
            parent.note_single();
        }
    }

    fn mismatch(&self, problem: String) -> Mismatch {
        Mismatch { at: self.to_string(), problem }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}.")?;
        }
        match self.segment {
            Segment::Name(name) => f.write_str(name),
            Segment::Index(index) => write!(f, "{index}"),
        }
    }
}

impl<'i> Type<'i> {
    /// Where and why `value` is not of this type. Variables in it are not its concern.
    pub fn mismatch<V: View>(self, value: &V, at: &At) -> Option<Mismatch> {
        match (MetaTypeName::create(self.text), value.shape()) {
            (_, Shape::Variable) => None,
            (MetaTypeName::NonNull(_), Shape::Null) => Some(self.expected(at)),
            (MetaTypeName::NonNull(inner), _) => self.inner(inner).mismatch(value, at),
            (_, Shape::Null) => None,
            (MetaTypeName::List(item), Shape::List(items)) => {
                let item = self.inner(item);
                items.iter().enumerate().find_map(|(index, value)| item.mismatch(value, &at.item(index)))
            }
            // The language takes one value for a list of one.
            (MetaTypeName::List(item), _) => {
                at.note_single();
                self.inner(item).mismatch(value, at)
            }
            (MetaTypeName::Named(_), shape) => match self.kind {
                Kind::Scalar(scalar) => {
                    let fits = match shape {
                        Shape::Text(text) => scalar.takes_text(text),
                        Shape::Number(number) => scalar.takes_number(number),
                        Shape::Boolean => scalar.takes_boolean(),
                        _ => scalar.takes_anything(),
                    };
                    (!fits).then(|| self.expected(at))
                }
                Kind::Enum(values) => match shape {
                    Shape::Text(name) | Shape::Name(name) => self.unknown_choice(values, name, at),
                    _ => Some(self.expected(at)),
                },
                Kind::Object { one_of, fields } => match shape {
                    Shape::Object => self.in_object(*one_of, fields, value, at),
                    _ => Some(self.expected(at)),
                },
            },
        }
    }

    /// Puts single values in lists of one where the type has lists, as the language's coercion does. The value fits.
    pub fn enlist(self, value: &mut Json) {
        match MetaTypeName::create(self.text) {
            _ if value.is_null() => {}
            MetaTypeName::NonNull(inner) => self.inner(inner).enlist(value),
            MetaTypeName::List(item) => {
                if !value.is_array() {
                    *value = Json::Array(vec![value.take()]);
                }
                value.as_array_mut().into_iter().flatten().for_each(|value| self.inner(item).enlist(value));
            }
            MetaTypeName::Named(_) => {
                let Kind::Object { fields, .. } = self.kind else { return };
                for (name, value) in value.as_object_mut().into_iter().flatten() {
                    if let Some(field) = self.field(fields, name) {
                        field.enlist(value);
                    }
                }
            }
        }
    }

    fn in_object<V: View>(self, one_of: bool, fields: &'i [Field], value: &V, at: &At) -> Option<Mismatch> {
        if one_of {
            let mut members = value.members();
            let one = members.next().filter(|(_, value)| !matches!(value.shape(), Shape::Null));
            if one.is_none() || members.next().is_some() {
                return Some(at.mismatch(format!("\"{}\" needs exactly one field, not null", self.text)));
            }
        }
        for (name, value) in value.members() {
            let Some(field) = self.field(fields, name) else {
                return Some(at.mismatch(format!("\"{}\" has no field \"{name}\"", self.text)));
            };
            let mismatch = field.mismatch(value, &at.field(name));
            if mismatch.is_some() {
                return mismatch;
            }
        }
        let missing = fields.iter().find(|field| field.required && value.member(self.name(field.name)).is_none())?;
        let (name, ty) = (self.name(missing.name), self.name(missing.ty));
        Some(at.mismatch(format!("field \"{name}\" of type \"{ty}\" is required")))
    }

    fn unknown_choice(self, values: &[Span], name: &str, at: &At) -> Option<Mismatch> {
        let known = values.binary_search_by_key(&name, |value| self.name(*value));
        known.err().map(|_| at.mismatch(format!("\"{}\" has no value \"{name}\"", self.text)))
    }

    fn expected(self, at: &At) -> Mismatch {
        at.mismatch(format!("expected type \"{}\"", self.text))
    }

    /// The type in a list or before a `!`.
    fn inner(self, text: &'i str) -> Self {
        Self { text, ..self }
    }

    fn field(self, fields: &[Field], name: &str) -> Option<Self> {
        let at = fields.binary_search_by_key(&name, |field| self.name(field.name)).ok()?;
        Some(self.of(&fields[at]))
    }

    fn of(self, field: &Field) -> Self {
        Self { text: self.name(field.ty), kind: &self.inputs.types[field.named as usize].kind, ..self }
    }

    fn name(self, span: Span) -> &'i str {
        span.of(&self.inputs.text)
    }
}
