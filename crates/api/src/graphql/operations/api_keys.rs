//! `apiKeys`, `createApiKey`, `rotateApiKey`, `updateApiKey`, `revokeApiKey`: credentials of programs.
//!
//! People manage keys, keys do not. A secret is shown once, to a person who gave their password a moment before.

use std::collections::HashMap;

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, ResolverContext, TypeRef},
};
use chrono::Duration;
use rapport_domain::{
    catalog::Catalog,
    member::{self, Profile},
    record,
    rights::{Administration, held_by},
};
use rapport_tenancy::{AccessScope, ApiKey, Proved, UserId};
use uuid::Uuid;

use super::{
    api_key_types::{API_KEY, CREATE_INPUT, CreateInput, PAYLOAD, Payload, Told, UPDATE_INPUT, UpdateInput, named},
    asked::{self, Asked, UserError},
};
use crate::{
    api_keys::{ApiKeys, Ask, Change, Error, Made, OVERLAP},
    auth,
    graphql::schema::input_field,
};

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("apiKeys", TypeRef::named_nn_list(API_KEY), |ctx| {
            FieldFuture::new(async move { list(&ctx).await })
        })
        .description("The API keys of this workspace, the newest first; revoked and expired ones too. Needs the right API_KEYS."),
    ]
}

/// Of those alone who have the right.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::ApiKeys) {
        return Vec::new();
    }
    let payload = || TypeRef::named(PAYLOAD);
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the key.");
    vec![
        Field::new("createApiKey", payload(), |ctx| FieldFuture::new(async move { create(&ctx).await }))
            .description(
                "Makes an API key. It may do what both its roles and its scopes allow, and never more than you may.",
            )
            .argument(input_field("input", TypeRef::named_nn(CREATE_INPUT), "The key.")),
        Field::new("rotateApiKey", payload(), |ctx| FieldFuture::new(async move { rotate(&ctx).await }))
            .description("Gives a key a new secret. The previous one still works for `overlapHours`, so that nothing stops meanwhile.")
            .argument(id())
            .argument(input_field("password", TypeRef::named_nn(TypeRef::STRING), "Your own password."))
            .argument(
                input_field("overlapHours", TypeRef::named(TypeRef::INT), "Hours for which the previous secret still works, 0 to 168.")
                    .default_value(OVERLAP.num_hours()),
            ),
        Field::new("updateApiKey", payload(), |ctx| FieldFuture::new(async move { update(&ctx).await }))
            .description("Changes what a key is called, what roles it has, and when it expires. Its scopes stay.")
            .argument(id())
            .argument(input_field("input", TypeRef::named_nn(UPDATE_INPUT), "What changes.")),
        Field::new("revokeApiKey", payload(), |ctx| FieldFuture::new(async move { revoke(&ctx).await }))
            .description("Revokes a key. It never works again.")
            .argument(id()),
    ]
}

