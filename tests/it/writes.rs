//! Writes of records: one transaction, one event, an outcome for every row.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, schema_of};

const ERRORS: &str = "userErrors { code field message }";

async fn contact(client: &Client, input: Value) -> Value {
    let create = format!(
        "mutation($input: ContactCreateInput!) {{ createContact(input: $input) {{ contact {{ id version }} {ERRORS} }} }}"
    );
    let payload = client.data(&create, json!({"input": input})).await["createContact"].clone();
    assert_eq!(payload["userErrors"], json!([]));
    payload["contact"].clone()
}

async fn act(client: &Client, name: &str, id: &Value) -> Value {
    let query =
        format!("mutation($id: ID!) {{ it: {name}(id: $id) {{ id contact {{ id deletedAt version }} {ERRORS} }} }}");
    client.data(&query, json!({"id": id})).await["it"].clone()
}

async fn count(client: &Client) -> i64 {
    client.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"].as_i64().expect("a count")
}

/// Type, version, changed fields, before and after of the events of a workspace.
async fn events(app: &TestApp, client: &Client, object: &str) -> Vec<Vec<Option<String>>> {
    let schema = schema_of(client);
    let sql = format!(
        "SELECT type, version, array_to_string(changed, ' '), before, after, actor IS NOT NULL, request_id IS NOT NULL FROM {schema}.event WHERE object = '{object}' ORDER BY id"
    );
    app.sql(&sql).await.expect("events")
}

#[tokio::test]
async fn a_change_of_an_old_version_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let created = contact(&ana, json!({"lastName": "One"})).await;
    let update = format!(
        "mutation($id: ID!, $v: Int, $name: String) {{ updateContact(id: $id, input: {{lastName: $name}}, ifVersion: $v) {{ contact {{ lastName version }} {ERRORS} }} }}"
    );
    let change = async |version: Value, name: &str| {
        ana.data(&update, json!({"id": created["id"], "v": version, "name": name})).await["updateContact"].clone()
    };
    assert_eq!(change(json!(1), "Two").await["contact"], json!({"lastName": "Two", "version": 2}));
    let late = change(json!(1), "Three").await;
    assert_eq!(late["contact"], Value::Null);
    assert!(
        ["CONFLICT", "VERSION_CONFLICT"].contains(&late["userErrors"][0]["code"].as_str().unwrap_or_default()),
        "{late}"
    );
    assert_eq!(change(Value::Null, "Four").await["contact"], json!({"lastName": "Four", "version": 3}));
    // Nothing to change: no new version, no event.
    assert_eq!(change(json!(3), "Four").await["contact"], json!({"lastName": "Four", "version": 3}));
    assert_eq!(events(&app, &ana, "Contact").await.len(), 3);
}

