//! A small JSON object as a request's body, read strictly.

use axum::{body::Body, extract::Request, http::StatusCode};
use serde_json::{Map, Value};

use super::{
    body::{self, BodyError},
    error::ApiError,
    media,
};

const MAX_BYTES: usize = 16 * 1024;

/// The members of the object.
pub struct JsonBody(Map<String, Value>);

impl JsonBody {
    /// Reads `application/json` of at most 16 KiB.
    pub async fn read(request: Request) -> Result<Self, ApiError> {
        if !media::is_json(request.headers()) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "send application/json in UTF-8",
            ));
        }
        Self::parse(&collect(request.into_body()).await?)
    }

    /// Like `read`, but no body at all is fine, whatever its type.
    pub async fn read_optional(request: Request) -> Result<Option<Self>, ApiError> {
        use axum::body::HttpBody as _;

        if request.body().is_end_stream() {
            return Ok(None);
        }
        let json = media::is_json(request.headers());
        let bytes = collect(request.into_body()).await?;
        match bytes.is_empty() {
            true => Ok(None),
            false if json => Self::parse(&bytes).map(Some),
            false => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "send application/json in UTF-8",
            )),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(ApiError::bad_request("the body must be a JSON object")),
            Err(error) => Err(ApiError::bad_request(format!(
                "the body is no JSON (line {}, column {})",
                error.line(),
                error.column()
            ))),
        }
    }

    /// A text that must be there.
    pub fn text(&self, field: &str) -> Result<String, ApiError> {
        self.optional_text(field)?.ok_or_else(|| ApiError::bad_request(format!("{field} is missing")).field(field))
    }

    /// A text that may be absent or null.
    pub fn optional_text(&self, field: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ApiError::bad_request(format!("{field} must be a string")).field(field)),
        }
    }
}

async fn collect(body: Body) -> Result<bytes::Bytes, ApiError> {
    body::collect(body, MAX_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "the body may have at most 16 KiB")
        }
        BodyError::Slow => ApiError::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body took too long"),
        BodyError::Broken => ApiError::bad_request("the body was cut off"),
    })
}
