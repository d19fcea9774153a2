//! What balancers and people ask about this node. Each answer is checked, not assumed.
//!
//! - `/health/live`: the process answers.
//! - `/health/startup`: everything is connected and migrated.
//! - `/health/ready`: started, not about to end, and the database answers. Each part is named. A lost Redis is
//!   shown and does no harm: limits are counted in process then, and refusing everything would be worse.

mod check;
mod report;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, response::Response, routing::get};
use tokio::sync::Mutex;

pub use self::check::{Check, Need};
use self::report::Report;
use crate::shutdown::Shutdown;

/// A flood of questions costs the database one round trip in this time.
const FRESH: Duration = Duration::from_secs(1);

/// The state of this node. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<State>);

struct State {
    checks: OnceLock<Vec<Check>>,
    shutdown: Shutdown,
    last: Mutex<Option<(Instant, Report)>>,
}

impl Health {
    pub fn new(shutdown: Shutdown) -> Self {
        Self(Arc::new(State { checks: OnceLock::new(), shutdown, last: Mutex::default() }))
    }

    /// The node has started, and this is what it stands on.
    pub fn started(&self, checks: Vec<Check>) {
        let _ = self.0.checks.set(checks);
    }

    pub fn router(self) -> Router {
        let (startup, ready) = (self.clone(), self);
        Router::new()
            .route("/health/live", get(async || report::plain(StatusCode::OK, "ok")))
            .route("/health/startup", get(async move || startup.startup()))
            .route("/health/ready", get(async move || ready.ready().await))
    }

    fn startup(&self) -> Response {
        match self.0.checks.get() {
            Some(_) => report::plain(StatusCode::OK, "ok"),
            None => report::plain(StatusCode::SERVICE_UNAVAILABLE, "starting"),
        }
    }

    async fn ready(&self) -> Response {
        let Some(checks) = self.0.checks.get() else {
            return report::plain(StatusCode::SERVICE_UNAVAILABLE, "starting");
        };
        if self.0.shutdown.is_asked() {
            return report::plain(StatusCode::SERVICE_UNAVAILABLE, "stopping");
        }
        let mut last = self.0.last.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return report.answer();
        }
        let report = Report::make(checks).await;
        let answer = report.answer();
        *last = Some((Instant::now(), report));
        answer
    }
}

#[cfg(test)]
mod tests;