#[tokio::test]
async fn of_writers_with_the_same_version_one_wins() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let created = contact(&ana, json!({"lastName": "One"})).await;
    let update = "mutation($id: ID!, $name: String) { it: updateContact(id: $id, input: {lastName: $name}, ifVersion: 1) { contact { version } } }";
    let writers = (0..8).map(|at| ana.data(update, json!({"id": created["id"], "name": format!("writer {at}")})));
    let won = join_all(writers).await.iter().filter(|data| !data["it"]["contact"].is_null()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn an_atomic_batch_is_all_or_nothing_and_a_partial_one_says_what_each_row_came_to() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = format!(
        "mutation($inputs: [ContactCreateInput!]!, $atomic: Boolean) {{ createContacts(inputs: $inputs, atomic: $atomic) {{ results {{ id outcome contact {{ lastName }} {ERRORS} }} }} }}"
    );
    let inputs = json!([{"lastName": "Good"}, {"lastName": "Bad", "email": "no address"}, {"lastName": "Good too"},
                        {"companyId": "01930000-0000-7000-8000-000000000000"}]);
    let rows = async |atomic: Value| {
        ana.data(&create, json!({"inputs": inputs, "atomic": atomic})).await["createContacts"]["results"].clone()
    };
    let outcomes = |rows: &Value| {
        rows.as_array()
            .expect("rows")
            .iter()
            .map(|row| row["outcome"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    for atomic in [json!(true), Value::Null] {
        let rows = rows(atomic).await;
        assert!(outcomes(&rows).iter().all(|outcome| outcome == "REFUSED" || outcome == "NOT_APPLIED"), "{rows}");
        assert!(
            rows.as_array().expect("rows").iter().all(|row| row["contact"].is_null() && row["id"].is_null()),
            "{rows}"
        );
        assert_eq!(rows[1]["userErrors"][0]["field"], json!(["inputs", "1", "email"]));
    }
    assert_eq!((count(&ana).await, events(&app, &ana, "Contact").await.len()), (0, 0));
    let rows = rows(json!(false)).await;
    assert_eq!(outcomes(&rows), ["CREATED", "REFUSED", "CREATED", "REFUSED"]);
    assert_eq!(rows[3]["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(rows[3]["userErrors"][0]["field"], json!(["inputs", "3", "companyId"]));
    assert_eq!((count(&ana).await, events(&app, &ana, "Contact").await.len()), (2, 2));
}

#[tokio::test]
async fn a_refusal_names_the_place_in_the_input() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = format!(
        "mutation($input: OpportunityCreateInput!) {{ createOpportunity(input: $input) {{ opportunity {{ id }} {ERRORS} }} }}"
    );
    for (input, code, field) in [
        (json!({}), "REQUIRED", json!(["name"])),
        (json!({"name": "  "}), "REQUIRED", json!(["name"])),
        (json!({"name": null}), "REQUIRED", json!(["name"])),
        (
            json!({"name": "x", "amount": {"value": "1.001", "currency": "EUR"}}),
            "INVALID_VALUE",
            json!(["amount", "value"]),
        ),
        (
            json!({"name": "x", "amount": {"value": "1", "currency": "XXY"}}),
            "INVALID_CURRENCY",
            json!(["amount", "currency"]),
        ),
        (json!({"name": "x", "companyId": "01930000-0000-7000-8000-000000000000"}), "NOT_FOUND", json!(["companyId"])),
        (json!({"name": "x".repeat(501)}), "TOO_LONG", json!(["name"])),
    ] {
        let payload = ana.data(&create, json!({"input": input})).await["createOpportunity"].clone();
        let error = &payload["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{input} {payload}");
        assert!(error["message"].as_str().is_some_and(|text| text.ends_with('.')), "a sentence: {payload}");
        assert_eq!(payload["opportunity"], Value::Null);
    }
}

#[tokio::test]
async fn what_is_deleted_is_in_the_bin_until_it_is_restored_or_destroyed() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let id = contact(&ana, json!({"lastName": "One", "externalId": "x1"})).await["id"].clone();
    let one =
        async || ana.data("query($id: ID!) { contact(id: $id) { id } }", json!({"id": id})).await["contact"].clone();
    let deleted = act(&ana, "deleteContact", &id).await;
    assert_eq!((&deleted["id"], &deleted["userErrors"]), (&id, &json!([])), "{deleted}");
    assert_eq!((one().await, count(&ana).await), (Value::Null, 0));
    // Uniqueness counts live records only: the key is free, and then restoring clashes.
    let other = contact(&ana, json!({"lastName": "Two", "externalId": "x1"})).await["id"].clone();
    let clash = act(&ana, "restoreContact", &id).await;
    assert_eq!(clash["userErrors"][0]["code"], "DUPLICATE", "{clash}");
    act(&ana, "deleteContact", &other).await;
    let restored = act(&ana, "restoreContact", &id).await;
    assert_eq!(restored["contact"]["deletedAt"], Value::Null);
    assert_eq!(one().await["id"], id);
    let destroyed = act(&ana, "destroyContact", &id).await;
    assert_eq!((&destroyed["contact"], &destroyed["userErrors"]), (&Value::Null, &json!([])), "{destroyed}");
    for name in ["restoreContact", "deleteContact", "destroyContact"] {
        assert_eq!(act(&ana, name, &id).await["userErrors"][0]["code"], "NOT_FOUND", "{name}");
    }
}

#[tokio::test]
async fn every_write_leaves_one_event_that_says_what_changed() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let id = contact(&ana, json!({"lastName": "One", "title": "CEO"})).await["id"].clone();
    let update = "mutation($id: ID!) { updateContact(id: $id, input: {lastName: \"Two\", title: null}) { contact { version } } }";
    ana.data(update, json!({"id": id})).await;
    for name in ["deleteContact", "restoreContact"] {
        act(&ana, name, &id).await;
    }
    let events = events(&app, &ana, "Contact").await;
    let at = |event: usize, column: usize| events[event][column].clone().unwrap_or_default();
    let json = |event: usize, column: usize| serde_json::from_str::<Value>(&at(event, column)).unwrap_or_default();
    assert_eq!(
        events.iter().filter_map(|event| event[0].as_deref()).collect::<Vec<_>>(),
        ["contact.created", "contact.updated", "contact.deleted", "contact.restored"]
    );
    assert_eq!(events.iter().filter_map(|event| event[1].as_deref()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    assert!(events.iter().all(|event| event[5].as_deref() == Some("t") && event[6].as_deref() == Some("t")));
    assert_eq!((&json(0, 4)["lastName"], &json(0, 4)["title"]), (&json!("One"), &json!("CEO")));
    assert!(["lastName", "title"].iter().all(|name| at(1, 2).contains(name)), "{}", at(1, 2));
    assert_eq!((&json(1, 3)["title"], &json(1, 4)["lastName"]), (&json!("CEO"), &json!("Two")));
    assert_eq!(json(1, 4)["title"], Value::Null);
}

#[tokio::test]
async fn of_records_with_the_same_unique_key_at_the_same_time_one_is_made() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let define = "mutation { createField(object: \"Contact\", input: {name: \"badge\", label: \"Badge\", type: TEXT, unique: true}) { userErrors { message } } }";
    assert_eq!(ana.data(define, Value::Null).await["createField"]["userErrors"], json!([]));
    let create =
        format!("mutation($input: ContactCreateInput!) {{ it: createContact(input: $input) {{ id {ERRORS} }} }}");
    for field in ["externalId", "badge"] {
        let writers = (0..8).map(|_| ana.data(&create, json!({"input": {field: "the same"}})));
        let answers = join_all(writers).await;
        let made = answers.iter().filter(|data| data["it"]["userErrors"] == json!([])).count();
        assert_eq!(made, 1, "{field} {answers:?}");
        for refused in answers.iter().filter(|data| data["it"]["id"].is_null()) {
            let error = &refused["it"]["userErrors"][0];
            assert_eq!((&error["code"], &error["field"]), (&json!("DUPLICATE"), &json!([field])), "{refused}");
        }
    }
    assert_eq!(count(&ana).await, 2);
}

#[tokio::test]
async fn upserts_find_records_by_their_keys_and_run_again_without_duplicates() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let upsert = format!(
        "mutation($inputs: [ContactCreateInput!]!) {{ upsertContacts(inputs: $inputs, matchOn: [externalId]) {{ results {{ id outcome contact {{ lastName title }} {ERRORS} }} }} }}"
    );
    let run =
        async |inputs: Value| ana.data(&upsert, json!({"inputs": inputs})).await["upsertContacts"]["results"].clone();
    let first = run(json!([{"externalId": "a", "lastName": "Ada"}, {"externalId": "b", "lastName": "Bo"}])).await;
    let again = run(json!([{"externalId": "b", "lastName": "Bo"}, {"externalId": "a", "title": "Countess"}])).await;
    let outcomes =
        |rows: &Value| rows.as_array().expect("rows").iter().map(|row| row["outcome"].clone()).collect::<Vec<_>>();
    assert_eq!(outcomes(&first), ["CREATED", "CREATED"]);
    assert_eq!(outcomes(&again), ["UNCHANGED", "UPDATED"]);
    assert_eq!((&again[1]["id"], &again[0]["id"]), (&first[0]["id"], &first[1]["id"]));
    assert_eq!(again[1]["contact"], json!({"lastName": "Ada", "title": "Countess"}));
    assert_eq!(count(&ana).await, 2);
}

#[tokio::test]
async fn mutations_of_one_document_run_in_order_and_each_sees_the_one_before() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let query = "mutation {
        a: createContact(input: {externalId: \"k\", lastName: \"One\"}) { contact { version } }
        b: updateContacts(filter: {externalId: {eq: \"k\"}}, input: {lastName: \"Two\"}) { results { outcome contact { version lastName } } }
        c: createContact(input: {externalId: \"k\"}) { contact { id } userErrors { code } }
        d: upsertContacts(inputs: [{externalId: \"k\", title: \"x\"}], matchOn: [externalId]) { results { contact { version lastName title } } }
    }";
    let data = ana.data(query, Value::Null).await;
    assert_eq!(
        data,
        json!({
            "a": {"contact": {"version": 1}},
            "b": {"results": [{"outcome": "UPDATED", "contact": {"version": 2, "lastName": "Two"}}]},
            "c": {"contact": null, "userErrors": [{"code": "DUPLICATE"}]},
            "d": {"results": [{"contact": {"version": 3, "lastName": "Two", "title": "x"}}]},
        })
    );
}

#[tokio::test]
async fn an_opportunity_follows_its_stage() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = "mutation { p: createPipeline(input: {name: \"Sales\"}) { pipeline { id } } }";
    let pipeline = ana.data(create, Value::Null).await["p"]["pipeline"]["id"].clone();
    let stages = "mutation($p: ID) { createStages(inputs: [{name: \"New\", type: OPEN, pipelineId: $p}, {name: \"Done\", type: WON, pipelineId: $p}]) { results { id } } }";
    let stages = ana.data(stages, json!({"p": pipeline})).await["createStages"]["results"].clone();
    let create = "mutation($s: ID) { createOpportunity(input: {name: \"Deal\", stageId: $s}) { opportunity { id status pipelineId closedAt } } }";
    let deal = ana.data(create, json!({"s": stages[0]["id"]})).await["createOpportunity"]["opportunity"].clone();
    assert_eq!((&deal["status"], &deal["pipelineId"], &deal["closedAt"]), (&json!("OPEN"), &pipeline, &Value::Null));
    let update = "mutation($id: ID!, $s: ID) { updateOpportunity(id: $id, input: {stageId: $s}) { opportunity { status closedAt } } }";
    let won =
        ana.data(update, json!({"id": deal["id"], "s": stages[1]["id"]})).await["updateOpportunity"]["opportunity"]
            .clone();
    assert!(won["status"] == "WON" && won["closedAt"].is_string(), "{won}");
    let kinds: Vec<_> =
        events(&app, &ana, "Opportunity").await.into_iter().filter_map(|event| event[0].clone()).collect();
    for kind in ["opportunity.created", "opportunity.stage_changed", "opportunity.won"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind} in {kinds:?}");
    }
}

#[tokio::test]
async fn an_event_names_the_request_and_the_trace_that_caused_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let query = json!({"query": "mutation { createContact(input: {lastName: \"Traced\"}) { contact { id } } }"});
    let request = ana.request(Method::POST, "/graphql").json(&query);

    let answer = Answer::of(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await;

    assert!(answer.body["data"]["createContact"]["contact"]["id"].is_string(), "{answer:?}");
    let sql = format!("SELECT request_id, trace_id FROM {}.event WHERE object = 'Contact'", schema_of(&ana));
    let ids = [answer.header("x-request-id"), trace].map(|id| Some(id.to_owned())).to_vec();
    assert_eq!(app.sql(&sql).await, Ok(vec![ids]));
}
