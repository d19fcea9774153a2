//! A change of the workspace's metadata: one transaction, and every node knows of it within a second.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputValue, Object, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::{
        Catalog,
        registry::{Answer, OnUse},
    },
    rights::Administration,
};
use rapport_tenancy::{DbError, TenantTx};
use serde::Serialize;

use super::{
    asked::{self, Asked, UserError},
    metadata::{FIELD, FieldDefinition, OBJECT, ObjectDefinition},
};
use crate::graphql::schema::{Types, choices, input_field, member, user_errors};

const FIELD_PAYLOAD: &str = "FieldPayload";
const OBJECT_PAYLOAD: &str = "ObjectPayload";
const ON_USE: &str = "OnUse";

/// One kind of change.
pub trait Act: Copy + Send + Sync + 'static {
    const PAYLOAD: Payload;
    fn name(self) -> &'static str;
    fn about(self) -> &'static str;
    fn arguments(self) -> Vec<InputValue>;
    fn make(
        self,
        tx: &TenantTx,
        asked: &Asked,
        ctx: &ResolverContext<'_>,
    ) -> impl Future<Output = Result<std::result::Result<Answer, DbError>>> + Send;
}

/// What a change is answered with: the field or the object as it is afterwards, or why nothing was done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    Field,
    Object,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<FieldDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<ObjectDefinition<'a>>,
    metadata_version: i64,
    user_errors: Vec<UserError>,
}

/// The root field of an act.
fn field<A: Act>(act: A) -> Field {
    let payload = match A::PAYLOAD {
        Payload::Field => FIELD_PAYLOAD,
        Payload::Object => OBJECT_PAYLOAD,
    };
    let field = Field::new(act.name(), TypeRef::named(payload), move |ctx| {
        FieldFuture::new(async move { run(act, &ctx).await })
    });
    act.arguments().into_iter().fold(field.description(act.about()), Field::argument)
}

/// The root fields of acts, which only those have in their graph who may change the metadata.
pub fn offered<A: Act>(catalog: &Catalog, acts: impl IntoIterator<Item = A>) -> Vec<Field> {
    if catalog.may(Administration::Metadata) { acts.into_iter().map(field).collect() } else { Vec::new() }
}

/// Changes the registry, and forgets the catalog that this made out of date.
async fn run<A: Act>(act: A, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let scope = &asked.may(Administration::Metadata)?.scope;
    let tx = asked.app.tenancy.open(scope).begin().await.map_err(asked::database)?;
    let answer = act.make(&tx, asked, ctx).await?.map_err(asked::database)?;
    if answer.user_errors.is_empty() {
        tx.commit().await.map_err(asked::database)?;
        asked.app.graph.catalogs.forget(scope.tenant());
        let db = asked.app.tenancy.open(scope);
        asked.app.indexing.wake(&db);
        asked.app.wrote(&db);
    } else {
        tx.rollback().await;
    }
    let Answer { object, field, catalog, metadata_version, user_errors } = answer;
    let is_field = A::PAYLOAD == Payload::Field;
    let told = Told {
        field: object
            .as_ref()
            .zip(field.as_ref())
            .filter(|_| is_field)
            .map(|(object, field)| FieldDefinition::of(&catalog, object, field, None)),
        object: object.as_ref().filter(|_| !is_field).map(|object| ObjectDefinition::of(&catalog, object, None)),
        metadata_version,
        user_errors: user_errors.into_iter().map(UserError::from).collect(),
    };
    Ok(Some(asked::present(&told)?))
}

pub fn text(ctx: &ResolverContext<'_>, name: &str) -> Result<String> {
    Ok(ctx.args.try_get(name)?.string()?.to_owned())
}

/// The argument `onUse`.
pub fn on_use(ctx: &ResolverContext<'_>) -> OnUse {
    let cascades = ctx.args.get("onUse").is_some_and(|given| given.enum_name().is_ok_and(|name| name == "CASCADE"));
    if cascades { OnUse::Cascade } else { OnUse::Refuse }
}

pub fn on_use_argument() -> InputValue {
    input_field("onUse", TypeRef::named(ON_USE), "What happens where something else uses it.")
        .default_value(async_graphql::Value::Enum(async_graphql::Name::new("REFUSE")))
}

pub fn declare(types: &mut Types) {
    types.add(payload(FIELD_PAYLOAD, "field", FIELD));
    types.add(payload(OBJECT_PAYLOAD, "object", OBJECT));
    types.add(choices(
        ON_USE,
        "What happens to something that others use.",
        [
            ("REFUSE", "It stays, where others would lose something by it."),
            ("CASCADE", "It goes, and what hangs on it."),
        ],
    ));
}

fn payload(name: &str, what: &str, ty: &str) -> Object {
    Object::new(name)
        .description(format!("Result of a change to the {what}."))
        .field(member(what, TypeRef::named(ty), &format!("The {what} as it is afterwards; null when refused.")))
        .field(member(
            "metadataVersion",
            TypeRef::named(TypeRef::INT),
            "Version of the workspace's metadata: goes up by one with every change.",
        ))
        .field(user_errors())
}
