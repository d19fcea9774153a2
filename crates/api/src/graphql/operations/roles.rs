//! `roles`, `createRole`, `setRoles` and the like: what people may see and do, made and given by those who have the right.

use std::collections::HashMap;

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputValue, ResolverContext, TypeRef},
};
use rapport_domain::{
    catalog::Catalog,
    rights::{
        Administration,
        assign::{self, Assignee},
        role::{self, Member},
    },
};
use rapport_tenancy::UserId;
use serde::Serialize;
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError, id, maybe_id},
    held_role::HeldRole,
    registrar::text,
    rights_change::{begin, end},
    role_types::{
        CREATE_ROLE_INPUT, DELETE_ROLE_PAYLOAD, ROLE, ROLE_PAYLOAD, Role, SET_ROLES_PAYLOAD, UPDATE_ROLE_INPUT,
    },
};
use crate::graphql::{code, schema::input_field};

/// Who gives roles to members, guests or keys chooses among them.
fn chooser(asked: &Asked) -> Result<()> {
    let rights = [Administration::Roles, Administration::Members, Administration::ApiKeys];
    if asked.member().is_ok() && rights.into_iter().any(|right| asked.catalog.may(right)) {
        return Ok(());
    }
    asked.member()?;
    Err(asked::coded("You may not manage roles.", code::FORBIDDEN))
}

async fn roles(ctx: &ResolverContext<'_>, only: Option<Uuid>) -> Result<Vec<Role>> {
    let asked = Asked::of(ctx)?;
    chooser(asked)?;
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let catalog = asked.app.graph.catalogs.whole(&db).await.map_err(asked::database)?;
    let session = db.session().await.map_err(asked::database)?;
    let roles = match only {
        None => role::list(&session).await.map_err(asked::database)?,
        Some(id) => role::find(&session, id).await.map_err(asked::database)?.into_iter().collect(),
    };
    let mut members = role::members(&session).await.map_err(asked::database)?;
    Ok(named(&catalog, roles, &mut members))
}

fn named(catalog: &Catalog, roles: Vec<role::Role>, members: &mut HashMap<Uuid, Vec<Member>>) -> Vec<Role> {
    let named = |role: role::Role| {
        let members = members.remove(&role.id).unwrap_or_default();
        Role::of(catalog, role, members)
    };
    roles.into_iter().map(named).collect()
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("roles", TypeRef::named_nn_list(ROLE), |ctx| {
            FieldFuture::new(async move { Ok(Some(asked::present(&roles(&ctx, None).await?)?)) })
        })
        .description(
            "All roles: the built-in ones, then your own by name. Needs one of the rights ROLES, MEMBERS and API_KEYS.",
        ),
        Field::new("role", TypeRef::named(ROLE), |ctx| {
            FieldFuture::new(async move {
                let role = roles(&ctx, Some(id(&ctx, "id"))).await?.pop();
                role.map(|role| asked::present(&role)).transpose()
            })
        })
        .description(
            "One role; null when there is none with this id. Needs one of the rights ROLES, MEMBERS and API_KEYS.",
        )
        .argument(input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the role.")),
    ]
}

#[derive(Clone, Copy)]
enum Act {
    Create,
    Copy,
    Update,
    Delete,
    Set,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<HeldRole>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    user_errors: Vec<UserError>,
}

