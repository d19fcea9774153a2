//! Numbers about this node in Prometheus' text form, on an address of their own.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
    routing::get,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

const SECONDS: &str = "rapport_http_request_duration_seconds";
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 25.0];
/// Histograms keep samples until they are gathered; without a scrape nobody else does it.
const GATHER: Duration = Duration::from_secs(5);

/// Where the program's metrics are collected.
#[derive(Debug, Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Collects what the program counts from now on. Once in a process.
    pub fn install() -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), &BUCKETS)?
            .install_recorder()?;
        metrics::describe_histogram!(SECONDS, metrics::Unit::Seconds, "Time to answer an HTTP request");
        metrics::gauge!("rapport_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self(handle))
    }

    /// `/metrics` and nothing else.
    pub fn router(&self) -> Router {
        let handle = self.0.clone();
        Router::new().route("/metrics", get(async move || handle.render()))
    }

    /// Runs as long as the node.
    pub async fn gather(self) {
        loop {
            tokio::time::sleep(GATHER).await;
            self.0.run_upkeep();
        }
    }
}

/// Middleware: counts and times a request under its route, never under its path, which holds ids.
pub async fn observe(request: Request, next: Next) -> Response {
    let since = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!(SECONDS, "route" => route, "method" => method, "status" => status).record(since.elapsed());
    response
}
