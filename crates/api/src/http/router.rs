//! Every address the gateway answers, in one place, and what each request passes on its way.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    middleware::from_fn,
    response::{IntoResponse as _, Response},
    routing::any,
};

use super::{error::ApiError, panic, request_id, security_headers};
use crate::{app::App, auth, graphql};

/// The whole public surface.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/graphql", any(graphql::handler::handle))
        .merge(auth::routes::routes())
        .fallback(fallback)
        .with_state(app)
        // From the inside out.
        .layer(from_fn(panic::catch))
        .layer(from_fn(security_headers::add))
        .layer(from_fn(request_id::assign))
}

async fn fallback(_request: Request) -> Response {
    ApiError::not_found().into_response()
}
