//! An API key as the graph shows it and as it is made.

use std::collections::HashMap;

use async_graphql::{
    Result, Value,
    dynamic::{InputObject, Object, TypeRef},
};
use chrono::{DateTime, Utc};
use rapport_domain::{
    catalog::Catalog,
    member::Profile,
    rights::{self, Administration},
};
use rapport_tenancy::{AccessScope, ApiKey, ApiKeyId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    asked::{self, UserError},
    held_role::{HELD_ROLE, HeldRole},
    role_types::{RECORD_NAME, RecordName},
};
use crate::{
    auth,
    graphql::schema::{Types, choices, input_field, list_nn, member, user_errors},
};

pub const API_KEY: &str = "ApiKey";
pub const PAYLOAD: &str = "ApiKeyPayload";
pub const SCOPE: &str = "ApiKeyScope";
pub const STATUS: &str = "ApiKeyStatus";
pub const CREATE_INPUT: &str = "CreateApiKeyInput";
pub const UPDATE_INPUT: &str = "UpdateApiKeyInput";

/// A key, as `ApiKey`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
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
pub struct Payload {
    pub api_key: Option<Told>,
    pub secret: Option<String>,
    pub user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateInput {
    pub name: String,
    pub role_ids: Vec<String>,
    pub scopes: Vec<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateInput {
    pub name: Option<String>,
    pub role_ids: Option<Vec<String>>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl Told {
    pub fn of(key: ApiKey, roles: Vec<rights::HeldRole>, makers: &HashMap<Uuid, Profile>) -> Self {
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
    pub fn present(&self) -> Result<Option<Value>> {
        asked::present(self).map(Some)
    }
}

/// A scope as the graph calls it: `RECORDS_READ` for `records:read`.
pub fn named(scope: AccessScope) -> String {
    scope.as_str().replace(':', "_").to_uppercase()
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
