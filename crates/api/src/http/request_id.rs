//! The name of a request: in every answer, in every error, on every span.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::trace_context;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// The ids that follow a request into logs and events.
#[derive(Debug, Clone)]
pub struct RequestIds {
    request_id: Arc<str>,
    trace_id: Option<Arc<str>>,
}

impl RequestIds {
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The trace that the caller says this request belongs to.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    fn new(headers: &HeaderMap) -> Self {
        Self {
            request_id: Uuid::now_v7().to_string().into(),
            trace_id: trace_context::trace_id(headers).map(Arc::from),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for RequestIds {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::new(&parts.headers)))
    }
}

/// The id of the request that this task works on.
pub fn current() -> Option<String> {
    CURRENT.try_with(ToString::to_string).ok()
}

/// Middleware: names the request and says the name in the answer.
pub async fn assign(mut request: Request, next: Next) -> Response {
    let ids = RequestIds::new(request.headers());
    let id = Arc::clone(&ids.request_id);
    let span = tracing::info_span!("request", request.id = %id, trace.id = ids.trace_id(), method = %request.method());
    request.extensions_mut().insert(ids);
    let header = HeaderValue::from_str(&id).expect("a UUID is visible ASCII");
    let answered = next.run(request).instrument(span);
    let mut response = CURRENT.scope(id, answered).await;
    response.headers_mut().insert(HEADER, header);
    response
}
