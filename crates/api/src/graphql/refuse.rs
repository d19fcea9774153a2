//! A request that is turned away before it is a GraphQL operation: a well-formed answer with one error.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use rapport_tenancy::Outage;
use serde_json::{Map, Value, json};

use super::{negotiate::Media, request::BadRequest};
use crate::{
    auth::AuthError,
    http::{
        error::{BEARER_CHALLENGE, INTERNAL_MESSAGE, sentence},
        outage,
        request_id::RequestIds,
    },
    limits::{Limited, document::DocumentTooLarge},
    metrics,
};

pub struct Refuse {
    status: StatusCode,
    code: &'static str,
    message: String,
    extensions: Vec<(&'static str, Value)>,
    header: Option<(HeaderName, &'static str)>,
}

impl Refuse {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: sentence(&message.into()), extensions: Vec::new(), header: None }
    }

    fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    pub fn method(allowed: &'static str) -> Self {
        let message = format!("this method is not allowed here; allowed: {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message).header(header::ALLOW, allowed)
    }

    pub fn not_acceptable() -> Self {
        let message = "accept application/graphql-response+json or application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    pub fn unsupported_media_type() -> Self {
        let message = "send application/json in UTF-8, without content coding";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "the body may have at most 2 MiB")
    }

    pub fn uri_too_long() -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "the parameters may have at most 16 KiB; use POST")
    }

    pub fn slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body took too long")
    }

    pub fn rate_limited(limited: &Limited) -> Self {
        let wait = limited.retry_after_seconds();
        let message = format!("too many requests, try again in {wait} s");
        let mut refuse = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        let millis = u64::try_from(limited.retry_after.as_millis()).unwrap_or(u64::MAX);
        refuse.extensions = vec![("retryAfterMs", json!(millis)), ("policy", json!(limited.policy.name()))];
        refuse
    }

    pub fn respond(self, media: Media, ids: &RequestIds) -> Response {
        metrics::answered(self.code);
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), json!(self.code));
        extensions.extend(self.extensions.into_iter().map(|(name, value)| (name.to_owned(), value)));
        extensions.insert("requestId".to_owned(), json!(ids.request_id()));
        let body = json!({"errors": [{"message": self.message, "extensions": extensions}]});
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
        response
    }
}

impl From<BadRequest> for Refuse {
    fn from(error: BadRequest) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<DocumentTooLarge> for Refuse {
    fn from(error: DocumentTooLarge) -> Self {
        Self::new(StatusCode::BAD_REQUEST, DocumentTooLarge::CODE, error.to_string())
    }
}

impl From<AuthError> for Refuse {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthenticated(reason) => {
                tracing::debug!(%reason, "a credential was refused");
                let message = "the access token is expired or not valid";
                Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
                    .header(header::WWW_AUTHENTICATE, BEARER_CHALLENGE)
            }
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "a credential could not be checked");
                if let Some(outage) = Outage::behind(&error) {
                    let (code, message) = outage::told(outage);
                    return Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
                        .header(header::RETRY_AFTER, outage::RETRY_AFTER);
                }
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", INTERNAL_MESSAGE)
            }
        }
    }
}
