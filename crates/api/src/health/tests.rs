use std::io;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;

async fn ask(health: &Health, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = health.clone().router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    (status, body["status"].as_str().unwrap().to_owned())
}

fn part(name: &'static str, need: Need, answers: bool) -> Check {
    Check::new(name, need, move || async move { if answers { Ok(()) } else { Err(io::Error::other("gone")) } })
}

#[tokio::test]
async fn a_node_is_ready_when_it_has_started_and_what_it_needs_answers() {
    let health = Health::new(Shutdown::default());
    assert_eq!(ask(&health, "/health/live").await, (200, "ok".to_owned()));
    assert_eq!(ask(&health, "/health/startup").await, (503, "starting".to_owned()));
    assert_eq!(ask(&health, "/health/ready").await, (503, "starting".to_owned()));
    health.started(vec![part("database", Need::Required, true), part("redis", Need::Helpful, false)]);
    assert_eq!(ask(&health, "/health/startup").await, (200, "ok".to_owned()));
    assert_eq!(ask(&health, "/health/ready").await, (200, "degraded".to_owned()));
}

#[tokio::test]
async fn a_node_without_its_database_or_about_to_end_is_not_ready() {
    let shutdown = Shutdown::default();
    let health = Health::new(shutdown.clone());
    health.started(vec![part("database", Need::Required, false)]);
    assert_eq!(ask(&health, "/health/ready").await, (503, "failing".to_owned()));
    shutdown.ask();
    assert_eq!(ask(&health, "/health/ready").await, (503, "stopping".to_owned()));
    assert_eq!(ask(&health, "/health/live").await, (200, "ok".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_part_that_never_answers_is_failing() {
    let health = Health::new(Shutdown::default());
    health.started(vec![Check::new("database", Need::Required, std::future::pending::<Result<(), io::Error>>)]);
    assert_eq!(ask(&health, "/health/ready").await, (503, "failing".to_owned()));
}
