use std::{borrow::Cow, collections::HashSet};

use async_graphql::dynamic::{
    Enum, Field, FieldFuture, InputObject, InputValue, Object, ResolverContext, Scalar, Schema, SchemaBuilder, Type,
    TypeRef,
};
use rapport_domain::catalog;

/// The types of a graph while it is being put together.
#[derive(Default)]
pub struct Types {
    types: Vec<Type>,
    names: HashSet<String>,
}

impl Types {
    /// Adds a type. A name belongs to whoever came first.
    pub fn add(&mut self, ty: impl Named) {
        if self.names.insert(ty.name().to_owned()) {
            self.types.push(ty.into());
        } else {
            tracing::error!(graphql.type = ty.name(), "Two types of a graph have one name: the second is left out");
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub fn count(&self) -> usize {
        self.types.len()
    }

    pub fn into_builder(self, query: &str, mutation: &str) -> SchemaBuilder {
        self.types.into_iter().fold(Schema::build(query, Some(mutation), None), SchemaBuilder::register)
    }
}

/// A type that knows what it is called.
pub trait Named: Into<Type> {
    fn name(&self) -> &str;
}

macro_rules! named {
    ($($ty:ty),*) => { $(impl Named for $ty { fn name(&self) -> &str { self.type_name() } })* };
}
named!(Enum, InputObject, Object, Scalar);

/// A field that only the record engine can answer.
pub fn record_field(name: impl Into<String>, ty: TypeRef, about: &str) -> Field {
    Field::new(name, ty, engine_only).description(clean(about))
}

fn engine_only(ctx: ResolverContext<'_>) -> FieldFuture<'_> {
    FieldFuture::new(async move {
        tracing::error!(graphql.field = ctx.field().name(), "A record field reached async-graphql's executor");
        Err::<Option<async_graphql::Value>, _>(async_graphql::Error::new("Something went wrong on our side."))
    })
}

pub fn input_field(name: impl Into<String>, ty: TypeRef, about: &str) -> InputValue {
    InputValue::new(name, ty).description(clean(about))
}

pub fn list_nn(item: impl Into<String>) -> TypeRef {
    TypeRef::named_nn_list(item)
}

/// Text that is safe in any form of SDL: one line, no escapes.
pub fn clean(text: &str) -> String {
    let plain: Cow<'_, str> =
        if text.contains(['\\', '"']) { text.replace('\\', "/").replace('"', "'").into() } else { text.into() };
    plain
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// One record of an object, in a sentence: `an opportunity`.
pub fn a(object: &catalog::Object) -> String {
    let article = if object.singular.starts_with(['a', 'e', 'i', 'o', 'u']) && !object.singular.starts_with("user") {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", object.singular)
}
