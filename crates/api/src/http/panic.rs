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
use crate::metrics;

/// Middleware: turns a panic into a 500. The panic hook has logged where it happened.
pub async fn catch(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Ok(response) = AssertUnwindSafe(next.run(request)).catch_unwind().await else {
        tracing::error!(path, "a request panicked");
        metrics::panicked();
        return ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", INTERNAL_MESSAGE)
            .into_response();
    };
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt as _;

    use super::*;
    use crate::http::request_id;

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_tells_nothing_but_the_requests_name() {
        let router = Router::new()
            .route("/", get(async || -> String { panic!("the secret is swordfish") }))
            .layer(from_fn(catch))
            .layer(from_fn(request_id::assign));
        let request = Request::builder().uri("/").body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        let body = axum::body::to_bytes(response.into_body(), 4096).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("text");
        assert!(!body.contains("swordfish"), "{body}");
        assert!(body.contains("INTERNAL_SERVER_ERROR") && body.contains(&id), "{body}");
    }
}
