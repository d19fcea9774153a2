use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use rapport_domain::record::{self, Mode, Origin, Outcome};
use rapport_domain::rights::View;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::support::{Funnel, Logged, Workspace, funnel, map, refusals};

#[tokio::test]
async fn an_event_says_who_did_what_why_and_what_changed() {
    let workspace = Workspace::new().await;
    let import = Uuid::now_v7();
    let origin = Origin {
        request_id: Some("req-7".into()),
        trace_id: Some("trace".into()),
        import: Some(import),
        ..Origin::default()
    };
    let tx = workspace.begin().await;
    let input = map(&json!({ "lastName": "Ortiz", "email": "a@b.com" }));
    let contact = workspace.object("Contact");
    let made = record::create(&tx, View::of_system(&workspace.catalog), contact, &[input], Mode::Atomic, &origin)
        .await
        .unwrap();
    let id = made[0].id.unwrap();
    record::update(
        &tx,
        View::of_system(&workspace.catalog),
        contact,
        id,
        &map(&json!({ "email": null, "title": "CEO" })),
        None,
        &origin,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let events = workspace.events(id).await;
    assert_eq!(events[0].kind, "contact.created");
    assert_eq!(events[0].after, json!({ "id": id, "lastName": "Ortiz", "email": "a@b.com" }));
    assert_eq!((&events[0].before, &events[0].changed), (&Json::Null, &vec![]));
    assert_eq!(events[1].before, json!({ "email": "a@b.com", "title": null }));
    assert_eq!(events[1].after, json!({ "email": null, "title": "CEO" }));
    assert_eq!(events[1].changed, ["email", "title"]);
    for (event, version) in events.iter().zip(1..) {
        assert_eq!((event.version, event.import, event.request_id.as_deref()), (version, Some(import), Some("req-7")));
        assert!(event.actor.is_some());
    }
}

#[tokio::test]
async fn events_speak_the_words_of_the_graph() {
    let mut workspace = Workspace::new().await;
    workspace.define("Opportunity", json!({ "name": "kickoff", "type": "DATE_TIME" })).await;
    workspace.define("Opportunity", json!({ "name": "fee", "type": "CURRENCY" })).await;
    let company = workspace.made("Company", json!({ "name": "Acme" })).await;
    let id = workspace
        .made(
            "Opportunity",
            json!({
                "name": "Deal", "companyId": company, "amount": { "value": 5, "currency": "BHD" }, "expectedCloseDate": "2026-02-28",
                "kickoff": "2026-03-01T09:00:00+02:00", "fee": { "value": "-0.05", "currency": "EUR" },
            }),
        )
        .await;
    let after = workspace.events(id).await.remove(0).after;
    assert_eq!(
        after,
        json!({
            "id": id, "name": "Deal", "companyId": company, "amount": { "value": "5.000", "currency": "BHD" },
            "expectedCloseDate": "2026-02-28", "status": "OPEN", "kickoff": "2026-03-01T07:00:00.000000Z",
            "fee": { "value": "-0.05", "currency": "EUR" },
        })
    );
}

#[tokio::test]
async fn a_completed_activity_is_announced() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Activity", json!({ "type": "TASK", "subject": "Call back" })).await;
    workspace.update("Activity", id, json!({ "completedAt": "2026-01-01T00:00:00Z" })).await;
    workspace.update("Activity", id, json!({ "completedAt": "2026-01-02T00:00:00Z" })).await;
    let kinds = workspace.kinds(id).await;
    assert_eq!(kinds, ["activity.created", "activity.updated", "activity.completed", "activity.updated"]);
}

