//! `invitations`, `inviteMember`, `resendInvitation`, `revokeInvitation`, `acceptInvitation`: how people join a workspace.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef},
};
use chrono::{SecondsFormat, Utc};
use rapport_domain::{
    catalog::Catalog,
    plan,
    rights::{Administration, assign},
};
use rapport_tenancy::{Invitation, InvitationId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    asked::{self, Asked, UserError},
    sign_in,
};
use crate::{
    auth::{self, Invite, Principal},
    graphql::{
        failure::Failure,
        schema::{Types, choices, input_field, member, user_errors},
    },
};

const INVITATION: &str = "Invitation";
const STATE: &str = "InvitationState";
const PAYLOAD: &str = "InvitationPayload";
const INVITE_INPUT: &str = "InviteMemberInput";
const ACCEPT_INPUT: &str = "AcceptInvitationInput";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InviteInput {
    email: String,
    name: Option<String>,
    role_ids: Vec<String>,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct AcceptInput {
    token: String,
    password: Option<String>,
    name: Option<String>,
    code: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: InvitationId,
    email: String,
    name: Option<String>,
    role_ids: Vec<Uuid>,
    team_id: Option<Uuid>,
    invited_by: Option<String>,
    state: &'static str,
    created_at: String,
    sent_at: String,
    expires_at: String,
}

impl From<Invitation> for Told {
    fn from(invitation: Invitation) -> Self {
        let text = |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        Self {
            id: invitation.id,
            email: invitation.email,
            name: invitation.name,
            role_ids: invitation.roles,
            team_id: invitation.team,
            invited_by: invitation.inviter,
            state: if invitation.expires_at > Utc::now() { "OPEN" } else { "EXPIRED" },
            created_at: text(invitation.created_at),
            sent_at: text(invitation.sent_at),
            expires_at: text(invitation.expires_at),
        }
    }
}

/// `InvitationPayload`: the invitation as it stands, or why nothing was done.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    invitation: Option<Told>,
    user_errors: Vec<UserError>,
}

impl Payload {
    fn refused(code: &'static str, field: &[&str], message: &str) -> Self {
        let field = field.iter().map(|part| (*part).to_owned()).collect();
        Self {
            invitation: None,
            user_errors: vec![UserError { code: code.into(), field, message: message.to_owned() }],
        }
    }

    fn not_found() -> Self {
        Self::refused("NOT_FOUND", &["id"], "There is no open invitation with this id.")
    }

    /// What a refusal blames is in the input, where there is one.
    fn told(error: auth::Error, input: &[&str]) -> Result<Self> {
        let auth::Error::Refused(refusal) = error else { return Err(asked::internal(&error)) };
        Ok(Self { invitation: None, user_errors: vec![UserError::from(&refusal).below(input)] })
    }

    fn present(&self) -> Result<Option<Value>> {
        asked::present(self).map(Some)
    }
}

/// Who may say who is a member.
fn administrator(asked: &Asked) -> Result<&Principal> {
    asked.may(Administration::Members)
}

pub fn queries(catalog: &Catalog) -> Vec<Field> {
    if !catalog.may(Administration::Members) {
        return Vec::new();
    }
    vec![
        Field::new("invitations", TypeRef::named_nn_list(INVITATION), |ctx| {
            FieldFuture::new(async move { invitations(&ctx).await })
        })
        .description("Invitations to this workspace that were neither accepted nor revoked, the newest first; 500 at most. Needs the right MEMBERS."),
    ]
}

