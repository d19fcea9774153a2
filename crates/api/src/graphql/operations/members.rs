//! `workspaceMembers`, `deactivateMember`, `reactivateMember`, `removeMember`, `leaveWorkspace`: who may come in.
//!
//! Named so that a workspace can have an object `Member` of its own.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef},
};
use rapport_domain::{catalog::Catalog, member::Going, record, rights::Administration};
use rapport_tenancy::{Subject, UserId};
use serde::{Deserialize, Serialize};

use super::{
    asked::{self, Asked, UserError},
    held_role::{HELD_ROLE, HeldRole},
    role_types::{RECORD_NAME, RecordName},
};
use crate::{
    graphql::schema::{Types, choices, input_field, member, user_errors},
    members::{Error, Known, Members},
};

const MEMBER: &str = "WorkspaceMember";
const FILTER: &str = "WorkspaceMemberFilter";
const PAYLOAD: &str = "WorkspaceMemberPayload";
const STATUS: &str = "MemberStatus";
const LEAVE_PAYLOAD: &str = "LeaveWorkspacePayload";

/// A member, as `WorkspaceMember`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: UserId,
    name: String,
    email: String,
    status: &'static str,
    roles: Vec<HeldRole>,
    team: Option<RecordName>,
    joined_at: String,
    deactivated_at: Option<String>,
    last_sign_in_at: Option<String>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    member: Option<Told>,
    user_errors: Vec<UserError>,
}

#[derive(Default, Deserialize)]
struct Filter {
    status: Option<String>,
    search: Option<String>,
}

impl From<Known> for Told {
    fn from(known: Known) -> Self {
        let Known { member, profile, roles, is_active } = known;
        let (name, team) = match profile {
            Some(profile) => (profile.name, profile.team),
            None => (member.email.clone(), None),
        };
        Self {
            id: member.user,
            name,
            status: if is_active { "ACTIVE" } else { "DEACTIVATED" },
            roles: roles.into_iter().map(HeldRole::from).collect(),
            team: team.map(|(id, name)| RecordName { id, name: Some(name) }),
            email: member.email,
            joined_at: asked::moment(member.joined_at),
            deactivated_at: member.deactivated_at.map(asked::moment),
            last_sign_in_at: member.last_sign_in_at.map(asked::moment),
        }
    }
}

impl Filter {
    fn matches(&self, member: &Told) -> bool {
        let is_wanted = self.status.as_deref().is_none_or(|status| status == member.status);
        let search = self.search.as_deref().unwrap_or_default().trim().to_lowercase();
        is_wanted && [&member.name, &member.email].into_iter().any(|text| text.to_lowercase().contains(&search))
    }
}

pub fn queries() -> Vec<Field> {
    vec![
        Field::new("workspaceMembers", TypeRef::named_nn_list(MEMBER), |ctx| {
            FieldFuture::new(async move { list(&ctx).await })
        })
        .description(
            "The people who are members of this workspace, in the order of their names. Needs the right MEMBERS.",
        )
        .argument(input_field("filter", TypeRef::named(FILTER), "Only these.")),
    ]
}

/// To let others in and out those alone have who have the right; everybody may leave.
pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    let leave = Field::new("leaveWorkspace", TypeRef::named(LEAVE_PAYLOAD), |ctx| {
        FieldFuture::new(async move { leave(&ctx).await })
    })
    .description("Ends your membership of this workspace. What you own stays. The last owner cannot leave.");
    if !catalog.may(Administration::Members) {
        return vec![leave];
    }
    let payload = || TypeRef::named(PAYLOAD);
    let user = || input_field("userId", TypeRef::named_nn(TypeRef::ID), "Id of the member's user record.");
    vec![
        Field::new("deactivateMember", payload(), |ctx| {
            FieldFuture::new(async move { shut_out(&ctx, Going::Deactivated).await })
        })
        .description("Locks a member out of this workspace and ends their sessions in it, at once. Their roles and records stay.")
        .argument(user()),
        Field::new("reactivateMember", payload(), |ctx| FieldFuture::new(async move { let_in(&ctx).await }))
            .description("Lets a member in again, with the roles that they had.")
            .argument(user()),
        Field::new("removeMember", payload(), |ctx| {
            FieldFuture::new(async move { shut_out(&ctx, Going::Removed).await })
        })
        .description(
            "Ends a membership, for good: roles and shares go, the user record stays with what it owns. `member` is null afterwards.",
        )
        .argument(user()),
        leave,
    ]
}