/// One step in a record's life.
#[derive(Debug, Clone)]
enum Step {
    Update(Json),
    Delete,
    Restore,
    Stage(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let money =
        (any::<i32>(), select(vec!["EUR", "JPY"])).prop_map(|(n, code)| json!({ "value": n, "currency": code }));
    let input = prop_oneof![
        "[a-z]{1,5}".prop_map(|name| json!({ "name": name })),
        money.prop_map(|amount| json!({ "amount": amount })),
        Just(json!({ "amount": null, "lostReason": "x" })),
        proptest::option::of(0..3_i32).prop_map(|n| json!({ "score": n, "description": n.map(|n| n.to_string()) })),
        proptest::sample::subsequence(vec!["A", "B", "C"], 0..=3).prop_map(|tags| json!({ "tags": tags })),
        proptest::option::of(Just("2026-01-01T00:00:00Z")).prop_map(|at| json!({ "closedAt": at })),
        select(vec!["open", "won", "lost"]).prop_map(|stage| json!({ "stageId": stage })),
        Just(json!({ "stageId": null })),
    ];
    prop_oneof![
        6 => input.prop_map(Step::Update),
        1 => Just(Step::Delete),
        1 => Just(Step::Restore),
        1 => select(vec!["OPEN", "WON", "LOST"]).prop_map(Step::Stage),
    ]
}

/// What a consumer of the log knows of a record after reading its events.
fn replay(events: &[Logged]) -> Option<(Map<String, Json>, bool, i32)> {
    let (mut state, mut deleted, mut version) = (None::<Map<String, Json>>, false, 0);
    for event in events {
        match event.kind.rsplit_once('.').unwrap().1 {
            "created" => state = Some(event.after.as_object().unwrap().clone()),
            "deleted" => deleted = true,
            "restored" => deleted = false,
            _ => {}
        }
        if event.kind != "opportunity.created" {
            let state = state.as_mut().unwrap();
            for name in &event.changed {
                match &event.after[name] {
                    Json::Null => state.remove(name),
                    value => state.insert(name.clone(), value.clone()),
                };
            }
        }
        assert!(event.version == version || event.version == version + 1);
        version = event.version;
    }
    state.map(|state| (state, deleted, version))
}

/// The record in the graph's words, read from its row by other means than the engine's.
fn present(workspace: &Workspace, row: &Json) -> Map<String, Json> {
    let mut state = Map::new();
    for (name, column) in
        [("id", "id"), ("name", "name"), ("stageId", "stage_id"), ("pipelineId", "pipeline_id"), ("status", "status")]
    {
        state.insert(name.into(), row[column].clone());
    }
    state.insert("lostReason".into(), row["lost_reason"].clone());
    state.insert("description".into(), row["description"].clone());
    if let Some(at) = row["closed_at"].as_str() {
        let at = chrono::DateTime::parse_from_rfc3339(at).unwrap().with_timezone(&chrono::Utc);
        state.insert("closedAt".into(), json!(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()));
    }
    if let Some(minor) = row["amount_minor"].as_i64() {
        let value = if row["amount_currency"] == "JPY" { minor.to_string() } else { format!("{}.00", minor / 100) };
        state.insert("amount".into(), json!({ "value": value, "currency": row["amount_currency"] }));
    }
    for name in ["score", "tags"] {
        let field = workspace.object("Opportunity").field(name).unwrap();
        let rapport_domain::catalog::Storage::Custom(key) = &field.storage else { panic!() };
        let value = row["custom"][&**key].clone();
        state.insert(
            name.into(),
            if name == "score" { value.as_i64().map_or(Json::Null, |n| json!(n as f64)) } else { value },
        );
    }
    state.retain(|_, value| !value.is_null());
    state
}

async fn live(workspace: &Workspace, funnel: &Funnel, steps: Vec<Step>) {
    let id = workspace.made("Opportunity", json!({ "name": "Deal", "stageId": funnel.open })).await;
    for step in steps {
        match step {
            Step::Delete => drop(workspace.delete("Opportunity", id).await),
            Step::Restore => drop(workspace.restore("Opportunity", id).await),
            Step::Stage(kind) => drop(workspace.update("Stage", funnel.open, json!({ "type": kind })).await),
            Step::Update(mut input) => {
                let stage = match input["stageId"].as_str() {
                    Some("open") => Some(funnel.open),
                    Some("won") => Some(funnel.won),
                    Some(_) => Some(funnel.lost),
                    None => None,
                };
                if let Some(stage) = stage {
                    input["stageId"] = json!(stage);
                }
                let result = workspace.update("Opportunity", id, input.clone()).await;
                let fine = result.outcome != Outcome::Refused || refusals(&result) == ["NOT_FOUND id"];
                assert!(fine, "{input}: {:?}", result.user_errors);
            }
        }
    }
    let row = workspace.row("Opportunity", id).await;
    let (state, deleted, version) = replay(&workspace.events(id).await).unwrap();
    assert_eq!(state, present(workspace, &row));
    assert_eq!((deleted, json!(version)), (!row["deleted_at"].is_null(), row["version"].clone()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaying_the_log_yields_the_record() {
    let mut workspace = Workspace::new().await;
    workspace.define("Opportunity", json!({ "name": "score", "type": "NUMBER" })).await;
    let options: Vec<_> = ["A", "B", "C"].iter().map(|value| json!({ "value": value })).collect();
    workspace.define("Opportunity", json!({ "name": "tags", "type": "MULTI_SELECT", "options": options })).await;
    let funnel = funnel(&workspace).await;
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() });
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&proptest::collection::vec(step(), 1..12), |steps| {
            tokio::runtime::Handle::current().block_on(live(&workspace, &funnel, steps));
            Ok(())
        })
    });
    outcome.unwrap();
}
