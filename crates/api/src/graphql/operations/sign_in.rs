//! `signUp`, `signIn`, `completeSignIn`, `refreshSession`, `signOut`: the same as the routes under `/auth/`.

use async_graphql::{
    Result, Value,
    dynamic::{Field, FieldFuture, InputObject, Object, ResolverContext, TypeRef},
};
use serde::{Deserialize, Serialize};

use super::{
    asked::{self, Asked, UserError},
    me::WORKSPACE,
};
use crate::{
    auth::{self, Refusal, SignedIn, Workspace},
    graphql::schema::{Types, input_field, member, user_errors},
};

pub(super) const SESSION_PAYLOAD: &str = "SessionPayload";
const SIGN_OUT_PAYLOAD: &str = "SignOutPayload";
const SIGN_UP_INPUT: &str = "SignUpInput";
const SIGN_IN_INPUT: &str = "SignInInput";
const COMPLETE_SIGN_IN_INPUT: &str = "CompleteSignInInput";

#[derive(Deserialize)]
struct SignUp {
    email: String,
    password: String,
    name: String,
    workspace: String,
    code: Option<String>,
}

#[derive(Deserialize)]
struct SignIn {
    email: String,
    password: String,
    workspace: Option<String>,
}

#[derive(Deserialize)]
struct CompleteSignIn {
    challenge: String,
    code: String,
    workspace: Option<String>,
}

/// `SessionPayload`: tokens, or why there are none.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionPayload {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    workspace: Option<Workspace>,
    workspaces: Vec<Workspace>,
    challenge: Option<String>,
    user_errors: Vec<UserError>,
}

impl From<SignedIn> for SessionPayload {
    fn from(session: SignedIn) -> Self {
        Self {
            access_token: Some(session.access_token),
            refresh_token: Some(session.refresh_token),
            expires_in: Some(session.expires_in),
            workspace: Some(session.workspace),
            ..Self::default()
        }
    }
}

impl From<Refusal> for SessionPayload {
    fn from(refusal: Refusal) -> Self {
        Self {
            workspaces: refusal.workspaces().to_vec(),
            challenge: refusal.challenge().map(str::to_owned),
            user_errors: vec![UserError::from(&refusal)],
            ..Self::default()
        }
    }
}

pub fn mutations() -> Vec<Field> {
    let payload = || TypeRef::named(SESSION_PAYLOAD);
    let token = |ty| input_field("refreshToken", ty, "The refresh token of the session.");
    vec![
        Field::new("signUp", payload(), |ctx| FieldFuture::new(async move { sign_up(&ctx).await }))
            .description("Makes an account and a workspace, and signs in. Needs no session.")
            .argument(input_field("input", TypeRef::named_nn(SIGN_UP_INPUT), "Who you are.")),
        Field::new("signIn", payload(), |ctx| FieldFuture::new(async move { sign_in(&ctx).await }))
            .description("Signs in to a workspace. Needs no session.")
            .argument(input_field("input", TypeRef::named_nn(SIGN_IN_INPUT), "Who you are.")),
        Field::new("completeSignIn", payload(), |ctx| FieldFuture::new(async move { complete_sign_in(&ctx).await }))
            .description("Finishes a sign-in that was answered with TOTP_REQUIRED. Needs no session.")
            .argument(input_field("input", TypeRef::named_nn(COMPLETE_SIGN_IN_INPUT), "The challenge and a code.")),
        Field::new("refreshSession", payload(), |ctx| FieldFuture::new(async move { refresh_session(&ctx).await }))
            .description("Spends a refresh token for a new pair of tokens. Needs no session.")
            .argument(token(TypeRef::named_nn(TypeRef::STRING))),
        Field::new("signOut", TypeRef::named(SIGN_OUT_PAYLOAD), |ctx| {
            FieldFuture::new(async move { sign_out(&ctx).await })
        })
        .description("Ends your session, and the one of a refresh token.")
        .argument(token(TypeRef::named(TypeRef::STRING))),
    ]
}

async fn sign_up(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let SignUp { email, password, name, workspace, code } = asked::input(ctx)?;
    let ask = auth::SignUp { email, password, name, workspace, code };
    answer(asked.app.auth.sign_up(ask, &asked.from).await)
}

