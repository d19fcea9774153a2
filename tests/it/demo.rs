//! The demo workspace: what its data must show, and that the README tells the truth about it.

use std::{collections::HashMap, fs, process::Command};

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn demo() -> (TestApp, Client) {
    let app = TestApp::start().await;
    rapport_api::demo::ensure(&app.app.tenancy, &app.app.graph.catalogs, &mut |_| {}).await.expect("the demo comes in");
    let sign_in = json!({"email": "demo@example.com", "password": "rapport-demo", "workspace": "crm-sales"});
    let answer = app.post("/auth/sign-in", sign_in).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let owner = app.client(&answer.body);
    (app, owner)
}

#[tokio::test]
async fn the_demo_shows_the_figures_of_its_data_set_and_the_readme_shows_the_demo() {
    let (app, owner) = demo().await;

    let counts =
        owner.data("{ companies { totalCount } products { totalCount } opportunities { totalCount } }", json!({}));
    let expected =
        json!({"companies": {"totalCount": 85}, "products": {"totalCount": 7}, "opportunities": {"totalCount": 8800}});
    assert_eq!(counts.await, expected);

    let by_stage = "{ opportunitiesAggregate(groupBy: [{ stage: {} }]) { totalCount groups { key { stage { name } } count sum { amount { value currency } } } } }";
    let stages = owner.data(by_stage, json!({})).await;
    let groups = stages["opportunitiesAggregate"]["groups"].as_array().expect("groups");
    let figures: HashMap<&str, (i64, Option<&str>)> = groups
        .iter()
        .map(|group| {
            let name = group["key"]["stage"]["name"].as_str().expect("a stage");
            (name, (group["count"].as_i64().expect("a count"), group["sum"]["amount"]["value"].as_str()))
        })
        .collect();
    assert_eq!(figures["Won"], (4238, Some("10005534.00")));
    assert_eq!(figures["Lost"].0, 2473);
    assert_eq!(figures["Engaging"].0, 1589);
    assert_eq!(figures["Prospecting"].0, 500);
    assert_eq!(figures.len(), 4);

    let best = "{ opportunitiesAggregate(filter: { status: { eq: WON } }, groupBy: [{ owner: {} }], orderBy: [{ sum: { amount: DESC } }], first: 1) { groups { key { owner { name } } sum { amount { value } } } } }";
    let best = owner.data(best, json!({})).await;
    let leader = json!([{"key": {"owner": {"name": "Darcel Schlecht"}}, "sum": {"amount": {"value": "1153214.00"}}}]);
    assert_eq!(best["opportunitiesAggregate"]["groups"], leader);

    the_readme_tells_the_truth(&app, &owner).await;
    the_fixtures_are_the_demo(&owner).await;

    // Once more: nothing is made twice.
    let quiet = &mut |what| panic!("there is nothing to do, and it says: {what}");
    rapport_api::demo::ensure(&app.app.tenancy, &app.app.graph.catalogs, quiet).await.expect("nothing to do");
    let again =
        owner.data("{ opportunities { totalCount } lineItems { totalCount } users { totalCount } }", json!({})).await;
    assert_eq!(again["opportunities"]["totalCount"], 8800);
    assert_eq!(again["lineItems"]["totalCount"], 8800);
}

/// Runs the README's commands and queries in order; an answer printed after one must be the one that comes.
async fn the_readme_tells_the_truth(app: &TestApp, owner: &Client) {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let (mut script, mut answer, mut compared) = (String::new(), None, 0);
    for (language, text) in fences(&readme) {
        match language {
            "sh" if text.contains("curl") => {
                script.push_str(&text.replace("http://127.0.0.1:8080", &app.url("")));
                let run = script.clone();
                let done = tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &run]).output());
                let done = done.await.expect("a thread").expect("a shell");
                assert!(done.status.success(), "{text}\n{}", String::from_utf8_lossy(&done.stderr));
                answer = serde_json::from_slice(&done.stdout).ok();
            }
            "graphql" => answer = Some(json!({"data": owner.data(text, json!({})).await})),
            "json" => {
                let told: Value = serde_json::from_str(text).expect("JSON in the README");
                assert_eq!(answer.take(), Some(told), "the answer in the README is another");
                compared += 1;
            }
            _ => {}
        }
    }
    assert_eq!(compared, 2, "the README shows two answers");
}

/// What the web app is developed against: the demo's graph and metadata. `UPDATE_FIXTURES=1` writes them anew.
async fn the_fixtures_are_the_demo(owner: &Client) {
    let sdl = owner.request(reqwest::Method::GET, "/graphql/schema").send().await.expect("an answer");
    let sdl = sdl.text().await.expect("text");
    let query = "{ objects { name singular plural label labelPlural description nameField custom canWrite sections { label fields }
        fields { name label description help type required unique filterable sortable groupable searchable restricted privacy options { value label color }
                 target many inverse default custom canWrite } } }";
    let metadata = owner.data(query, json!({})).await;
    let metadata = serde_json::to_string_pretty(&metadata).expect("JSON") + "\n";
    for (name, now) in [("demo.graphql", sdl), ("demo.metadata.json", metadata)] {
        let path = format!("{}/../web/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        if rapport_api::config::env::var("UPDATE_FIXTURES").is_some() {
            fs::write(&path, &now).expect("a fixture");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == now, "web/fixtures/{name} is not the demo's any more: run this test with UPDATE_FIXTURES=1");
    }
}

/// Fenced blocks: language and text.
fn fences(markdown: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut parts = markdown.split("```");
    parts.next();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        blocks.push(block.split_once('\n').unwrap_or((block, "")));
    }
    blocks
}
