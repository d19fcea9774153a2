//! Every address the gateway answers, in one place, and what each request passes on its way.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn,
    routing::{any, get},
};

use super::{error::ApiError, panic, request_id, security_headers, web};
use crate::{app::App, auth, graphql, mail, rest};

/// The whole public surface.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/graphql", any(graphql::handler::handle))
        .route("/graphql/schema", get(graphql::sdl::handle))
        .merge(auth::routes::routes())
        .merge(rest::routes())
        .merge(mail::routes(&app))
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .fallback(web::serve)
        .with_state(app)
        // From the inside out.
        .layer(from_fn(panic::catch))
        .layer(from_fn(security_headers::add))
        .layer(from_fn(request_id::assign))
}
