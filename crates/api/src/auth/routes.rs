//! Sign-in over plain HTTP: `/auth/…` and the public keys.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::json;

use super::{
    Accept, AuthError, Caller, CompleteSignIn, Error, Invited, Refusal, SignIn, SignUp, SignedIn, Workspace,
    second_factor::CHALLENGE_LIFETIME,
};
use crate::{
    app::App,
    following,
    http::{Client, error::ApiError, json_body::JsonBody, outage},
};

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/sign-up", post(sign_up))
        .route("/auth/sign-in", post(sign_in))
        .route("/auth/totp", post(complete_sign_in))
        .route("/auth/refresh", post(refresh))
        .route("/auth/sign-out", post(sign_out))
        .route("/auth/verify-email", post(verify_email))
        .route("/auth/forgot-password", post(forgot_password))
        .route("/auth/reset-password", post(reset_password))
        .route("/auth/confirm-email", post(confirm_email))
        .route("/auth/cancel-email", post(cancel_email))
        .route("/auth/invitation", post(invitation))
        .route("/auth/accept-invitation", post(accept_invitation))
        .route("/auth/api-keys/report", post(report_key))
        .route("/.well-known/jwks.json", get(jwks))
}

async fn sign_up(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = SignUp {
        email: body.text("email")?,
        password: body.text("password")?,
        name: body.text("name")?,
        workspace: body.text("workspace")?,
        code: body.optional_text("code")?,
    };
    Ok(session(app.auth.sign_up(ask, &client).await?))
}

async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = SignIn {
        email: body.text("email")?,
        password: body.text("password")?,
        workspace: body.optional_text("workspace")?,
    };
    Ok(session(app.auth.sign_in(ask, &client).await?))
}

async fn complete_sign_in(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = CompleteSignIn {
        challenge: body.text("challenge")?,
        code: body.text("code")?,
        workspace: body.optional_text("workspace")?,
    };
    Ok(session(app.auth.complete_sign_in(ask, &client).await?))
}

async fn refresh(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let token = body.text("refreshToken")?;
    Ok(session(app.auth.refresh(&token, &client).await?))
}

/// Takes a Bearer token, a refresh token or both. An access token that has expired does not keep a refresh token from
/// being ended.
async fn sign_out(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let caller = app.auth.authenticate(request.headers()).await;
    let body = JsonBody::read_optional(request).await?;
    let token = body.map(|body| body.optional_text("refreshToken")).transpose()?.flatten();
    let caller = match caller {
        Ok(Caller::Anonymous) if token.is_none() => return Err(ApiError::unauthenticated()),
        Err(AuthError::Unauthenticated(_)) if token.is_some() => Caller::Anonymous,
        caller => caller?,
    };
    app.auth.sign_out(&caller, token.as_deref(), &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn verify_email(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.verify_email(&body.text("token")?, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The answer is the same whether or not somebody has the address.
async fn forgot_password(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.forgot_password(&body.text("email")?, &client).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn reset_password(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.reset_password(&body.text("token")?, body.text("password")?, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn confirm_email(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.confirm_email(&body.text("token")?, &client).await?;
    following::start(&app);
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel_email(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.cancel_email(&body.text("token")?, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the link of an invitation opens, for the page that asks whether to accept it. A POST, so that no log has the token.
async fn invitation(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let Invited { email, name, workspace, inviter, has_account } =
        app.auth.invited(&body.text("token")?, &client).await?;
    let told =
        json!({"email": email, "name": name, "workspace": workspace, "inviter": inviter, "hasAccount": has_account});
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(told)).into_response())
}

async fn accept_invitation(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = Accept {
        token: body.text("token")?,
        password: body.optional_text("password")?,
        name: body.optional_text("name")?,
        code: body.optional_text("code")?,
    };
    Ok(session(app.auth.accept_invitation(ask, &client).await?))
}

/// For whoever finds a key where it should not be. The answer is the same whatever it was.
async fn report_key(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let client = Client::of(&app, &request);
    let body = JsonBody::read(request).await?;
    app.auth.report_key(&body.text("key")?, &client).await?;
    let thanks = json!({ "message": "Thank you. If this is a key that works, it works no more." });
    Ok((StatusCode::ACCEPTED, [(header::CACHE_CONTROL, "no-store")], Json(thanks)).into_response())
}

async fn jwks(State(app): State<Arc<App>>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, "public, max-age=600")];
    (headers, app.auth.jwks())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionBody {
    access_token: String,
    refresh_token: String,
    expires_in: i64,
    workspace: Workspace,
}

fn session(signed_in: SignedIn) -> Response {
    let body = SessionBody {
        access_token: signed_in.access_token,
        refresh_token: signed_in.refresh_token,
        expires_in: signed_in.expires_in,
        workspace: signed_in.workspace,
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::EmailTaken
            | Refusal::AddressInUse
            | Refusal::AlreadyMember
            | Refusal::AlreadyInvited
            | Refusal::TooManyInvitations
            | Refusal::WorkspaceRequired(_)
            | Refusal::SecondFactorOn
            | Refusal::SecondFactorOff
            | Refusal::SecondFactorNotStarted => StatusCode::CONFLICT,
            Refusal::InvalidCredentials
            | Refusal::InvalidRefreshToken
            | Refusal::CodeRequired(_)
            | Refusal::InvalidChallenge
            | Refusal::InvalidCode
            | Refusal::WrongPassword
            | Refusal::NotYourPassword
            | Refusal::PasswordOfAccount => StatusCode::UNAUTHORIZED,
            Refusal::NoWorkspace | Refusal::WorkspaceNotFound | Refusal::EmailNotVerified | Refusal::NotAPerson => {
                StatusCode::FORBIDDEN
            }
            Refusal::RateLimited(_) | Refusal::TooManyMails => StatusCode::TOO_MANY_REQUESTS,
            Refusal::NoMasterKey => StatusCode::NOT_IMPLEMENTED,
            Refusal::MailUnavailable | Refusal::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::InvalidEmail
            | Refusal::SameEmail
            | Refusal::InvalidToken
            | Refusal::PasswordRequired
            | Refusal::WeakPassword(_)
            | Refusal::InvalidName
            | Refusal::InvalidWorkspace => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut error = Self::new(status, refusal.code(), refusal.to_string());
        if let Some(field) = refusal.field() {
            error = error.field(field);
        }
        if !refusal.workspaces().is_empty() {
            error = error.detail("workspaces", json!(refusal.workspaces()));
        }
        if let Some(challenge) = refusal.challenge() {
            error = error.detail("challenge", json!(challenge));
            error = error.detail("expiresIn", json!(CHALLENGE_LIFETIME.num_seconds()));
        }
        match &refusal {
            Refusal::RateLimited(limited) => {
                limited.headers().into_iter().fold(error, |error, (name, value)| error.header(name, value))
            }
            Refusal::Overloaded => error.header(header::RETRY_AFTER, HeaderValue::from_static(outage::RETRY_AFTER)),
            _ => error,
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthenticated(reason) => {
                tracing::debug!(%reason, "a credential was refused");
                Self::unauthenticated()
            }
            error => Self::internal(&error),
        }
    }
}
