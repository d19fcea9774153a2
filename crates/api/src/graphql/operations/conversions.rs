//! `previewConversion`, `convertField`, `conversion`, `cancelConversion`: a field gets another type, with its values.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputValue, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::{
        Catalog,
        registry::conversion::{self, Answer, OnFailure},
    },
    plan::{self, Told},
    rights::Administration,
};
use rapport_tenancy::TenantDb;
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError},
    conversion_types::{
        CONVERSION, Failure, INPUT, ON_FAILURE, PAYLOAD, PREVIEW, Payload, Preview, PreviewFailure, Standing,
    },
    registrar::text,
};
use crate::graphql::{code, schema::input_field};

const DEFAULT: usize = 100;
const MOST: usize = 1_000;

pub fn queries(catalog: &Catalog) -> Vec<Field> {
    let conversion = Field::new("conversion", TypeRef::named(CONVERSION), |ctx| {
        FieldFuture::new(async move { conversion(&ctx).await })
    })
    .description("A conversion of this workspace; null when there is none with this id. Needs the right METADATA.")
    .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the conversion."));
    if !catalog.may(Administration::Metadata) {
        return vec![conversion];
    }
    let preview = Field::new("previewConversion", TypeRef::named(PREVIEW), |ctx| {
        FieldFuture::new(async move { preview(&ctx).await })
    })
    .description("What would become of the values of a field of your own if it had another type. Changes nothing.")
    .argument(input_field(
        "first",
        TypeRef::named(TypeRef::INT),
        "How many failures to list, 1,000 at most; 100 when left out.",
    ));
    vec![field_arguments().into_iter().fold(preview, Field::argument), conversion]
}

/// With the right METADATA: others have no such field in their graph.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Metadata) {
        return Vec::new();
    }
    let on_failure =
        input_field("onFailure", TypeRef::named(ON_FAILURE), "What happens where a value does not convert.")
            .default_value(async_graphql::Value::Enum(async_graphql::Name::new("REFUSE")));
    let convert =
        Field::new("convertField", TypeRef::named(PAYLOAD), |ctx| FieldFuture::new(async move { convert(&ctx).await }))
            .description(
                "Starts to convert a field of your own to another type, with its values. Until all are converted the field is as it was. \
                 Ask `conversion` how it goes; see `previewConversion` first.",
            )
            .argument(on_failure);
    vec![
        field_arguments().into_iter().fold(convert, Field::argument),
        Field::new("cancelConversion", TypeRef::named(PAYLOAD), |ctx| {
            FieldFuture::new(async move { cancel(&ctx).await })
        })
        .description("Stops a conversion whose field has not changed over yet: it stays as it was.")
        .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the conversion.")),
    ]
}

fn field_arguments() -> [InputValue; 3] {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    [
        input_field("object", text(), "Name of the object: `Contact`."),
        input_field("name", text(), "Name of the field: `favouriteCourse`."),
        input_field("input", TypeRef::named_nn(INPUT), "What it is to become."),
    ]
}

fn db(ctx: &ResolverContext<'_>) -> Result<TenantDb> {
    let asked = Asked::of(ctx)?;
    Ok(asked.app.tenancy.open(&asked.may(Administration::Metadata)?.scope))
}

async fn preview(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let tx = db(ctx)?.begin().await.map_err(asked::database)?;
    let (object, name, first) = (text(ctx, "object")?, text(ctx, "name")?, first(ctx)?);
    let preview = conversion::preview(&tx, &object, &name, &asked::input(ctx)?, first).await;
    tx.rollback().await;
    let conversion::Preview { total, convertible, failing, failures, user_errors } =
        preview.map_err(asked::database)?;
    note(ctx, &object, &name, failures.iter().map(|failure| failure.record)).await?;
    let failures = failures.into_iter().map(|failure| PreviewFailure {
        id: failure.record,
        value: failure.value,
        code: failure.code,
        message: failure.message,
    });
    let user_errors = user_errors.into_iter().map(UserError::from).collect();
    asked::present(&Preview { total, convertible, failing, failures: failures.collect(), user_errors }).map(Some)
}

/// The values of these records go out.
async fn note(
    ctx: &ResolverContext<'_>,
    object: &str,
    field: &str,
    records: impl Iterator<Item = Uuid> + Send,
) -> Result<()> {
    let (asked, db) = (Asked::of(ctx)?, db(ctx)?);
    let session = db.session().await.map_err(asked::database)?;
    let told = records.map(|record| Told { object, field, record }).collect::<Vec<_>>();
    if plan::note_told(&session, &asked.catalog, &told, &asked.origin).await.map_err(asked::database)? {
        asked.app.auditing.wake(&db);
    }
    Ok(())
}

