//! `fieldUsage`, `objectUsage`, `archived`: what to check before something goes, and where it went.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputValue, Object, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::registry::{self, Registry, State, UsageKind},
    rights::Administration,
};
use rapport_tenancy::TenantSession;
use serde::Serialize;

use super::{
    asked::{self, Asked},
    metadata::FIELD_TYPE,
    registrar::text,
};
use crate::graphql::schema::{Types, choices, input_field, member};

const USAGE: &str = "Usage";
const USAGE_KIND: &str = "UsageKind";
const ARCHIVED: &str = "Archived";
const ARCHIVED_OBJECT: &str = "ArchivedObject";
const ARCHIVED_FIELD: &str = "ArchivedField";

#[derive(Serialize)]
struct Usage {
    kind: &'static str,
    object: String,
    field: Option<String>,
    description: String,
    breaks: bool,
}

#[derive(Serialize)]
struct Archived {
    objects: Vec<ArchivedObject>,
    fields: Vec<ArchivedField>,
}

#[derive(Serialize)]
struct ArchivedObject {
    name: String,
    label: String,
}

#[derive(Serialize)]
struct ArchivedField {
    object: String,
    name: String,
    label: String,
    #[serde(rename = "type")]
    type_name: String,
}

impl From<registry::Usage> for Usage {
    fn from(usage: registry::Usage) -> Self {
        let registry::Usage { kind, object, field, description, breaks } = usage;
        Self { kind: kind.as_str(), object, field, description, breaks }
    }
}

pub fn queries() -> Vec<Field> {
    let argument = |name: &str, about: &str| input_field(name, TypeRef::named_nn(TypeRef::STRING), about);
    let list = |name: &str, of: Of, arguments: Vec<InputValue>, about: &str| {
        let field = Field::new(name, TypeRef::named_nn_list(USAGE), move |ctx| {
            FieldFuture::new(async move { usage(of, &ctx).await })
        });
        arguments.into_iter().fold(field.description(about), Field::argument)
    };
    vec![
        list(
            "fieldUsage",
            Of::Field,
            vec![
                argument("object", "Name of the object: `Contact`."),
                argument("name", "Name of the field: `favouriteCourse`."),
            ],
            "What uses a field of your own, archived or not; null when there is no such field. Needs the right METADATA.",
        ),
        list(
            "objectUsage",
            Of::Object,
            vec![argument("name", "Name of the object: `Membership`.")],
            "What uses an object of your own, archived or not; null when there is no such object. Needs the right METADATA.",
        ),
        Field::new("archived", TypeRef::named(ARCHIVED), |ctx| FieldFuture::new(async move { archived(&ctx).await }))
            .description("The fields and objects that are archived and can be restored. Needs the right METADATA."),
    ]
}

#[derive(Clone, Copy)]
enum Of {
    Field,
    Object,
}

async fn session(ctx: &ResolverContext<'_>) -> Result<TenantSession> {
    let asked = Asked::of(ctx)?;
    asked.app.tenancy.open(&asked.may(Administration::Metadata)?.scope).session().await.map_err(asked::database)
}

async fn usage(of: Of, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let (session, name) = (session(ctx).await?, text(ctx, "name")?);
    let usages = match of {
        Of::Field => registry::field_usage(&session, &text(ctx, "object")?, &name).await,
        Of::Object => registry::object_usage(&session, &name).await,
    };
    let usages = usages.map_err(asked::database)?;
    usages.map(|usages| asked::present(&usages.into_iter().map(Usage::from).collect::<Vec<_>>())).transpose()
}

async fn archived(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let Registry { objects, fields, .. } = Registry::read(&*session(ctx).await?).await.map_err(asked::database)?;
    let objects = objects.into_iter().filter(|row| row.state == State::Archived);
    let fields = fields.into_iter().filter(|row| row.state == State::Archived);
    let archived = Archived {
        objects: objects.map(|row| ArchivedObject { name: row.name, label: row.label }).collect(),
        fields: fields
            .map(|row| ArchivedField { object: row.object, name: row.name, label: row.label, type_name: row.type_name })
            .collect(),
    };
    Ok(Some(asked::present(&archived)?))
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    types.add(
        Object::new(USAGE)
            .description("One thing that uses a field or an object.")
            .field(member("kind", TypeRef::named_nn(USAGE_KIND), "What it is."))
            .field(member("object", text(), "The object that it belongs to."))
            .field(member("field", TypeRef::named(TypeRef::STRING), "The field of that object, where it is one."))
            .field(member("description", text(), "In plain words."))
            .field(member(
                "breaks",
                TypeRef::named_nn(TypeRef::BOOLEAN),
                "Whether something that others see goes with it: then `onUse: CASCADE` must say that it may.",
            )),
    );
    types.add(choices(
        USAGE_KIND,
        "How something is used.",
        UsageKind::ALL.iter().map(|(_, name, about)| (*name, *about)),
    ));
    types.add(
        Object::new(ARCHIVED)
            .description("What is out of the graph and can come back.")
            .field(member("objects", TypeRef::named_nn_list_nn(ARCHIVED_OBJECT), "Objects."))
            .field(member("fields", TypeRef::named_nn_list_nn(ARCHIVED_FIELD), "Fields of objects that are there.")),
    );
    types.add(
        Object::new(ARCHIVED_OBJECT)
            .description("An object that is archived.")
            .field(member("name", text(), "Its name."))
            .field(member("label", text(), "What people called it.")),
    );
    types.add(
        Object::new(ARCHIVED_FIELD)
            .description("A field that is archived.")
            .field(member("object", text(), "The object that it belongs to."))
            .field(member("name", text(), "Its name."))
            .field(member("label", text(), "What people called it."))
            .field(member("type", TypeRef::named_nn(FIELD_TYPE), "What values it takes.")),
    );
}
