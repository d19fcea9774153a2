//! Fields get another type, with their values: looked at first, beside the use of the records, resumable.

use std::time::Duration;

use rapport_domain::catalog::registry::conversion::{self, OnFailure, Step, Worker};
use rapport_domain::record::Origin;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, email};

const PARTS: &str =
    "id object field from to state problem total done failed failures { record value code message } finishedAt";

async fn define(client: &Client, input: &str) {
    let query =
        format!("mutation {{ it: createField(object: \"Contact\", input: {input}) {{ userErrors {{ message }} }} }}");
    assert_eq!(client.data(&query, Value::Null).await["it"]["userErrors"], json!([]), "{input}");
}

/// Contacts with these values, in order; their ids.
async fn fill(client: &Client, field: &str, values: &[Value]) -> Vec<String> {
    let create = "mutation($inputs: [ContactCreateInput!]!) { it: createContacts(inputs: $inputs) { results { contact { id } userErrors { message } } } }";
    let inputs: Vec<Value> = values.iter().map(|value| json!({"lastName": "x", field: value})).collect();
    let data = client.data(create, json!({"inputs": inputs})).await;
    let rows = data["it"]["results"].as_array().expect("rows").clone();
    rows.iter().map(|row| row["contact"]["id"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()).collect()
}

async fn convert(client: &Client, name: &str, rest: &str) -> Value {
    let query = format!(
        "mutation {{ it: convertField(object: \"Contact\", name: \"{name}\", {rest}) {{ conversion {{ {PARTS} }} metadataVersion userErrors {{ code field message }} }} }}"
    );
    client.data(&query, Value::Null).await["it"].clone()
}

async fn started(client: &Client, name: &str, rest: &str) -> String {
    let answer = convert(client, name, rest).await;
    assert_eq!(answer["userErrors"], json!([]), "{rest}");
    answer["conversion"]["id"].as_str().expect("an id").to_owned()
}

async fn standing(client: &Client, id: &str) -> Value {
    let query = format!("query($id: ID!) {{ it: conversion(id: $id) {{ {PARTS} }} }}");
    client.data(&query, json!({"id": id})).await["it"].clone()
}

async fn ended(client: &Client, id: &str) -> Value {
    for _ in 0..2_400 {
        let standing = standing(client, id).await;
        if !standing["finishedAt"].is_null() {
            return standing;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the conversion does not end: {}", standing(client, id).await);
}

async fn field(client: &Client, name: &str) -> Value {
    let query = "{ object(name: \"Contact\") { fields { name type unique indexState options { value label } } } }";
    let data = client.data(query, Value::Null).await;
    let fields = data["object"]["fields"].as_array().expect("fields");
    fields.iter().find(|field| field["name"] == *name).unwrap_or_else(|| panic!("no {name}")).clone()
}

async fn indexed(client: &Client, name: &str) {
    for _ in 0..2_400 {
        if field(client, name).await["indexState"] == "READY" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{}", field(client, name).await);
}

async fn values(client: &Client, name: &str) -> Vec<Value> {
    let query =
        format!("{{ contacts(first: 100, orderBy: [{{createdAt: ASC}}, {{id: ASC}}]) {{ nodes {{ {name} }} }} }}");
    let data = client.data(&query, Value::Null).await;
    data["contacts"]["nodes"].as_array().expect("nodes").iter().map(|node| node[name].clone()).collect()
}

#[tokio::test]
async fn a_preview_tells_what_happens_and_the_field_is_one_of_its_new_type() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    for client in [&ana, &ben] {
        define(client, "{name: \"score\", type: TEXT, filterable: true}").await;
        fill(client, "score", &["10", "2.5", "ten", "", "-1"].map(|text| json!(text))).await;
        indexed(client, "score").await;
    }
    let neighbour = app.dump(&ben).await;
    let ids =
        ana.data("{ contacts(orderBy: [{createdAt: ASC}, {id: ASC}]) { nodes { id score } } }", Value::Null).await;
    let failing = ids["contacts"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .find(|node| node["score"] == "ten")
        .expect("it")["id"]
        .clone();
    let preview = "{ it: previewConversion(object: \"Contact\", name: \"score\", input: {type: NUMBER}) { total convertible failing failures { id value code message } userErrors { code } } }";
    let preview = ana.data(preview, Value::Null).await["it"].clone();
    let message = "\"ten\" cannot become a value of type NUMBER.";
    assert_eq!(
        preview,
        json!({"total": 5, "convertible": 4, "failing": 1, "userErrors": [],
            "failures": [{"id": failing, "value": "ten", "code": "INVALID_VALUE", "message": message}]})
    );

    let id = started(&ana, "score", "input: {type: NUMBER}").await;
    let refused = ended(&ana, &id).await;
    assert_eq!(
        (&refused["state"], &refused["problem"]),
        (&json!("FAILED"), &json!("1 record has a value that does not convert."))
    );
    assert_eq!(
        refused["failures"],
        json!([{"record": failing, "value": "ten", "code": "INVALID_VALUE", "message": message}])
    );
    assert_eq!(values(&ana, "score").await, ["10", "2.5", "ten", "", "-1"]);

    let id = started(&ana, "score", "input: {type: NUMBER}, onFailure: KEEP_OUT").await;
    let done = ended(&ana, &id).await;
    assert_eq!((&done["state"], &done["from"], &done["to"]), (&json!("DONE"), &json!("TEXT"), &json!("NUMBER")));
    assert_eq!(
        (&done["total"], &done["done"], &done["failed"]),
        (&preview["total"], &preview["convertible"], &preview["failing"])
    );
    assert_eq!(done["failures"], refused["failures"]);
    let page = "query($id: ID!, $after: ID) { conversion(id: $id) { failures(first: 1, after: $after) { record } } }";
    let page = ana.data(page, json!({"id": id, "after": failing})).await;
    assert_eq!(page["conversion"]["failures"], json!([]));
    assert_eq!(values(&ana, "score").await, [json!(10), json!(2.5), Value::Null, Value::Null, json!(-1)]);
    indexed(&ana, "score").await;
    let filtered = ana.data("{ contacts(filter: {score: {gt: 2, lte: 10}}) { totalCount } }", Value::Null).await;
    assert_eq!(filtered["contacts"]["totalCount"], 2);
    // Once it is a number, and there is no more of the text.
    assert_eq!(
        ana.graphql("{ contacts(filter: {score: {startsWith: \"1\"}}) { totalCount } }", Value::Null).await.code(),
        "BAD_USER_INPUT"
    );
    assert_eq!(app.dump(&ben).await, neighbour);

    let id = started(&ana, "score", "input: {type: SELECT, optionsFromValues: true}").await;
    assert_eq!(ended(&ana, &id).await["state"], "DONE");
    let options = field(&ana, "score").await["options"].clone();
    let named =
        json!([{"value": "V_1", "label": "-1"}, {"value": "V_10", "label": "10"}, {"value": "V_2_5", "label": "2.5"}]);
    assert_eq!(options, named);
    let filtered = ana.data("{ contacts(filter: {score: {in: [V_10, V_1]}}) { totalCount } }", Value::Null).await;
    assert_eq!(filtered["contacts"]["totalCount"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_write_meanwhile_through_any_node_is_kept() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node().await;
    let nodes = [ana.clone(), ana.at(&other.url(""))];
    define(&ana, "{name: \"score\", type: TEXT}").await;
    let ids = fill(&ana, "score", &(0..20).map(|n| json!(n.to_string())).collect::<Vec<_>>()).await;
    let mut last: Vec<i64> = (0..20).collect();
    let id = started(&ana, "score", "input: {type: NUMBER}").await;
    for number in 100.. {
        let at = usize::try_from(number).expect("small") % ids.len();
        let node = &nodes[at % nodes.len()];
        // Whatever type the node knows: a text until it changed over, then a number.
        for value in [format!("\"{number}\""), number.to_string()] {
            let update = format!(
                "mutation {{ it: updateContact(id: \"{}\", input: {{score: {value}}}) {{ userErrors {{ code }} }} }}",
                ids[at]
            );
            let answer = node.graphql(&update, Value::Null).await;
            if answer.code().is_empty() {
                assert_eq!(answer.body["data"]["it"]["userErrors"], json!([]), "{}", answer.body);
                last[at] = number;
                break;
            }
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.body);
        }
        if !standing(&ana, &id).await["finishedAt"].is_null() {
            break;
        }
    }
    assert_eq!(ended(&ana, &id).await["state"], "DONE");
    for (at, id) in ids.iter().enumerate() {
        let data = ana.data("query($id: ID!) { contact(id: $id) { score } }", json!({"id": id})).await;
        assert_eq!(data["contact"]["score"], last[at], "record {at}");
    }
}

#[tokio::test]
async fn a_conversion_whose_node_is_gone_is_finished_by_whoever_serves_the_workspace_next() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node().await;
    let elsewhere = ana.at(&other.url(""));
    let tenant = ana.workspace["id"].as_str().expect("an id");
    let person = app.app.tenancy.person_by_email(&email("ana")).await.expect("a database").expect("ana");
    let scope =
        app.app.tenancy.scope(person.id, tenant.parse().expect("an id")).await.expect("a database").expect("ana's");
    let db = app.app.tenancy.open(&scope);
    // After so many steps the process that did them is no more.
    for steps in [0, 2, 4, 6] {
        let name = format!("score{steps}");
        define(&ana, &format!("{{name: \"{name}\", type: TEXT}}")).await;
        fill(&ana, &name, &[json!("7")]).await;
        let tx = db.begin().await.expect("a transaction");
        let input = json!({"type": "NUMBER"}).as_object().expect("an input").clone();
        let answer = conversion::start(&tx, &Origin::default(), "Contact", &name, &input, OnFailure::Refuse)
            .await
            .expect("an answer");
        tx.commit().await.expect("a conversion");
        let worker = Worker { db: &db, settle: Duration::ZERO };
        let mut done = 0;
        while done < steps {
            match worker.step().await.expect("a step") {
                Step::Wait(time) => tokio::time::sleep(time).await,
                _ => done += 1,
            }
        }
        let id = answer.conversion.expect("one").to_string();
        assert_eq!(ended(&elsewhere, &id).await["state"], "DONE", "{steps}");
        let data = elsewhere
            .data(&format!("{{ contacts(filter: {{{name}: {{eq: 7}}}}) {{ totalCount }} }}"), Value::Null)
            .await;
        assert_eq!(data["contacts"]["totalCount"], 1);
    }
}

#[tokio::test]
async fn a_conversion_is_stopped_and_only_owners_start_one() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "{name: \"code\", type: TEXT, unique: true}").await;
    fill(&ana, "code", &[json!("1"), json!("2")]).await;
    let id = started(&ana, "code", "input: {type: DECIMAL}").await;
    let change = |call: &str| format!("mutation {{ it: {call} {{ userErrors {{ code }} }} }}");
    for call in [
        "updateField(object: \"Contact\", name: \"code\", input: {unique: false})",
        "archiveField(object: \"Contact\", name: \"code\")",
        "convertField(object: \"Contact\", name: \"code\", input: {type: NUMBER})",
    ] {
        assert_eq!(
            ana.data(&change(call), Value::Null).await["it"]["userErrors"],
            json!([{"code": "CONFLICT"}]),
            "{call}"
        );
    }
    let stop = change(&format!("cancelConversion(id: \"{id}\")"));
    assert_eq!(ana.data(&stop, Value::Null).await["it"]["userErrors"], json!([]));
    assert_eq!(ended(&ana, &id).await["state"], "CANCELLED");
    assert_eq!(
        (field(&ana, "code").await["type"].clone(), values(&ana, "code").await),
        (json!("TEXT"), vec![json!("1"), json!("2")])
    );

    let id = started(&ana, "code", "input: {type: DECIMAL}").await;
    assert_eq!(ended(&ana, &id).await["state"], "DONE");
    indexed(&ana, "code").await;
    let twice = "mutation { it: createContact(input: {lastName: \"x\", code: \"2.0\"}) { userErrors { code field } } }";
    assert_eq!(
        ana.data(twice, Value::Null).await["it"]["userErrors"],
        json!([{"code": "DUPLICATE", "field": ["code"]}])
    );
    assert_eq!(ana.data(&stop, Value::Null).await["it"]["userErrors"], json!([]), "what is stopped stays so");

    let archive = change("archiveField(object: \"Contact\", name: \"code\")");
    assert_eq!(ana.data(&archive, Value::Null).await["it"]["userErrors"], json!([]));
    assert_eq!(convert(&ana, "code", "input: {type: TEXT}").await["userErrors"][0]["code"], "CONFLICT");

    let ben = app.member_of(&ana, "ben").await;
    for query in [
        "mutation { convertField(object: \"Contact\", name: \"code\", input: {type: TEXT}) { metadataVersion } }"
            .to_owned(),
        "{ previewConversion(object: \"Contact\", name: \"code\", input: {type: TEXT}) { total } }".to_owned(),
        format!("mutation {{ cancelConversion(id: \"{id}\") {{ metadataVersion }} }}"),
    ] {
        assert_eq!(ben.graphql(&query, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED", "{query}");
    }
    let query = format!("{{ conversion(id: \"{id}\") {{ state }} }}");
    assert_eq!(ben.graphql(&query, Value::Null).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn what_did_not_convert_is_gone_with_its_record() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "{name: \"size\", type: TEXT}").await;
    let ids = fill(&ana, "size", &[json!("12"), json!("secret"), json!("other")]).await;
    let id = started(&ana, "size", "input: {type: NUMBER}, onFailure: KEEP_OUT").await;
    let values = |standing: &Value| {
        let failures = standing["failures"].as_array().expect("a list").iter();
        failures.map(|failure| failure["value"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(&ended(&ana, &id).await), ["secret", "other"]);
    let destroy = "mutation($id: ID!) { destroyContact(id: $id) { userErrors { code } } }";
    ana.data(destroy, json!({"id": ids[1]})).await;
    assert_eq!(values(&standing(&ana, &id).await), ["other"]);
}

#[tokio::test]
async fn the_log_tells_of_a_conversion_and_of_the_values_that_a_preview_shows() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "{name: \"score\", type: TEXT, privacy: SENSITIVE}").await;
    let ids = fill(&ana, "score", &["10", "ten"].map(|text| json!(text))).await;
    let events = async |filter: &str| {
        let ask = format!(
            "{{ auditEvents(filter: {{type: \"{filter}\"}}) {{ nodes {{ type before after details actor {{ kind }} }} }} }}"
        );
        ana.data(&ask, Value::Null).await["auditEvents"]["nodes"].as_array().expect("events").clone()
    };
    let preview =
        "{ previewConversion(object: \"Contact\", name: \"score\", input: {type: NUMBER}) { failures { value } } }";
    ana.data(preview, Value::Null).await;
    let viewed = events("contact.viewed").await;
    assert_eq!(viewed[0]["details"], json!({"fields": ["score"], "conditions": [], "records": [ids[1]]}));

    let id = started(&ana, "score", "input: {type: NUMBER}").await;
    assert_eq!(ended(&ana, &id).await["state"], "FAILED");
    let id = started(&ana, "score", "input: {type: NUMBER}, onFailure: KEEP_OUT").await;
    assert_eq!(ended(&ana, &id).await["state"], "DONE");
    let told = events("field.*").await;
    let kinds: Vec<_> = told.iter().rev().map(|event| event["type"].as_str().expect("a type")).collect();
    let wanted = ["field.created", "field.updated", "field.conversion_failed", "field.updated", "field.converted"];
    assert_eq!(kinds, wanted, "{told:?}");
    assert_eq!((&told[0]["before"]["type"], &told[0]["after"]["type"]), (&json!("TEXT"), &json!("NUMBER")));
    assert_eq!(told[0]["actor"]["kind"], "SYSTEM");
}