async fn run(act: Act, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let (tx, origin) = (begin(asked).await?, &asked.origin);
    let (role, user_errors) = match act {
        Act::Create => end(asked, role::create(&tx, &asked::input(ctx)?, origin).await, tx).await?,
        Act::Copy => end(asked, role::copy(&tx, id(ctx, "id"), &text(ctx, "name")?, origin).await, tx).await?,
        Act::Update => {
            let if_version = ctx.args.get("ifVersion").filter(|version| !version.is_null());
            let if_version = if_version.map(|version| version.i64()).transpose()?;
            let if_version = if_version.map(|version| i32::try_from(version).unwrap_or(i32::MAX));
            let answer = role::update(&tx, id(ctx, "id"), &asked::input(ctx)?, if_version, origin).await;
            end(asked, answer, tx).await?
        }
        Act::Delete => {
            let answer = role::delete(&tx, id(ctx, "id"), maybe_id(ctx, "replaceWith"), origin).await;
            let (role, user_errors) = end(asked, answer, tx).await?;
            let id = role.map(|role| role.id);
            return Ok(Some(asked::present(&Told { role: None, roles: None, id, user_errors })?));
        }
        Act::Set => return set(asked, tx, ctx).await,
    };
    let role = match role {
        Some(role) => {
            let db = asked.app.tenancy.open(&asked.member()?.scope);
            let catalog = asked.app.graph.catalogs.whole(&db).await.map_err(asked::database)?;
            let session = db.session().await.map_err(asked::database)?;
            let mut members = role::members(&session).await.map_err(asked::database)?;
            named(&catalog, vec![role], &mut members).pop()
        }
        None => None,
    };
    Ok(Some(asked::present(&Told { role, roles: None, id: None, user_errors })?))
}

async fn set(asked: &Asked, tx: rapport_tenancy::TenantTx, ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let ids: Vec<String> = ctx.args.try_get("roleIds")?.deserialize()?;
    let ids = asked::ids(&ids);
    let user = Assignee::User(UserId::from(id(ctx, "userId")));
    let (roles, user_errors) = end(asked, assign::set(&tx, user, &ids, &asked.origin).await, tx).await?;
    let roles = roles.map(|roles| roles.into_iter().map(|role| HeldRole::of(role.id, role.name)).collect());
    Ok(Some(asked::present(&Told { role: None, roles, id: None, user_errors })?))
}

/// Which only those have in their graph who may manage roles.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Roles) {
        return Vec::new();
    }
    let field = |name: &str, payload: &str, act: Act, arguments: Vec<InputValue>, about: &str| {
        let field =
            Field::new(name, TypeRef::named(payload), move |ctx| FieldFuture::new(async move { run(act, &ctx).await }));
        arguments.into_iter().fold(field.description(about), Field::argument)
    };
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the role.");
    let input = |ty| input_field("input", TypeRef::named_nn(ty), "The role.");
    vec![
        field(
            "createRole",
            ROLE_PAYLOAD,
            Act::Create,
            vec![input(CREATE_ROLE_INPUT)],
            "Makes a role. It allows what you name and nothing else, and it cannot allow what you may not do yourself.",
        ),
        field(
            "copyRole",
            ROLE_PAYLOAD,
            Act::Copy,
            vec![id(), input_field("name", TypeRef::named_nn(TypeRef::STRING), "Name of the copy.")],
            "Copies a role, a built-in one as well. The copy can be changed.",
        ),
        field(
            "updateRole",
            ROLE_PAYLOAD,
            Act::Update,
            vec![
                id(),
                input(UPDATE_ROLE_INPUT),
                input_field(
                    "ifVersion",
                    TypeRef::named(TypeRef::INT),
                    "Change the role only if it is at this version.",
                ),
            ],
            "Changes a role of your own, at once for everybody who has it. Built-in roles cannot be changed.",
        ),
        field(
            "deleteRole",
            DELETE_ROLE_PAYLOAD,
            Act::Delete,
            vec![
                id(),
                input_field(
                    "replaceWith",
                    TypeRef::named(TypeRef::ID),
                    "Id of the role that its holders get instead. Without it, a role that somebody has is not removed.",
                ),
            ],
            "Removes a role of your own.",
        ),
        field(
            "setRoles",
            SET_ROLES_PAYLOAD,
            Act::Set,
            vec![
                input_field("userId", TypeRef::named_nn(TypeRef::ID), "Id of the user."),
                input_field(
                    "roleIds",
                    TypeRef::named_nn_list_nn(TypeRef::ID),
                    "Ids of all the roles they have from now on.",
                ),
            ],
            "Gives a user these roles and no others. Only owners make owners, and the last owner stays one.",
        ),
    ]
}
