//! `me`: the person who asks, and where they are.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Result, Value,
    dataloader::{DataLoader, Loader},
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use futures::future::try_join_all;
use rapport_domain::rights::{self, Administration};
use rapport_tenancy::{Membership, PersonId, Tenancy, TenantId};
use serde::Serialize;

use super::{
    asked::{self, Asked},
    held_role::{HELD_ROLE, HeldRole},
    second_factor, sessions,
};
use crate::graphql::schema::{Types, choices, member};

const ME: &str = "Me";
pub const WORKSPACE: &str = "Workspace";
pub const ADMINISTRATION: &str = "Administration";

/// What memberships are asked for in one request are read once.
pub struct Memberships(pub Tenancy);

pub type MembershipLoader = DataLoader<Memberships>;

impl Loader<PersonId> for Memberships {
    type Value = Arc<Vec<Membership>>;
    type Error = Arc<rapport_tenancy::Error>;

    async fn load(&self, people: &[PersonId]) -> std::result::Result<HashMap<PersonId, Self::Value>, Self::Error> {
        let read = people.iter().map(|&person| async move {
            self.0.memberships(person).await.map(|memberships| (person, Arc::new(memberships)))
        });
        Ok(try_join_all(read).await.map_err(Arc::new)?.into_iter().collect())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    id: PersonId,
    email: String,
    name: String,
    email_verified: bool,
    roles: Vec<HeldRole>,
    administration: Vec<&'static str>,
}

#[derive(Serialize)]
struct Workspace<'a> {
    id: TenantId,
    slug: &'a str,
    name: &'a str,
}

impl<'a> Workspace<'a> {
    fn of(membership: &'a Membership) -> Self {
        let Membership { tenant, slug, name, .. } = membership;
        Self { id: *tenant, slug, name }
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("me", TypeRef::named(ME), |ctx| FieldFuture::new(async move { me(&ctx).await }))
            .description("The person who asks."),
    ]
}

async fn me(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let member = asked.member()?;
    let person = asked.app.tenancy.person(asked.person()?.person).await.map_err(|error| asked::internal(&error))?;
    let Some(person) = person else { return Ok(None) };
    let session = asked.app.tenancy.open(&member.scope).session().await.map_err(asked::database)?;
    let roles = rights::roles(&session).await.map_err(asked::database)?;
    let rights = Administration::ALL.into_iter().filter(|right| asked.catalog.may(*right));
    let me = Me {
        id: person.id,
        email: person.email,
        name: person.name,
        email_verified: person.email_verified,
        roles: roles.into_iter().map(HeldRole::from).collect(),
        administration: rights.map(Administration::as_str).collect(),
    };
    Ok(Some(asked::present(&me)?))
}

/// The memberships of the person who asks, the present one told apart.
async fn memberships(ctx: &ResolverContext<'_>) -> Result<(TenantId, Arc<Vec<Membership>>)> {
    let asked = Asked::of(ctx)?;
    let member = asked.member()?;
    let loaded = asked.memberships.load_one(asked.person()?.person).await.map_err(|error| asked::internal(&error))?;
    Ok((member.scope.tenant(), loaded.unwrap_or_default()))
}

async fn workspace(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let (here, memberships) = memberships(ctx).await?;
    let membership = memberships.iter().find(|membership| membership.tenant == here);
    membership.map(|membership| asked::present(&Workspace::of(membership))).transpose()
}

async fn workspaces(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let (_, memberships) = memberships(ctx).await?;
    Ok(Some(asked::present(&memberships.iter().map(Workspace::of).collect::<Vec<_>>())?))
}

async fn user_id(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let (here, memberships) = memberships(ctx).await?;
    let membership = memberships.iter().find(|membership| membership.tenant == here);
    membership.map(|membership| asked::present(&membership.user)).transpose()
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let id = || TypeRef::named_nn(TypeRef::ID);
    types.add(
        Object::new(ME)
            .description("The person who asks.")
            .field(member("id", id(), "Id of the person, the same in every workspace."))
            .field(member("email", text(), "E-mail address."))
            .field(member(
                "emailVerified",
                TypeRef::named_nn(TypeRef::BOOLEAN),
                "Whether you confirmed the address by a link in a mail. Until then you cannot invite others.",
            ))
            .field(member("name", text(), "Name."))
            .field(member("roles", TypeRef::named_nn_list_nn(HELD_ROLE), "Your roles in this workspace."))
            .field(member(
                "administration",
                TypeRef::named_nn_list_nn(ADMINISTRATION),
                "Your rights of administration.",
            ))
            .field(
                Field::new("userId", TypeRef::named(TypeRef::ID), |ctx| {
                    FieldFuture::new(async move { user_id(&ctx).await })
                })
                .description("Id of the user record in this workspace: what owners of records are."),
            )
            .field(
                Field::new("workspace", TypeRef::named(WORKSPACE), |ctx| {
                    FieldFuture::new(async move { workspace(&ctx).await })
                })
                .description("The workspace of this session."),
            )
            .field(
                Field::new("workspaces", TypeRef::named_nn_list(WORKSPACE), |ctx| {
                    FieldFuture::new(async move { workspaces(&ctx).await })
                })
                .description("All workspaces of the person."),
            )
            .field(sessions::of_me())
            .field(second_factor::of_me()),
    );
    types.add(
        Object::new(WORKSPACE)
            .description("A workspace: one organisation's data.")
            .field(member("id", id(), "Id of the workspace."))
            .field(member("slug", text(), "Short name, for sign-in."))
            .field(member("name", text(), "Name.")),
    );
    types.add(choices(
        ADMINISTRATION,
        "A right that is about the workspace, not about records.",
        Administration::ALL.map(|right| (right.as_str(), right.about())),
    ));
}
