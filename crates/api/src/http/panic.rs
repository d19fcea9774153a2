//! A bug in one request ends that request, tells its caller nothing, and leaves the others alone.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;

use super::error::{ApiError, INTERNAL_MESSAGE};

/// Middleware: turns a panic into a 500. The panic hook has logged where it happened.
pub async fn catch(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Ok(response) = AssertUnwindSafe(next.run(request)).catch_unwind().await else {
        tracing::error!(path, "a request panicked");
        metrics::counter!("rapport_http_panics_total").increment(1);
        return ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", INTERNAL_MESSAGE)
            .into_response();
    };
    response
}