pub fn mutations(catalog: &Catalog) -> Vec<Field> {
    let accept = Field::new("acceptInvitation", TypeRef::named(sign_in::SESSION_PAYLOAD), |ctx| {
        FieldFuture::new(async move { accept(&ctx).await })
    })
    .description(
        "Accepts an invitation: makes you a member of its workspace and signs you in. With an account give its password, without \
         one choose a password. Needs no session.",
    )
    .argument(input_field("input", TypeRef::named_nn(ACCEPT_INPUT), "The invitation, and who you are."));
    if !catalog.may(Administration::Members) {
        return vec![accept];
    }
    let id = || input_field("id", TypeRef::named_nn(TypeRef::ID), "Id of the invitation.");
    let payload = || TypeRef::named(PAYLOAD);
    vec![
        Field::new("inviteMember", payload(), |ctx| FieldFuture::new(async move { invite(&ctx).await }))
            .description("Invites somebody to this workspace by mail. The link works for seven days.")
            .argument(input_field("input", TypeRef::named_nn(INVITE_INPUT), "Whom to invite, and as what.")),
        Field::new("resendInvitation", payload(), |ctx| FieldFuture::new(async move { resend(&ctx).await }))
            .description("Sends an invitation again with a new link, for seven days. The previous link stops working.")
            .argument(id()),
        Field::new("revokeInvitation", payload(), |ctx| FieldFuture::new(async move { revoke(&ctx).await }))
            .description("Takes an invitation back. Its link stops working.")
            .argument(id()),
        accept,
    ]
}

async fn invitations(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let tenant = administrator(asked)?.scope.tenant();
    let open = asked.app.tenancy.invitations(tenant).await.map_err(|error| asked::internal(&error))?;
    Ok(Some(asked::present(&open.into_iter().map(Told::from).collect::<Vec<_>>())?))
}

async fn invite(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let caller = administrator(asked)?;
    let InviteInput { email, name, role_ids, team_id } = asked::input(ctx)?;
    let roles = match roles(asked, caller, &role_ids).await? {
        Ok(roles) => roles,
        Err(refused) => return refused.present(),
    };
    let Ok(team) = team(asked, caller, team_id.as_deref()).await? else {
        return Payload::refused("NOT_FOUND", &["input", "teamId"], "There is no team with this id.").present();
    };
    match asked.app.auth.invite(caller, Invite { email, name, roles, team }, &asked.origin).await {
        Ok(id) => now(asked, caller, id).await,
        Err(error) => Payload::told(error, &["input"])?.present(),
    }
}

/// The ids of roles that exist and that the caller may give.
async fn roles(
    asked: &Asked,
    caller: &Principal,
    ids: &[String],
) -> Result<std::result::Result<Vec<Uuid>, Box<Payload>>> {
    if ids.is_empty() {
        return Ok(Err(Payload::refused("ROLE_REQUIRED", &["input", "roleIds"], "Name at least one role.").into()));
    }
    let ids = asked::ids(ids);
    let tx = asked.app.tenancy.open(&caller.scope).begin().await.map_err(asked::database)?;
    let checked = assign::check(&tx, &ids).await.map_err(asked::database)?;
    tx.rollback().await;
    Ok(match checked {
        Ok(roles) => Ok(roles.into_iter().map(|role| role.id).collect()),
        Err(errors) => {
            let user_errors = errors.into_iter().map(|error| UserError::from(error.under("input"))).collect();
            Err(Payload { invitation: None, user_errors }.into())
        }
    })
}

/// A team of the workspace, none where none is named.
async fn team(asked: &Asked, caller: &Principal, id: Option<&str>) -> Result<std::result::Result<Option<Uuid>, ()>> {
    let Some(id) = id else { return Ok(Ok(None)) };
    let (Ok(id), Some(teams)) = (Uuid::try_parse(id), asked.catalog.object("Team")) else { return Ok(Err(())) };
    let session = asked.app.tenancy.open(&caller.scope).session().await.map_err(asked::database)?;
    let found =
        plan::matching_ids(&session, asked.view(), teams, &json!({ "id": { "eq": id } }), 1, &asked.origin).await;
    let found = found.map_err(|error| {
        let failure = Failure::from(error);
        asked::coded(&failure.message, failure.code)
    })?;
    Ok(if found.is_empty() { Err(()) } else { Ok(Some(id)) })
}