async fn sign_in(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let SignIn { email, password, workspace } = asked::input(ctx)?;
    answer(asked.app.auth.sign_in(auth::SignIn { email, password, workspace }, &asked.from).await)
}

async fn complete_sign_in(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let CompleteSignIn { challenge, code, workspace } = asked::input(ctx)?;
    let ask = auth::CompleteSignIn { challenge, code, workspace };
    answer(asked.app.auth.complete_sign_in(ask, &asked.from).await)
}

async fn refresh_session(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    let token = ctx.args.try_get("refreshToken")?.string()?;
    answer(asked.app.auth.refresh(token, &asked.from).await)
}

async fn sign_out(ctx: &ResolverContext<'_>) -> Result<Option<Value>> {
    let asked = Asked::of(ctx)?;
    asked.person()?;
    let token = ctx.args.get("refreshToken").filter(|token| !token.is_null());
    let token = token.map(|token| token.string()).transpose()?;
    let payload = match asked.app.auth.sign_out(&asked.caller, token, &asked.from).await {
        Ok(()) => SignOutPayload::default(),
        Err(auth::Error::Refused(refusal)) => SignOutPayload { user_errors: vec![UserError::from(&refusal)] },
        Err(error) => return Err(asked::internal(&error)),
    };
    Ok(Some(asked::present(&payload)?))
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignOutPayload {
    user_errors: Vec<UserError>,
}

pub(super) fn answer(outcome: std::result::Result<SignedIn, auth::Error>) -> Result<Option<Value>> {
    let payload = match outcome {
        Ok(session) => SessionPayload::from(session),
        Err(auth::Error::Refused(refusal)) => SessionPayload::from(refusal),
        Err(error) => return Err(asked::internal(&error)),
    };
    Ok(Some(asked::present(&payload)?))
}

pub fn declare(types: &mut Types) {
    let text = || TypeRef::named_nn(TypeRef::STRING);
    let maybe = || TypeRef::named(TypeRef::STRING);
    types.add(
        Object::new(SESSION_PAYLOAD)
            .description("A session, or why there is none.")
            .field(member("accessToken", maybe(), "For `Authorization: Bearer ...`."))
            .field(member("refreshToken", maybe(), "For `refreshSession`, once."))
            .field(member("expiresIn", TypeRef::named(TypeRef::INT), "Seconds for which the access token is valid."))
            .field(member("workspace", TypeRef::named(WORKSPACE), "The workspace signed in to."))
            .field(member(
                "workspaces",
                TypeRef::named_nn_list_nn(WORKSPACE),
                "What to choose from when the code is WORKSPACE_REQUIRED.",
            ))
            .field(member(
                "challenge",
                maybe(),
                "Set when the code is TOTP_REQUIRED: for `completeSignIn`, within five minutes.",
            ))
            .field(user_errors()),
    );
    types.add(Object::new(SIGN_OUT_PAYLOAD).description("Result of a sign-out.").field(user_errors()));
    types.add(
        InputObject::new(SIGN_UP_INPUT)
            .description("A new account and its first workspace.")
            .field(input_field("email", text(), "E-mail address."))
            .field(input_field("password", text(), "Password, 8 characters or more."))
            .field(input_field("name", text(), "Your name."))
            .field(input_field("workspace", text(), "Name of the workspace."))
            .field(input_field("code", maybe(), "A code of your second factor, if you have an account with one.")),
    );
    types.add(
        InputObject::new(SIGN_IN_INPUT)
            .description("An account.")
            .field(input_field("email", text(), "E-mail address."))
            .field(input_field("password", text(), "Password."))
            .field(input_field("workspace", maybe(), "Slug or id; needed by those who have several.")),
    );
    types.add(
        InputObject::new(COMPLETE_SIGN_IN_INPUT)
            .description("The second step of a sign-in.")
            .field(input_field("challenge", text(), "The `challenge` that `signIn` answered."))
            .field(input_field("code", text(), "A code of your authenticator app, or a recovery code."))
            .field(input_field("workspace", maybe(), "Slug or id of the workspace, if `signIn` named none.")),
    );
}
