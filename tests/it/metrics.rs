//! What a node counts, as it is scraped.

use std::time::Duration;

use rapport_api::{
    mail::Way,
    metrics::{Metrics, measure},
};
use serde_json::{Value, json};

use crate::{isolation::cases, support::TestApp};

const SENT: &str = "rapport_mails_total{outcome=\"sent\"}";

/// The value of the lines that start so, summed up.
fn value(text: &str, start: &str) -> f64 {
    let lines = text.lines().filter(|line| line.starts_with(start));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

/// The one test that may install the recorder. The others of this process count along, so only growth is told.
#[tokio::test]
async fn what_operators_watch_is_counted() {
    let metrics = Metrics::install().expect("no other test installs it");
    let app = TestApp::start_with(|settings| {
        settings.limits.user_hour = 12;
        settings.mail.way = Way::Mailbox;
        settings.redis_url = Some("redis://127.0.0.1:1/".to_owned());
    })
    .await;
    let ana = app.sign_up("ana").await;
    let grown = [
        "rapport_graphql_answers_total{code=\"OK\"}",
        "rapport_graphql_answers_total{code=\"GRAPHQL_PARSE_FAILED\"}",
        "rapport_graphql_answers_total{code=\"RATE_LIMITED\"}",
        "rapport_cache_lookups_total{cache=\"document\",result=\"hit\"}",
        "rapport_cache_lookups_total{cache=\"document\",result=\"miss\"}",
        "rapport_cache_lookups_total{cache=\"schema\",result=\"miss\"}",
        "rapport_cache_lookups_total{cache=\"token\",result=\"hit\"}",
        "rapport_cache_lookups_total{cache=\"token\",result=\"miss\"}",
        "rapport_limits_refused_total{limit=\"user\"}",
        "rapport_redis_failures_total",
        SENT,
        "rapport_import_rows_total{outcome=\"created\"}",
    ];
    let before = metrics.render();

    let start = "mutation($input: StartImportInput!) { startImport(input: $input) { import { id } } }";
    ana.data(start, json!({"input": cases::import_of("counted")})).await;
    app.app.background.end().await;
    app.sign_up("ben").await;
    while value(&metrics.render(), SENT) <= value(&before, SENT) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for query in ["{ contacts { totalCount } }", "{ contacts { totalCount } }", "{"] {
        ana.graphql(query, Value::Null).await;
    }
    while ana.graphql("{ __typename }", Value::Null).await.status != 429 {}
    measure(&app.app);

    let after = metrics.render();
    for name in grown {
        assert!(value(&after, name) > value(&before, name), "{name}\n{after}");
    }
    for name in ["rapport_cache_bytes{cache=\"document\"}", "rapport_cache_bytes{cache=\"schema\"}"] {
        assert!(value(&after, name) > 0.0, "{name}\n{after}");
    }
    let cell = app.app.tenancy.pools()[0].cell;
    for (state, least) in [("idle", 1.0), ("in_use", 0.0), ("most", 1.0)] {
        let name = format!("rapport_pool_connections{{cell=\"{cell}\",state=\"{state}\"}}");
        assert!(after.contains(&name) && value(&after, &name) >= least, "{name}\n{after}");
    }
    assert!(after.contains(&format!("rapport_pool_waits_total{{cell=\"{cell}\"}}")), "{after}");
}

/// What is written down for operators names what there is.
#[test]
fn every_metric_is_described_in_the_guide() {
    let code = include_str!("../../crates/api/src/metrics.rs");
    let guide = include_str!("../../docs/operations.md");
    let names: Vec<_> = code.split('"').filter(|text| text.starts_with("rapport_")).collect();
    assert!(names.len() > 10);
    for name in names {
        assert!(guide.contains(name), "docs/operations.md says nothing of {name}");
    }
}
