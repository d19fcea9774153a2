//! Sign-in over plain HTTP: `/auth/…` and the public keys.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::json;

use super::{AuthError, Caller, Error, Refusal, SignIn, SignUp, SignedIn, Workspace};
use crate::{
    app::App,
    http::{error::ApiError, json_body::JsonBody, origin},
};

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/auth/sign-up", post(sign_up))
        .route("/auth/sign-in", post(sign_in))
        .route("/auth/refresh", post(refresh))
        .route("/auth/sign-out", post(sign_out))
        .route("/.well-known/jwks.json", get(jwks))
}

async fn sign_up(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let from = origin(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = SignUp {
        email: body.text("email")?,
        password: body.text("password")?,
        name: body.text("name")?,
        workspace: body.text("workspace")?,
    };
    Ok(session(app.auth.sign_up(ask, from).await?))
}

async fn sign_in(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let from = origin(&app, &request);
    let body = JsonBody::read(request).await?;
    let ask = SignIn {
        email: body.text("email")?,
        password: body.text("password")?,
        workspace: body.optional_text("workspace")?,
    };
    Ok(session(app.auth.sign_in(ask, from).await?))
}

async fn refresh(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let from = origin(&app, &request);
    let body = JsonBody::read(request).await?;
    let token = body.text("refreshToken")?;
    Ok(session(app.auth.refresh(&token, from).await?))
}

/// Takes a Bearer token, a refresh token or both. An access token that has expired does not keep a refresh token from
/// being ended.
async fn sign_out(State(app): State<Arc<App>>, request: Request) -> Result<StatusCode, ApiError> {
    let from = origin(&app, &request);
    let caller = app.auth.authenticate(request.headers()).await;
    let body = JsonBody::read_optional(request).await?;
    let token = body.map(|body| body.optional_text("refreshToken")).transpose()?.flatten();
    let caller = match caller {
        Ok(Caller::Anonymous) if token.is_none() => return Err(ApiError::unauthenticated()),
        Err(AuthError::Unauthenticated(_)) if token.is_some() => Caller::Anonymous,
        caller => caller?,
    };
    app.auth.sign_out(&caller, token.as_deref(), from).await?;
    Ok(StatusCode::NO_CONTENT)
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
            Refusal::EmailTaken | Refusal::WorkspaceRequired(_) => StatusCode::CONFLICT,
            Refusal::InvalidCredentials | Refusal::InvalidRefreshToken => StatusCode::UNAUTHORIZED,
            Refusal::NoWorkspace | Refusal::WorkspaceNotFound => StatusCode::FORBIDDEN,
            Refusal::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::InvalidEmail | Refusal::WeakPassword(_) | Refusal::InvalidName | Refusal::InvalidWorkspace => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        let mut error = Self::new(status, refusal.code(), refusal.to_string());
        if let Some(field) = refusal.field() {
            error = error.field(field);
        }
        if !refusal.workspaces().is_empty() {
            error = error.detail("workspaces", json!(refusal.workspaces()));
        }
        if let Refusal::RateLimited(limited) = &refusal {
            for (name, value) in limited.headers() {
                error = error.header(name, value);
            }
        }
        error
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