async fn convert(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let (db, object, name) = (db(ctx)?, text(ctx, "object")?, text(ctx, "name")?);
    let keeps_out =
        ctx.args.get("onFailure").is_some_and(|given| given.enum_name().is_ok_and(|name| name == "KEEP_OUT"));
    let on_failure = if keeps_out { OnFailure::KeepOut } else { OnFailure::Refuse };
    let tx = db.begin().await.map_err(asked::database)?;
    let answer = conversion::start(&tx, &Asked::of(ctx)?.origin, &object, &name, &asked::input(ctx)?, on_failure).await;
    let answer = answer.map_err(asked::database)?;
    if answer.user_errors.is_empty() {
        tx.commit().await.map_err(asked::database)?;
    } else {
        tx.rollback().await;
    }
    changed(ctx, &db, answer).await
}

async fn cancel(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let tx = db.begin().await.map_err(asked::database)?;
    let id = id(ctx.args.try_get("id")?.as_value()).unwrap_or_default();
    let answer = conversion::cancel(&tx, &Asked::of(ctx)?.origin, id).await.map_err(asked::database)?;
    tx.commit().await.map_err(asked::database)?;
    changed(ctx, &db, answer).await
}

/// Has the work go on, and answers how it stands.
async fn changed(ctx: &ResolverContext<'_>, db: &TenantDb, answer: Answer) -> Result<Option<Value>> {
    let Answer { conversion, metadata_version, user_errors } = answer;
    let app = &Asked::of(ctx)?.app;
    let conversion = match conversion {
        None => None,
        Some(id) => {
            app.graph.catalogs.forget(db.scope().tenant());
            app.converting.wake(db);
            find(ctx, db, id).await?
        }
    };
    let user_errors = user_errors.into_iter().map(UserError::from).collect();
    asked::present(&Payload { conversion, metadata_version, user_errors }).map(Some)
}

/// One whose values the caller may be told of.
async fn find(ctx: &ResolverContext<'_>, db: &TenantDb, id: Uuid) -> Result<Option<Standing>> {
    let catalog = &Asked::of(ctx)?.catalog;
    let session = db.session().await.map_err(asked::database)?;
    let found = conversion::find(&session, id).await.map_err(asked::database)?;
    Ok(found.filter(|found| catalog.shows_all(&found.object, &found.name)).map(Standing::from))
}

async fn conversion(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let db = db(ctx)?;
    let Some(id) = id(ctx.args.try_get("id")?.as_value()) else { return Ok(None) };
    let standing = find(ctx, &db, id).await?;
    standing.map(|standing| asked::present(&standing)).transpose()
}

pub async fn failures(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let Some(Value::Object(conversion)) = ctx.parent_value.as_value() else { return Ok(None) };
    let Some(of) = conversion.get("id").and_then(id) else { return Ok(None) };
    let after = match ctx.args.get("after").filter(|after| !after.is_null()) {
        None => None,
        Some(after) => {
            let refusal = || asked::coded("`after` is the id of a record.", code::BAD_USER_INPUT);
            Some(id(after.as_value()).ok_or_else(refusal)?)
        }
    };
    let session = db(ctx)?.session().await.map_err(asked::database)?;
    let first = i64::try_from(first(ctx)?).unwrap_or_default();
    let found = conversion::failures(&session, of, first, after).await.map_err(asked::database)?;
    drop(session);
    if let (Some(Value::String(object)), Some(Value::String(field))) =
        (conversion.get("object"), conversion.get("field"))
    {
        note(ctx, object, field, found.iter().flatten().map(|left| left.record)).await?;
    }
    let failures = found.into_iter().flatten().map(|left| {
        let conversion::LeftBehind { record, value, code, message } = left;
        Failure { record, value, code, message }
    });
    asked::present(&failures.collect::<Vec<_>>()).map(Some)
}

fn first(ctx: &ResolverContext<'_>) -> Result<usize> {
    let given = ctx.args.get("first").filter(|first| !first.is_null());
    let Some(given) = given else { return Ok(DEFAULT) };
    let first = usize::try_from(given.i64()?).ok().filter(|first| *first <= MOST);
    first.ok_or_else(|| asked::coded("`first` is a number from 0 to 1000.", code::BAD_USER_INPUT))
}

/// What is no id is the id of nothing.
fn id(value: &Value) -> Option<Uuid> {
    match value {
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
