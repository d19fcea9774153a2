//! A person's sessions: where they are signed in, and an end to it.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, Object, ResolverContext, TypeRef},
};
use rapport_domain::{catalog::Catalog, member as members, rights::Administration};
use rapport_tenancy::{OpenSession, SessionId, TenantId, UserId};
use serde::Serialize;

use super::{
    asked::{self, Asked, UserError},
    me::WORKSPACE,
};
use crate::{
    auth,
    graphql::schema::{Types, input_field, member, user_errors},
};

const SESSION: &str = "Session";
const END_SESSIONS_PAYLOAD: &str = "EndSessionsPayload";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    id: SessionId,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
    address: Option<String>,
    user_agent: Option<String>,
    current: bool,
    workspace: Workspace,
}

#[derive(Serialize)]
struct Workspace {
    id: TenantId,
    slug: String,
    name: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndSessionsPayload {
    ended: usize,
    user_errors: Vec<UserError>,
}

impl Session {
    fn of(session: OpenSession, current: SessionId) -> Self {
        let OpenSession { id, tenant, slug, name, .. } = session;
        Self {
            id,
            created_at: asked::moment(session.created_at),
            last_seen_at: asked::moment(session.last_seen_at),
            expires_at: asked::moment(session.expires_at),
            address: session.address,
            user_agent: session.user_agent,
            current: id == current,
            workspace: Workspace { id: tenant, slug, name },
        }
    }
}

impl EndSessionsPayload {
    fn missing(argument: &str) -> Self {
        let error = UserError {
            code: "NOT_FOUND".into(),
            field: vec![argument.to_owned()],
            message: "There is nothing with this id that could be ended.".to_owned(),
        };
        Self { ended: 0, user_errors: vec![error] }
    }
}

/// `me { sessions }`.
pub fn of_me() -> Field {
    Field::new("sessions", TypeRef::named_nn_list(SESSION), |ctx| FieldFuture::new(async move { sessions(&ctx).await }))
        .description("Your open sessions in all workspaces, the one used last first.")
}

async fn sessions(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let member = asked.person()?;
    let sessions = asked.app.auth.sessions(member.person).await.map_err(|error| asked::internal(&error))?;
    let sessions: Vec<_> = sessions.into_iter().map(|session| Session::of(session, member.session)).collect();
    Ok(Some(asked::present(&sessions)?))
}

pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    let payload = || TypeRef::named(END_SESSIONS_PAYLOAD);
    let id = |name, about| input_field(name, TypeRef::named_nn(TypeRef::ID), about);
    let own = [
        Field::new("revokeSession", payload(), |ctx| FieldFuture::new(async move { revoke(&ctx).await }))
            .description("Ends one of your sessions, at once.")
            .argument(id("id", "Id of the session.")),
        Field::new("revokeOtherSessions", payload(), |ctx| FieldFuture::new(async move { revoke_others(&ctx).await }))
            .description("Ends all of your sessions but this one, in all workspaces, at once."),
    ];
    let of_members = Field::new("revokeMemberSessions", payload(), |ctx| {
        FieldFuture::new(async move { revoke_members(&ctx).await })
    })
    .description("Ends all sessions of a member in this workspace, at once.")
    .argument(id("userId", "Id of the user record."));
    own.into_iter().chain(catalog.may(Administration::Members).then_some(of_members)).collect()
}

async fn revoke(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.person()?;
    // What is no id is not there either.
    let Ok(id) = ctx.args.try_get("id")?.string()?.parse() else { return missing("id") };
    match asked.app.auth.end_session(asked.member()?, id, &asked.from).await {
        Ok(true) => answer(Ok(1)),
        Ok(false) => missing("id"),
        Err(error) => Err(asked::internal(&error)),
    }
}

async fn revoke_others(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.person()?;
    answer(asked.app.auth.end_other_sessions(asked.member()?, &asked.from).await)
}

async fn revoke_members(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let caller = asked.may(Administration::Members)?;
    let tenant = caller.scope.tenant();
    let Ok(user) = ctx.args.try_get("userId")?.string()?.parse::<UserId>() else { return missing("userId") };
    if !asked.app.tenancy.is_member(tenant, user).await.map_err(|error| asked::internal(&error))? {
        return missing("userId");
    }
    let tx = asked.app.tenancy.open(&caller.scope).begin().await.map_err(asked::database)?;
    let refused = members::may_end_sessions(&tx, user).await.map_err(asked::database)?;
    tx.rollback().await;
    if let Some(refused) = refused {
        let refused =
            EndSessionsPayload { user_errors: vec![refused.under("userId").into()], ..EndSessionsPayload::default() };
        return Ok(Some(asked::present(&refused)?));
    }
    answer(asked.app.auth.end_member_sessions(caller, user, &asked.from).await)
}

fn answer(ended: std::result::Result<usize, auth::Error>) -> Result<Option<Value>> {
    let ended = ended.map_err(|error| asked::internal(&error))?;
    Ok(Some(asked::present(&EndSessionsPayload { ended, ..EndSessionsPayload::default() })?))
}

fn missing(argument: &str) -> Result<Option<Value>> {
    Ok(Some(asked::present(&EndSessionsPayload::missing(argument))?))
}

pub fn declare(types: &mut Types) {
    let moment = || TypeRef::named_nn("DateTime");
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        Object::new(SESSION)
            .description("An open session: one sign-in to one workspace.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the session."))
            .field(member("createdAt", moment(), "When you signed in."))
            .field(member("lastSeenAt", moment(), "When it was used last, to the minute."))
            .field(member("expiresAt", moment(), "When it ends if it is not used before."))
            .field(member("address", maybe(), "Network address it was used from last."))
            .field(member("userAgent", maybe(), "Name of the program that signed in (`User-Agent`)."))
            .field(member("current", TypeRef::named_nn(TypeRef::BOOLEAN), "Whether this request uses it."))
            .field(member("workspace", TypeRef::named_nn(WORKSPACE), "The workspace signed in to.")),
    );
    types.add(
        Object::new(END_SESSIONS_PAYLOAD)
            .description("Result of ending sessions.")
            .field(member("ended", TypeRef::named_nn(TypeRef::INT), "How many sessions ended."))
            .field(user_errors()),
    );
}
