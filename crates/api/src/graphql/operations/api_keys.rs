//! `apiKeys`, `createApiKey`, `rotateApiKey`, `updateApiKey`, `revokeApiKey`: credentials of programs.
//!
//! People manage keys, keys do not. A secret is shown once, to a person who gave their password a moment before.

use std::collections::HashMap;

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef},
};
use chrono::{DateTime, Duration, Utc};
use rapport_domain::{
    catalog::Catalog,
    member::{self, Profile},
    record,
    rights::{self, Administration, held_by},
};
use rapport_tenancy::{AccessScope, ApiKey, ApiKeyId, Proved, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError},
    held_role::{HELD_ROLE, HeldRole},
    role_types::{RECORD_NAME, RecordName},
};
use crate::{
    api_keys::{ApiKeys, Ask, Change, Error, Made, OVERLAP},
    auth,
    graphql::schema::{Types, choices, input_field, list_nn, member, user_errors},
    http::error::sentence,
};

const API_KEY: &str = "ApiKey";
const PAYLOAD: &str = "ApiKeyPayload";
const SCOPE: &str = "ApiKeyScope";
const STATUS: &str = "ApiKeyStatus";
const CREATE_INPUT: &str = "CreateApiKeyInput";
const UPDATE_INPUT: &str = "UpdateApiKeyInput";
/// A key, as `ApiKey`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: ApiKeyId,
    beginning: String,
    name: String,
    status: &'static str,
    roles: Vec<HeldRole>,
    scopes: Vec<String>,
    created_by: Option<RecordName>,
    created_at: String,
    expires_at: String,
    rotated_at: Option<String>,
    old_secret_until: Option<String>,
    revoked_at: Option<String>,
    leaked: bool,
    last_used_at: Option<String>,
    last_used_from: Option<String>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    api_key: Option<Told>,
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateInput {
    name: String,
    role_ids: Vec<String>,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateInput {
    name: Option<String>,
    role_ids: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
}

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
    let roles = ids(&input.role_ids);
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
    let made = keys.rotate(id(ctx)?, overlap, by).await.map_err(|error| failed(&error))?;
    answer(asked, made.map(|Made { key, secret }| (key, Some(secret))), &[]).await
}

async fn update(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let UpdateInput { name, role_ids, expires_at } = asked::input(ctx)?;
    let change = Change { name, roles: role_ids.as_deref().map(ids), expires_at };
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let changed = keys.update(id(ctx)?, change).await.map_err(|error| failed(&error))?;
    answer(asked, changed.map(|key| (key, None)), &["input"]).await
}

