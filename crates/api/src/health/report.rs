use std::time::Instant;

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::check::{Check, Need};

/// What was found.
pub struct Report {
    status: StatusCode,
    body: String,
}

impl Report {
    /// Asks all parts at once.
    pub async fn make(checks: &[Check]) -> Self {
        let asked = checks.iter().map(async |check| {
            let since = Instant::now();
            let answers = check.run().await;
            (check, answers, since.elapsed())
        });
        let (mut parts, mut required, mut all) = (Map::new(), true, true);
        for (check, answers, took) in join_all(asked).await {
            let status = if answers { "ok" } else { "failing" };
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            parts.insert(check.name.to_owned(), json!({ "status": status, "milliseconds": milliseconds }));
            required &= answers || check.need == Need::Helpful;
            all &= answers;
        }
        let (status, word) = match (required, all) {
            (true, true) => (StatusCode::OK, "ok"),
            (true, false) => (StatusCode::OK, "degraded"),
            (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "failing"),
        };
        Self { status, body: body(word, Some(parts)) }
    }

    pub fn answer(&self) -> Response {
        respond(self.status, self.body.clone())
    }
}

/// An answer without parts.
pub fn plain(status: StatusCode, word: &str) -> Response {
    respond(status, body(word, None))
}

fn body(word: &str, parts: Option<Map<String, Value>>) -> String {
    let mut body = json!({ "status": word });
    if let Some(parts) = parts {
        body["parts"] = Value::Object(parts);
    }
    body.to_string()
}

fn respond(status: StatusCode, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}