async fn list(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let db = asked.app.tenancy.open(&asked.may(Administration::Members)?.scope);
    let filter = ctx.args.get("filter").filter(|filter| !filter.is_null());
    let filter: Filter = filter.map(|filter| filter.deserialize()).transpose()?.unwrap_or_default();
    let members = Members { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let known = members.list().await.map_err(|error| failed(&error))?;
    let mut told: Vec<Told> = known.into_iter().map(Told::from).filter(|member| filter.matches(member)).collect();
    told.sort_by_cached_key(|member| (member.name.to_lowercase(), member.id));
    Ok(Some(asked::present(&told)?))
}

async fn shut_out(ctx: &ResolverContext<'_>, going: Going) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.may(Administration::Members)?;
    let user = UserId::from(asked::id(ctx, "userId"));
    match go(asked, user, going).await? {
        None => answer(asked, user).await,
        Some(refused) => Payload { user_errors: vec![refused.under("userId").into()], ..Payload::default() }.present(),
    }
}

async fn let_in(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let scope = &asked.may(Administration::Members)?.scope;
    let (user, db) = (UserId::from(asked::id(ctx, "userId")), asked.app.tenancy.open(scope));
    let members = Members { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let outcome = members.let_in(user).await.map_err(|error| failed(&error))?;
    asked.app.graph.catalogs.forget(scope.tenant());
    asked.app.wrote(&db);
    match outcome {
        Ok(()) => answer(asked, user).await,
        Err(refused) => Payload { user_errors: vec![refused.under("userId").into()], ..Payload::default() }.present(),
    }
}

async fn leave(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.person()?;
    let Subject::User(user) = asked.member()?.scope.actor().subject else {
        return Err(asked::coded("Only a person can leave.", crate::graphql::code::FORBIDDEN));
    };
    let refused = go(asked, user, Going::Left).await?;
    let told = Left { user_errors: refused.into_iter().map(UserError::from).collect() };
    Ok(Some(asked::present(&told)?))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Left {
    user_errors: Vec<UserError>,
}

async fn go(asked: &Asked, user: UserId, going: Going) -> Result<Option<record::UserError>> {
    let scope = &asked.member()?.scope;
    let db = asked.app.tenancy.open(scope);
    let members = Members { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let outcome = members.shut_out(user, going).await.map_err(|error| failed(&error))?;
    asked.app.graph.catalogs.forget(scope.tenant());
    match outcome {
        Ok(sessions) => {
            let told = asked.app.auth.hear_of_ended(&sessions, user, asked.member()?, &asked.from).await;
            told.map_err(|error| asked::internal(&error))?;
            asked.app.wrote(&db);
            Ok(None)
        }
        Err(refused) => Ok(Some(refused)),
    }
}

/// The member as they are now.
async fn answer(asked: &Asked, user: UserId) -> Result<Option<Value>> {
    let db = asked.app.tenancy.open(&asked.member()?.scope);
    let members = Members { tenancy: &asked.app.tenancy, db: &db, origin: &asked.origin };
    let known = members.find(user).await.map_err(|error| failed(&error))?;
    Payload { member: known.map(Told::from), user_errors: Vec::new() }.present()
}

impl Payload {
    fn present(&self) -> Result<Option<Value>> {
        asked::present(self).map(Some)
    }
}

fn failed(error: &Error) -> async_graphql::Error {
    match error {
        Error::Database(error) => asked::database(error.clone()),
        error => asked::internal(error),
    }
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let moment = || TypeRef::named("DateTime");
    types.add(
        Object::new(MEMBER)
            .description("A person who is a member of this workspace.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of their user record: the owner of their records."))
            .field(member("name", text(), "Name of their user record."))
            .field(member("email", text(), "Address they sign in with."))
            .field(member("status", TypeRef::named_nn(STATUS), "Whether they may sign in."))
            .field(member("roles", TypeRef::named_nn_list_nn(HELD_ROLE), "What they may do."))
            .field(member("team", TypeRef::named(RECORD_NAME), "Their team."))
            .field(member("joinedAt", TypeRef::named_nn("DateTime"), "When they became a member."))
            .field(member("deactivatedAt", moment(), "When they were deactivated."))
            .field(member("lastSignInAt", moment(), "When they signed in here last.")),
    );
    types.add(choices(
        STATUS,
        "Whether a member may sign in.",
        [("ACTIVE", "May sign in."), ("DEACTIVATED", "May not sign in; keeps their roles.")],
    ));
    types.add(
        InputObject::new(FILTER)
            .description("Which members. All conditions must hold.")
            .field(input_field("status", TypeRef::named(STATUS), "Members of this status."))
            .field(input_field("search", TypeRef::named(TypeRef::STRING), "A part of the name or the e-mail address.")),
    );
    types.add(Object::new(LEAVE_PAYLOAD).description("Result of leaving the workspace.").field(user_errors()));
    if !catalog.may(Administration::Members) {
        return;
    }
    types.add(
        Object::new(PAYLOAD)
            .description("Result of a change to a member.")
            .field(member(
                "member",
                TypeRef::named(MEMBER),
                "The member as it is afterwards; null when refused, and when removed.",
            ))
            .field(user_errors()),
    );
}