async fn resend(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let caller = administrator(asked)?;
    let Some(id) = id(ctx)? else { return Payload::not_found().present() };
    match asked.app.auth.invite_again(caller, id, &asked.origin).await {
        Ok(Some(())) => now(asked, caller, id).await,
        Ok(None) => Payload::not_found().present(),
        Err(error) => Payload::told(error, &[])?.present(),
    }
}

async fn revoke(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let caller = administrator(asked)?;
    let Some(id) = id(ctx)? else { return Payload::not_found().present() };
    let revoked = asked.app.auth.revoke_invitation(caller, id, &asked.origin).await;
    match revoked.map_err(|error| asked::internal(&error))? {
        Some(()) => Payload::default().present(),
        None => Payload::not_found().present(),
    }
}

async fn accept(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let AcceptInput { token, password, name, code } = asked::input(ctx)?;
    let accept = auth::Accept { token, password, name, code };
    sign_in::answer(asked.app.auth.accept_invitation(accept, &asked.from).await)
}

/// The invitation as it stands after a change.
async fn now(asked: &Asked, caller: &Principal, id: InvitationId) -> Result<Option<Value>> {
    let found = asked.app.tenancy.invitation(caller.scope.tenant(), id).await;
    let invitation = found.map_err(|error| asked::internal(&error))?.map(Told::from);
    Payload { invitation, user_errors: Vec::new() }.present()
}

fn id(ctx: &ResolverContext<'_>) -> Result<Option<InvitationId>> {
    Ok(ctx.args.try_get("id")?.string()?.parse().ok())
}

pub fn declare(types: &mut Types, catalog: &Catalog) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        InputObject::new(ACCEPT_INPUT)
            .description("Accepts an invitation.")
            .field(input_field("token", text(), "The token of the link: the text after `#token=`."))
            .field(input_field("password", maybe(), "The password of your account; without an account, a new one."))
            .field(input_field(
                "name",
                maybe(),
                "Your name, if you have no account; that of the invitation when left out.",
            ))
            .field(input_field("code", maybe(), "A code of your second factor, if you have one.")),
    );
    if !catalog.may(Administration::Members) {
        return;
    }
    let moment = || TypeRef::named_nn("DateTime");
    types.add(
        Object::new(INVITATION)
            .description("An invitation to join this workspace.")
            .field(member("id", TypeRef::named_nn(TypeRef::ID), "Id of the invitation."))
            .field(member("email", text(), "The address it was sent to. Nobody else can accept it."))
            .field(member("name", maybe(), "Name of the person, if the inviter gave one."))
            .field(member("roleIds", TypeRef::named_nn_list_nn(TypeRef::ID), "The roles they start with."))
            .field(member("teamId", TypeRef::named(TypeRef::ID), "The team they start in."))
            .field(member("invitedBy", maybe(), "Name of the inviter."))
            .field(member("state", TypeRef::named_nn(STATE), "Whether its link works."))
            .field(member("createdAt", moment(), "When they were invited first."))
            .field(member("sentAt", moment(), "When it was sent last."))
            .field(member("expiresAt", moment(), "When its link expires.")),
    );
    types.add(choices(
        STATE,
        "Whether the link of an invitation works.",
        [("OPEN", "It can be accepted."), ("EXPIRED", "It expired: send it again, or revoke it.")],
    ));
    types.add(
        Object::new(PAYLOAD)
            .description("Result of a change to an invitation.")
            .field(member(
                "invitation",
                TypeRef::named(INVITATION),
                "The invitation as it stands; null once it is revoked.",
            ))
            .field(user_errors()),
    );
    types.add(
        InputObject::new(INVITE_INPUT)
            .description("Whom to invite.")
            .field(input_field("email", text(), "E-mail address."))
            .field(input_field("name", maybe(), "Name of the person, if it is known."))
            .field(input_field(
                "roleIds",
                TypeRef::named_nn_list_nn(TypeRef::ID),
                "The roles to start with, one at least.",
            ))
            .field(input_field("teamId", TypeRef::named(TypeRef::ID), "The team to start in.")),
    );
}
