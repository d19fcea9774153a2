//! `/graphql/schema`: the caller's graph in the schema definition language. Without a sign-in, the base graph.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    auth::Caller,
    http::{Client, error::ApiError},
    limits::Verdict,
};

/// Answers a GET.
pub async fn handle(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let (caller, verdict) = app.auth.admit(request.headers(), &Client::of(&app, &request)).await?;
    if let Verdict::Limited(limited) = verdict {
        return Err(ApiError::rate_limited(&limited));
    }
    let sdl = sdl_for(&app, &caller).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "authorization"),
    ];
    Ok((headers, sdl).into_response())
}

async fn sdl_for(app: &App, caller: &Caller) -> Result<String, ApiError> {
    let current = match caller.member() {
        Some(member) => {
            let db = app.tenancy.open(&member.scope);
            app.graph.catalogs.of(&db).await.map_err(|error| ApiError::internal(&error))?
        }
        None => app.graph.catalogs.base(),
    };
    let schema = app.graph.schemas.of(&current.catalog).await.map_err(|error| ApiError::internal(&*error))?;
    Ok(schema.sdl())
}