async fn revoke(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = manager(ctx)?;
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let keys = ApiKeys { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let revoked = keys.revoke(id(ctx)?).await.map_err(|error| failed(&error))?;
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
            let path = if refusal.field().is_some() { field } else { &[] };
            let (code, field) = (refusal.code(), path.iter().map(ToString::to_string).collect());
            let message = sentence(&refusal.to_string());
            let user_errors = vec![UserError { code: code.into(), field, message }];
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

impl Told {
    fn of(key: ApiKey, roles: Vec<rights::HeldRole>, makers: &HashMap<Uuid, Profile>) -> Self {
        let status = match key.revoked_at {
            Some(_) => "REVOKED",
            None if key.has_expired() => "EXPIRED",
            None => "ACTIVE",
        };
        let maker = |user: UserId| {
            let profile = makers.get(&user.uuid())?;
            Some(RecordName { id: user.uuid(), name: Some(profile.name.clone()) })
        };
        Self {
            id: key.id,
            beginning: auth::beginning(key.id),
            name: key.name,
            status,
            roles: roles.into_iter().map(HeldRole::from).collect(),
            scopes: key.scopes.iter().map(named).collect(),
            created_by: key.created_by.and_then(maker),
            created_at: asked::moment(key.created_at),
            expires_at: asked::moment(key.expires_at),
            rotated_at: key.rotated_at.map(asked::moment),
            old_secret_until: key.old_until.map(asked::moment),
            revoked_at: key.revoked_at.map(asked::moment),
            leaked: key.leaked,
            last_used_at: key.last_used_at.map(asked::moment),
            last_used_from: key.last_used_from,
        }
    }
}

impl Payload {
    fn present(&self) -> Result<Option<Value>> {
        asked::present(self).map(Some)
    }
}

/// A scope as the graph calls it: `RECORDS_READ` for `records:read`.
fn named(scope: AccessScope) -> String {
    scope.as_str().replace(':', "_").to_uppercase()
}

/// What is no id is the id of nothing.
fn ids(texts: &[String]) -> Vec<Uuid> {
    texts.iter().map(|text| Uuid::try_parse(text).unwrap_or_default()).collect()
}

fn id(ctx: &ResolverContext<'_>) -> Result<ApiKeyId> {
    Ok(Uuid::try_parse(ctx.args.try_get("id")?.string()?).unwrap_or_default().into())
}

fn failed(error: &Error) -> async_graphql::Error {
    match error {
        Error::Database(error) => asked::database(error.clone()),
        error => asked::internal(error),
    }
}

/// The names of a key and of what it consists of are taken in every graph, so that no object of a tenant's own gets them.
pub fn declare(types: &mut Types, catalog: &Catalog) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let moment = || TypeRef::named("DateTime");
    types.add(
        Object::new(API_KEY)
            .description("A credential of a program: it acts for itself, with roles of its own.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the key."))
            .field(member("beginning", text(), "The visible prefix of the key, to recognise the one you hold."))
            .field(member("name", text(), "What it is for."))
            .field(member("status", TypeRef::named_nn(STATUS), "Whether it works."))
            .field(member("roles", TypeRef::named_nn_list_nn(HELD_ROLE), "Its roles: what it may do."))
            .field(member(
                "scopes",
                TypeRef::named_nn_list_nn(SCOPE),
                "What it may be used for. It may do what both its roles and its scopes allow.",
            ))
            .field(member(
                "createdBy",
                TypeRef::named(RECORD_NAME),
                "Who made it; null for one made at the command line.",
            ))
            .field(member("createdAt", TypeRef::named_nn("DateTime"), "When it was made."))
            .field(member("expiresAt", TypeRef::named_nn("DateTime"), "When it expires."))
            .field(member("rotatedAt", moment(), "When its secret was last replaced; null when it never was."))
            .field(member("oldSecretUntil", moment(), "Until when the previous secret works as well."))
            .field(member("revokedAt", moment(), "When it was revoked."))
            .field(member("leaked", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether somebody reported it as leaked."))
            .field(member("lastUsedAt", moment(), "When it was used last, to the minute."))
            .field(member("lastUsedFrom", TypeRef::named(TypeRef::STRING), "Network address it was used from last.")),
    );
    let scopes = AccessScope::ALL.map(|scope| (named(scope), scope.about()));
    types.add(choices(
        SCOPE,
        "What a key may be used for.",
        scopes.iter().map(|(name, about)| (name.as_str(), *about)),
    ));
    types.add(choices(
        STATUS,
        "Whether a key works.",
        [("ACTIVE", "It works."), ("EXPIRED", "It expired."), ("REVOKED", "Somebody revoked it.")],
    ));
    if !catalog.may(Administration::ApiKeys) {
        return;
    }
    types.add(
        Object::new(PAYLOAD)
            .description("Result of a change to an API key.")
            .field(member("apiKey", TypeRef::named(API_KEY), "The key as it is afterwards; null when refused."))
            .field(member(
                "secret",
                TypeRef::named(TypeRef::STRING),
                "The key itself, for `Authorization: Bearer ...`, when it is new. It is shown only now.",
            ))
            .field(user_errors()),
    );
    types.add(
        InputObject::new(CREATE_INPUT)
            .description("A new API key.")
            .field(input_field("name", text(), "What it is for, 1 to 100 characters."))
            .field(input_field("roleIds", TypeRef::named_nn_list_nn(TypeRef::ID), "Roles; never Owner."))
            .field(input_field("scopes", TypeRef::named_nn_list_nn(SCOPE), "What it may be used for."))
            .field(input_field("expiresAt", moment(), "When it expires, within a year; in 90 days when left out."))
            .field(input_field("password", text(), "Your own password: a key outlives your session.")),
    );
    types.add(
        InputObject::new(UPDATE_INPUT)
            .description("Changes to an API key. What is left out stays.")
            .field(input_field("name", TypeRef::named(TypeRef::STRING), "What it is for."))
            .field(input_field("roleIds", list_nn(TypeRef::ID), "All the roles it has from now on."))
            .field(input_field("expiresAt", moment(), "When it expires, within a year from now.")),
    );
}
