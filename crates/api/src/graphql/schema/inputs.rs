//! What a graph takes: its scalars, enums and input objects, in a fiftieth of the schema's size, so that the
//! values of each request can be checked without it.

mod mismatch;
mod text;
mod view;

use async_graphql::registry::{MetaInputValue, MetaType, MetaTypeName};

pub use self::mismatch::At;
use self::text::{Span, Texts};
use super::{Schema, scalars::Scalar};

#[derive(Debug)]
pub struct Inputs {
    /// Every name, once.
    text: Box<str>,
    /// By name.
    types: Box<[Named]>,
}

#[derive(Debug)]
struct Named {
    name: Span,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Scalar(Scalar),
    Enum(Box<[Span]>),
    /// Fields by name.
    Object {
        one_of: bool,
        fields: Box<[Field]>,
    },
}

#[derive(Debug)]
struct Field {
    name: Span,
    /// `[ContactFilter!]`
    ty: Span,
    /// What the name in it stands for.
    named: u32,
    required: bool,
}

/// A type as it is written in some place: `[ContactFilter!]`.
#[derive(Clone, Copy)]
pub struct Type<'i> {
    inputs: &'i Inputs,
    text: &'i str,
    kind: &'i Kind,
}

impl Inputs {
    pub fn of(schema: &Schema) -> Self {
        let registry = &schema.inner.registry().types;
        // A map in order: what is found by name must stand by name.
        let known: Vec<(&str, &MetaType)> = registry
            .iter()
            .map(|(name, ty)| (name.as_str(), ty))
            .filter(|(_, ty)| {
                matches!(ty, MetaType::Scalar { .. } | MetaType::Enum { .. } | MetaType::InputObject { .. })
            })
            .collect();
        let mut texts = Texts::default();
        let field = |field: &MetaInputValue, texts: &mut Texts| {
            let name = MetaTypeName::concrete_typename(&field.ty);
            let named = known.binary_search_by_key(&name, |(known, _)| *known).ok()?;
            Some(Field {
                name: texts.add(&field.name),
                ty: texts.add(&field.ty),
                named: u32::try_from(named).ok()?,
                required: field.ty.ends_with('!') && field.default_value.is_none(),
            })
        };
        let types = known.iter().map(|(name, ty)| {
            let kind = match ty {
                MetaType::Enum { enum_values, .. } => Kind::Enum(texts.sorted(enum_values.keys().map(String::as_str))),
                MetaType::InputObject { input_fields, oneof, .. } => {
                    let mut fields: Vec<&MetaInputValue> = input_fields.values().collect();
                    fields.sort_unstable_by_key(|field| &field.name);
                    let fields = fields.into_iter().filter_map(|one| field(one, &mut texts)).collect();
                    Kind::Object { one_of: *oneof, fields }
                }
                _ => Kind::Scalar(Scalar::named(name)),
            };
            Named { name: texts.add(name), kind }
        });
        let types = types.collect();
        Self { text: texts.end(), types }
    }

    /// Only what these types need; `None` where one of them is an input object, which may need all.
    pub fn leaves<'t>(&self, types: impl Iterator<Item = &'t str>) -> Option<Self> {
        let mut names: Vec<&str> = types.map(MetaTypeName::concrete_typename).collect();
        names.sort_unstable();
        names.dedup();
        let mut texts = Texts::default();
        let leaf = |name: &str| {
            let kind = match self.kind(name)? {
                Kind::Scalar(scalar) => Kind::Scalar(*scalar),
                Kind::Enum(values) => Kind::Enum(texts.sorted(values.iter().map(|value| value.of(&self.text)))),
                Kind::Object { .. } => return None,
            };
            Some(Named { name: texts.add(name), kind })
        };
        let types = names.into_iter().map(leaf).collect::<Option<_>>()?;
        Some(Self { text: texts.end(), types })
    }

    /// `None` for what no value can be of.
    pub fn ty<'i>(&'i self, text: &'i str) -> Option<Type<'i>> {
        let kind = self.kind(MetaTypeName::concrete_typename(text))?;
        Some(Type { inputs: self, text, kind })
    }

    /// What it occupies, in bytes.
    pub fn bytes(&self) -> usize {
        let of = |ty: &Named| match &ty.kind {
            Kind::Scalar(_) => 0,
            Kind::Enum(values) => size_of_val(&**values),
            Kind::Object { fields, .. } => size_of_val(&**fields),
        };
        self.text.len() + size_of_val(&*self.types) + self.types.iter().map(of).sum::<usize>()
    }

    fn kind(&self, name: &str) -> Option<&Kind> {
        let at = self.types.binary_search_by_key(&name, |ty| ty.name.of(&self.text)).ok()?;
        Some(&self.types[at].kind)
    }
}

#[cfg(test)]
mod tests;
