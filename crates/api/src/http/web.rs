//! The web app, carried in the binary: the build of `web/`, its pages, and GraphiQL.
//!
//! Everything that no other route answers comes here. A browser that asks for a page gets the app, which knows its own
//! addresses; anything else that is not a file gets a JSON 404, so that a client of the API never takes a page for an answer.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::ApiError;

/// `web/dist`, if it was built: read from disk in debug builds, part of the binary in release builds.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

/// The pages load nothing from elsewhere. Styles may be inline: the components set widths and positions so.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                                       base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Files under `assets/` carry a hash of their content in their name.
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_EACH_TIME: &str = "no-cache";

/// Addresses of the API: what is unknown below them is no page of the app.
const API: [&str; 7] = ["api", "auth", "graphql", "health", "metrics", "oauth", "webhooks"];

const NOT_BUILT: &str = include_str!("web/not_built.html");

/// Answers with a file of the app, one of its pages, or 404. The router's fallback.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return ApiError::not_found().into_response();
    }
    let path = uri.path().trim_start_matches('/');
    match path {
        "" => page("index.html", &headers),
        "graphiql" | "graphiql/" => page("graphiql.html", &headers),
        path => match file(path, &headers) {
            Some(response) => response,
            None if is_page(path) && accepts_html(&headers) => page("index.html", &headers),
            None => ApiError::not_found().into_response(),
        },
    }
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    file(name, headers).unwrap_or_else(|| (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response())
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    // The build's own notes (.vite) are nobody's business.
    if path.split('/').any(|segment| segment.starts_with('.')) {
        return None;
    }
    let file = Dist::get(path)?;
    let etag = etag(&file);
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        contents(path, file, headers)
    };
    let cache = if path.starts_with("assets/") { FOREVER } else { ASK_EACH_TIME };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    answer.insert(header::ETAG, etag);
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Some(response)
}

/// The file as it is, or the `.gz` that the build put beside it.
fn contents(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let media = match file.metadata.mimetype() {
        text @ ("text/html" | "text/css" | "text/javascript") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let packed = accepts(headers, header::ACCEPT_ENCODING, "gzip").then(|| Dist::get(&format!("{path}.gz"))).flatten();
    match packed {
        Some(packed) => {
            let headers = [(header::CONTENT_TYPE, media.as_str()), (header::CONTENT_ENCODING, "gzip")];
            (headers, Body::from(packed.data)).into_response()
        }
        None => ([(header::CONTENT_TYPE, media)], Body::from(file.data)).into_response(),
    }
}

/// The same for both encodings: a browser keeps one of them, and `Vary` says which.
fn etag(file: &EmbeddedFile) -> HeaderValue {
    let hash = file.metadata.sha256_hash();
    let tag = URL_SAFE_NO_PAD.encode(&hash[..12]);
    HeaderValue::from_str(&format!("W/\"{tag}\"")).expect("base64 is valid in a header")
}

fn is_page(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    !API.contains(&first) && !first.starts_with('.') && !last.contains('.')
}

fn accepts_html(headers: &HeaderMap) -> bool {
    accepts(headers, header::ACCEPT, "text/html")
}

/// Whether a list such as `gzip, br;q=0.5` names the value and does not refuse it with `q=0`.
fn accepts(headers: &HeaderMap, name: header::HeaderName, value: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|part| part.eq_ignore_ascii_case(value));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
