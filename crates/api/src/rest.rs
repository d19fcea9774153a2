//! What is offered under `/api/v1/`, beside the graph.

mod audit;
mod file;
mod reader;
mod records;

use std::sync::Arc;

use axum::{Router, routing::get};

use crate::app::App;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/audit.jsonl", get(audit::json_lines))
        .route("/api/v1/audit.csv", get(audit::csv))
        .route("/api/v1/{plural}/export", get(records::export))
}
