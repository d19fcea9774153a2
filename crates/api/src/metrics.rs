//! Numbers about this node in Prometheus' text form, on an address of their own. Every one is named here, and described
//! in docs/operations.md.

use std::{
    sync::Weak,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
    routing::get,
};
use metrics::{Unit, counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use rapport_domain::{
    import::{Counts, Report},
    search::Standing,
};

use crate::app::App;

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
        describe();
        gauge!("rapport_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self(handle))
    }

    /// All that was counted, as it is scraped.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// `/metrics` and nothing else.
    pub fn router(&self) -> Router {
        let metrics = self.clone();
        Router::new().route("/metrics", get(async move || metrics.render()))
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
    histogram!(SECONDS, "route" => route, "method" => method, "status" => status).record(since.elapsed());
    response
}

fn describe() {
    metrics::describe_histogram!(SECONDS, Unit::Seconds, "Time to answer an HTTP request");
    for (name, about) in [
        ("rapport_http_panics_total", "Requests that ended in a panic"),
        ("rapport_graphql_answers_total", "Answers of the graph, by OK, PARTIAL or the code of the refusal"),
        ("rapport_cache_lookups_total", "Look-ups in a cache, by hit or miss"),
        ("rapport_pool_waits_total", "How often no connection of a cell was free at once"),
        ("rapport_pool_refusals_total", "How often no connection of a cell became free in time"),
        ("rapport_limits_refused_total", "Requests refused by a limit, by its name"),
        ("rapport_redis_failures_total", "Commands that Redis did not answer, or not in time"),
        ("rapport_mails_total", "Mails that were to be sent, by what became of them"),
        ("rapport_import_rows_total", "Rows of imports started over the API, by what became of them"),
        ("rapport_search_queries_total", "Searches, by whether all that was written before could be found"),
    ] {
        metrics::describe_counter!(name, about);
    }
    for (name, about) in [
        ("rapport_cache_bytes", "What a cache occupies"),
        ("rapport_search_catching_up", "Workspaces whose search is being brought in step with their records"),
        ("rapport_audit_sealing", "Workspaces whose log has entries that wait for a seal"),
        ("rapport_pool_connections", "Connections of a cell, by in_use, idle and the most there may be"),
    ] {
        metrics::describe_gauge!(name, about);
    }
}

/// The graph answered: `OK`, `PARTIAL`, or the code of a refusal.
pub fn answered(code: &'static str) {
    counter!("rapport_graphql_answers_total", "code" => code).increment(1);
}

/// Somebody looked for something in a cache.
pub fn looked_up(cache: &'static str, found: bool) {
    let result = if found { "hit" } else { "miss" };
    counter!("rapport_cache_lookups_total", "cache" => cache, "result" => result).increment(1);
}

/// A limit refused a request.
pub fn limited(limit: &'static str) {
    counter!("rapport_limits_refused_total", "limit" => limit).increment(1);
}

/// A mail was `sent`, is `postponed` or was `given_up`.
pub fn mailed(outcome: &'static str) {
    counter!("rapport_mails_total", "outcome" => outcome).increment(1);
}

/// Redis did not do what was asked.
pub fn redis_failed() {
    counter!("rapport_redis_failures_total").increment(1);
}

/// A request ended in a panic.
pub fn panicked() {
    counter!("rapport_http_panics_total").increment(1);
}

/// An import has ended.
pub fn imported(report: &Report) {
    let Counts { read: _, created, updated, unchanged, refused, skipped, repeated } = report.total();
    for (outcome, rows) in [
        ("created", created),
        ("updated", updated),
        ("unchanged", unchanged),
        ("refused", refused),
        ("skipped", skipped),
        ("repeated", repeated),
    ] {
        counter!("rapport_import_rows_total", "outcome" => outcome).increment(rows);
    }
}

/// Somebody searched.
pub fn searched(standing: Standing) {
    let standing = match standing {
        Standing::Current => "current",
        Standing::Behind => "behind",
    };
    counter!("rapport_search_queries_total", "standing" => standing).increment(1);
}

/// Measures what nobody counts, now and then, as long as the node lives.
pub async fn watch(app: Weak<App>) {
    while let Some(app) = app.upgrade() {
        measure(&app);
        drop(app);
        tokio::time::sleep(GATHER).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes and connections are far from 2^52")]
pub fn measure(app: &App) {
    for (cache, bytes) in [("schema", app.graph.schemas.bytes()), ("document", app.graph.prepared_bytes())] {
        gauge!("rapport_cache_bytes", "cache" => cache).set(bytes as f64);
    }
    gauge!("rapport_search_catching_up").set(app.searching.busy_with() as f64);
    gauge!("rapport_audit_sealing").set(app.auditing.busy_with() as f64);
    for pool in app.tenancy.pools() {
        let cell = pool.cell.to_string();
        for (state, count) in [("in_use", pool.in_use), ("idle", pool.idle), ("most", pool.size)] {
            gauge!("rapport_pool_connections", "cell" => cell.clone(), "state" => state).set(count as f64);
        }
        counter!("rapport_pool_waits_total", "cell" => cell.clone()).absolute(pool.waits);
        counter!("rapport_pool_refusals_total", "cell" => cell).absolute(pool.refusals);
    }
}
