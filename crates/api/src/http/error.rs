//! What a plain HTTP route answers when it does not do what was asked:
//! `{"error":{"code","message","field"?,"requestId"}}`.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rapport_tenancy::Outage;
use serde_json::{Map, Value, json};

use super::{outage, request_id};
use crate::limits::Limited;

/// A refusal or a failure on its way to the client. The request id is added where it is written.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: sentence(&message.into()), details: Vec::new(), headers: Vec::new() }
    }

    /// The body or a value in it is not what the route takes.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// No credential, or one that does not count: which of the two is told by nothing but the header.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "sign in first: the access token is missing, expired or not valid",
        )
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static(BEARER_CHALLENGE))
    }

    /// Which methods are taken is in `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this method is not taken here")
    }

    pub fn rate_limited(limited: &Limited) -> Self {
        let wait = limited.retry_after_seconds();
        let message = format!("too many requests, try again in {wait} s");
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        limited.headers().into_iter().fold(refusal, |refusal, (name, value)| refusal.header(name, value))
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing here")
    }

    /// Our own fault: the chain of causes goes to the log, once, here; the caller learns no more than whether to wait.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        if let Some(outage) = Outage::behind(error) {
            let (code, message) = outage::told(outage);
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
                .header(header::RETRY_AFTER, HeaderValue::from_static(outage::RETRY_AFTER));
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", INTERNAL_MESSAGE)
    }

    /// The input to blame.
    #[must_use]
    pub fn field(self, field: &str) -> Self {
        self.detail("field", Value::from(field))
    }

    #[must_use]
    pub fn detail(mut self, name: &'static str, value: Value) -> Self {
        self.details.push((name, value));
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// An error's text as a caller reads it: errors begin small and end without a point, to be put into others.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// RFC 6750.
pub const BEARER_CHALLENGE: &str = "Bearer error=\"invalid_token\"";
/// All that a client learns of our own faults.
pub const INTERNAL_MESSAGE: &str = "something went wrong on our side; please quote the request id";

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = Map::new();
        error.insert("code".to_owned(), Value::from(self.code));
        error.insert("message".to_owned(), Value::from(self.message));
        error.extend(self.details.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if let Some(id) = request_id::current() {
            error.insert("requestId".to_owned(), Value::from(id));
        }
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