async fn list(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let db = asked.app.tenancy.open(&asked.may(Administration::ApiKeys)?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let keys = keys.list().await.map_err(|error| failed(&error))?;
    let makers = makers(asked, keys.iter().filter_map(|(key, _)| key.created_by)).await?;
    let told: Vec<_> = keys.into_iter().map(|(key, roles)| Told::of(key, roles, &makers)).collect();
    Ok(Some(asked::present(&told)?))
}

async fn create(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let input: CreateInput = asked::input(ctx)?;
    let roles = asked::ids(&input.role_ids);
    let by = match confirmed(asked, input.password, &["input", "password"]).await? {
        Ok(by) => by,
        Err(refused) => return refused.present(),
    };
    let scopes = input.scopes.iter().filter_map(|name| AccessScope::ALL.into_iter().find(|it| named(*it) == *name));
    let ask = Ask { name: input.name, scopes: scopes.collect(), expires_at: input.expires_at, roles, by: Some(by) };
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let made = keys.create(ask).await.map_err(|error| failed(&error))?;
    answer(asked, made.map(|Made { key, secret }| (key, Some(secret))), &["input"]).await
}

async fn rotate(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let password = ctx.args.try_get("password")?.string()?.to_owned();
    let hours = ctx.args.get("overlapHours").filter(|hours| !hours.is_null());
    let hours = hours.map(|hours| hours.i64()).transpose()?;
    let overlap = hours.map_or(OVERLAP, |hours| Duration::hours(hours.clamp(-1, 10_000)));
    let by = match confirmed(asked, password, &["password"]).await? {
        Ok(by) => by,
        Err(refused) => return refused.present(),
    };
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let made = keys.rotate(asked::id(ctx, "id").into(), overlap, by).await.map_err(|error| failed(&error))?;
    answer(asked, made.map(|Made { key, secret }| (key, Some(secret))), &[]).await
}

async fn update(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let UpdateInput { name, role_ids, expires_at } = asked::input(ctx)?;
    let change = Change { name, roles: role_ids.as_deref().map(asked::ids), expires_at };
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let changed = keys.update(asked::id(ctx, "id").into(), change).await.map_err(|error| failed(&error))?;
    answer(asked, changed.map(|key| (key, None)), &["input"]).await
}

async fn revoke(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let revoked = keys.revoke(asked::id(ctx, "id").into()).await.map_err(|error| failed(&error))?;
    if let Ok(key) = &revoked {
        asked.app.auth.hear_of_revoked(key.tenant, key.id).await;
    }
    answer(asked, revoked.map(|key| (key, None)), &[]).await
}

/// A person who may manage keys.
fn manager<'a>(ctx: &ResolverContext<'a>) -> Result<&'a Asked> {
    let asked = Asked::of(ctx)?;
    asked.may(Administration::ApiKeys)?;
    asked.person()?;
    Ok(asked)
}

/// The password of whoever asks, given again; the refusal blames `field` where it is wrong.
async fn confirmed(
    asked: &Asked,
    password: String,
    field: &[&str],
) -> Result<std::result::Result<Proved, Box<Payload>>> {
    match asked.app.auth.confirm_password(asked.member()?, password, &asked.from).await {
        Ok(person) => Ok(Ok(person.proved())),
        Err(auth::Error::Refused(refusal)) => {
            let above = field.split_last().map_or(&[][..], |(_, above)| above);
            let user_errors = vec![UserError::from(&refusal).below(above)];
            Ok(Err(Payload { user_errors, ..Payload::default() }.into()))
        }
        Err(error) => Err(asked::internal(&error)),
    }
}

/// What became of a key. Paths of what was refused go on below `field`, but for those that are of an argument.
async fn answer(
    asked: &Asked,
    outcome: std::result::Result<(ApiKey, Option<String>), Vec<record::UserError>>,
    field: &[&str],
) -> Result<Option<Value>> {
    asked.app.graph.catalogs.forget(asked.member()?.scope.tenant());
    let (key, secret) = match outcome {
        Ok(done) => done,
        Err(errors) => {
            let below = |error: record::UserError| {
                let is_of_argument = error.field.is_empty() || error.field == ["id"];
                let path = if is_of_argument { &[] } else { field };
                UserError::from(path.iter().rev().fold(error, |error, step| error.under(*step)))
            };
            return Payload { user_errors: errors.into_iter().map(below).collect(), ..Payload::default() }.present();
        }
    };
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    asked.app.wrote(&db);
    let session = db.session().await.map_err(asked::database)?;
    let held = held_by(&session, &[key.id.uuid()]).await.map_err(asked::database)?;
    drop(session);
    let makers = makers(asked, key.created_by).await?;
    let roles = held.into_values().next().unwrap_or_default();
    Payload { api_key: Some(Told::of(key, roles, &makers)), secret, user_errors: Vec::new() }.present()
}

async fn makers(asked: &Asked, users: impl IntoIterator<Item = UserId>) -> Result<HashMap<Uuid, Profile>> {
    let users: Vec<Uuid> = users.into_iter().map(UserId::uuid).collect();
    let session = asked.app.tenancy.open(&asked.member()?.scope).session().await.map_err(asked::database)?;
    member::profiles(&session, &users).await.map_err(asked::database)
}

fn failed(error: &Error) -> async_graphql::Error {
    match error {
        Error::Database(error) => asked::database(error.clone()),
        error => asked::internal(error),
    }
}
