//! GraphQL over HTTP, strictly: right methods, media types, status codes; one request each; bounded before parsing.

use std::sync::Arc;

use async_graphql::{
    Name,
    parser::{parse_query, types::OperationType},
};
use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, StatusCode, Uri, header},
    response::Response,
};

use super::{
    code, execute,
    negotiate::Media,
    refuse::Refuse,
    request::{Answer, Outcome, Request},
};
use crate::{
    app::App,
    http::{
        Client,
        body::{self, BodyError},
        media, outage,
        request_id::RequestIds,
    },
    limits::{Verdict, document},
    metrics,
};

/// Version of the workspace's metadata: when it goes up, what a client knows of objects and fields is out of date.
const METADATA_VERSION: HeaderName = HeaderName::from_static("rapport-metadata-version");
const MAX_BODY: usize = 2 * 1024 * 1024;
const MAX_PARAMETERS: usize = 16 * 1024;
/// What a request error is answered with. The first edition of GraphQL over HTTP (September 2026) would have 422 for
/// some; the public audits still want 400.
const REQUEST_ERROR: StatusCode = StatusCode::BAD_REQUEST;
/// Codes of a request that may succeed when it is sent again later.
const TEMPORARY: [&str; 4] = [code::OVERLOADED, code::TIMEOUT, code::STORAGE_FULL, code::UNAVAILABLE];
/// What an answer with errors beside its data is answered with. The first edition would have 294.
const PARTIAL: StatusCode = StatusCode::OK;

/// Answers `/graphql`, whatever the method.
pub async fn handle(State(app): State<Arc<App>>, ids: RequestIds, request: HttpRequest<Body>) -> Response {
    let Some(media) = Media::wanted(request.headers()) else {
        return Refuse::not_acceptable().respond(Media::Json, &ids);
    };
    let mut told = HeaderMap::new();
    let answered = answer(&app, request, media, &ids, &mut told).await;
    let mut response = answered.unwrap_or_else(|refuse| refuse.respond(media, &ids));
    response.headers_mut().extend(told);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    response
}

async fn answer(
    app: &Arc<App>,
    request: HttpRequest<Body>,
    media: Media,
    ids: &RequestIds,
    told: &mut HeaderMap,
) -> Result<Response, Refuse> {
    let post = match *request.method() {
        Method::GET => false,
        Method::POST => true,
        _ => return Err(Refuse::method("GET, POST")),
    };
    if post && !media::is_json(request.headers()) {
        return Err(Refuse::unsupported_media_type());
    }
    let from = Client::of(app, &request);
    let (caller, verdict) = app.auth.admit(request.headers(), &from).await?;
    told.extend(verdict.headers());
    if let Verdict::Limited(limited) = verdict {
        return Err(Refuse::rate_limited(&limited));
    }
    let request = if post {
        let body = body::collect(request.into_body(), MAX_BODY).await;
        Request::from_json(&body.map_err(too_much)?, from)?
    } else {
        let request = Request::from_parameters(parameters(request.uri())?, from)?;
        refuse_unless_query(&request)?;
        request
    };
    let answer = execute(app, &caller, request, ids).await;
    Ok(respond(answer, media))
}

fn parameters(uri: &Uri) -> Result<Vec<(String, String)>, Refuse> {
    if uri.query().is_some_and(|query| query.len() > MAX_PARAMETERS) {
        return Err(Refuse::uri_too_long());
    }
    let Query(parameters) =
        Query::try_from_uri(uri).map_err(|_| Refuse::bad_request("the parameters cannot be read"))?;
    Ok(parameters)
}

/// A GET must not change anything: a link or an image of another site can send one.
fn refuse_unless_query(request: &Request) -> Result<(), Refuse> {
    document::source(&request.query)?;
    // What does not parse is told by `execute`, as for a POST.
    let Ok(document) = parse_query(&request.query) else {
        return Ok(());
    };
    let named = request.operation_name.as_deref();
    let only_queries = document
        .operations
        .iter()
        .filter(|(name, _)| named.is_none() || name.map(Name::as_str) == named)
        .all(|(_, operation)| operation.node.ty == OperationType::Query);
    if only_queries { Ok(()) } else { Err(Refuse::method("POST")) }
}

/// Plain JSON is for clients that take everything but 200 for a broken connection: only a fault of ours shows there.
fn status(outcome: Outcome, media: Media) -> StatusCode {
    match (outcome, media) {
        (Outcome::RequestError { code: code::INTERNAL }, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (Outcome::RequestError { code }, _) if TEMPORARY.contains(&code) => StatusCode::SERVICE_UNAVAILABLE,
        (Outcome::Complete, _) | (_, Media::Json) => StatusCode::OK,
        (Outcome::Partial, Media::GraphqlResponse) => PARTIAL,
        (Outcome::RequestError { code: code::UNAUTHENTICATED }, _) => StatusCode::UNAUTHORIZED,
        (Outcome::RequestError { code: code::FORBIDDEN }, _) => StatusCode::FORBIDDEN,
        (Outcome::RequestError { .. }, Media::GraphqlResponse) => REQUEST_ERROR,
    }
}

fn too_much(error: BodyError) -> Refuse {
    match error {
        BodyError::TooLarge => Refuse::too_large(),
        BodyError::Slow => Refuse::slow(),
        BodyError::Broken => Refuse::bad_request("the body was cut off"),
    }
}

fn respond(answer: Answer, media: Media) -> Response {
    metrics::answered(answer.outcome.code());
    let wanted = answer.http.and_then(|status| StatusCode::from_u16(status).ok());
    let status = wanted.unwrap_or_else(|| status(answer.outcome, media));
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    if let Some(version) = answer.metadata_version {
        response.headers_mut().insert(METADATA_VERSION, HeaderValue::from(version));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(outage::RETRY_AFTER));
    }
    response
}
