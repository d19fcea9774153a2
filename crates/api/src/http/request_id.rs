//! The name of a request: in every answer, in every error, on every span; and the line of the log that says how it ended.

use std::{convert::Infallible, sync::Arc, time::Instant};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use rapport_domain::record::Origin;
use rapport_tenancy::{ApiKeyId, PersonId, TenantId};
use tracing::{Instrument as _, Span, field};
use uuid::Uuid;

use super::{client::Client, trace_context};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestIds;
}

/// What follows a request into logs and events.
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
    CURRENT.try_with(|ids| ids.request_id().to_owned()).ok()
}

/// What the log keeps of the request that this task works on, which comes from this client.
pub fn origin(client: &Client) -> Origin {
    let mut origin = Origin {
        address: Some(client.address.ip()),
        user_agent: client.user_agent.as_deref().map(str::to_owned),
        ..Origin::default()
    };
    let _ = CURRENT.try_with(|ids| {
        origin.request_id = Some(ids.request_id().to_owned());
        origin.trace_id = ids.trace_id().map(str::to_owned);
    });
    origin
}

/// Whose request this is, for the log.
pub fn came_from(person: PersonId, tenant: TenantId) {
    Span::current().record("person.id", field::display(person)).record("tenant.id", field::display(tenant));
}

/// The same of a request by an API key.
pub fn came_by_key(key: ApiKeyId, tenant: TenantId) {
    Span::current().record("key.id", field::display(key)).record("tenant.id", field::display(tenant));
}

/// Middleware: names the request, says the name in the answer, and logs how it ended.
pub async fn assign(mut request: Request, next: Next) -> Response {
    let since = Instant::now();
    let ids = RequestIds::new(request.headers());
    let id = Arc::clone(&ids.request_id);
    // Never the path, which holds what people ask for.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str);
    let is_probe = route.starts_with("/health/");
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        trace.id = ids.trace_id(),
        method = %request.method(),
        route,
        tenant.id = field::Empty,
        person.id = field::Empty,
        key.id = field::Empty,
    );
    request.extensions_mut().insert(ids.clone());
    let header = HeaderValue::from_str(&id).expect("a UUID is visible ASCII");
    let answered = next.run(request).instrument(span.clone());
    let mut response = CURRENT.scope(ids, answered).await;
    response.headers_mut().insert(HEADER, header);
    let duration_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    span.in_scope(|| {
        if is_probe {
            tracing::debug!(status, duration_ms, "answered");
        } else {
            tracing::info!(status, duration_ms, "answered");
        }
    });
    response
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Mutex, PoisonError},
    };

    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt as _;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn a_request_leaves_one_line_with_what_is_known_of_it_and_nothing_that_it_asked_for() {
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
        let _log = tracing::subscriber::set_default(log);
        let (person, tenant) = (PersonId::new(), TenantId::new());
        let handler = async move || came_from(person, tenant);
        let router = Router::new().route("/things/{id}", get(handler)).layer(from_fn(assign));

        let request = Request::builder().uri("/things/secret?query=secret").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();

        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!((text.lines().count(), text.contains("secret")), (1, false), "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["fields"]["message"], &line["fields"]["status"]), (&"answered".into(), &200.into()));
        assert!(line["fields"]["duration_ms"].is_u64());
        let span = &line["span"];
        assert_eq!((&span["method"], &span["route"]), (&"GET".into(), &"/things/{id}".into()));
        assert_eq!(span["request.id"], response.headers()[HEADER].to_str().unwrap());
        assert_eq!((&span["person.id"], &span["tenant.id"]), (&person.to_string().into(), &tenant.to_string().into()));
    }
}
