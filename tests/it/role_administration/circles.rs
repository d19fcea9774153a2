//! Teams and companies never stand in a circle.

use futures::future::join;
use serde_json::{Value, json};

use super::{done, refused};
use crate::support::{Client, TestApp};

const MOVE: &str = "mutation($id: ID!, $under: ID) { updateTeam(id: $id, input: {parentId: $under}) { userErrors { code field message } } }";

async fn team(client: &Client, name: &str, under: &Value) -> Value {
    let create = "mutation($n: String!, $p: ID) { createTeam(input: {name: $n, parentId: $p}) { team { id } userErrors { code field message } } }";
    done(client, create, json!({"n": name, "p": under})).await["team"]["id"].clone()
}

async fn company(client: &Client, name: &str, under: &Value) -> Value {
    let create = "mutation($n: String!, $p: ID) { createCompany(input: {name: $n, parentId: $p}) { company { id } userErrors { code field message } } }";
    done(client, create, json!({"n": name, "p": under})).await["company"]["id"].clone()
}

#[tokio::test]
async fn a_team_is_not_put_below_itself() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let top = team(&owner, "Top", &Value::Null).await;
    let middle = team(&owner, "Middle", &top).await;
    let low = team(&owner, "Low", &middle).await;
    let before = app.dump(&owner).await;
    for under in [&middle, &low] {
        assert_eq!(refused(&owner, MOVE, json!({"id": top, "under": under})).await, ["CYCLE parentId"]);
    }
    assert_eq!(refused(&owner, MOVE, json!({"id": top, "under": top})).await, ["INVALID_VALUE parentId"]);
    assert_eq!(app.dump(&owner).await, before);
    // Up, sideways and out again is fine.
    done(&owner, MOVE, json!({"id": low, "under": top})).await;
    done(&owner, MOVE, json!({"id": middle, "under": low})).await;
    assert_eq!(refused(&owner, MOVE, json!({"id": low, "under": middle})).await, ["CYCLE parentId"]);
    done(&owner, MOVE, json!({"id": middle, "under": null})).await;
    done(&owner, MOVE, json!({"id": low, "under": middle})).await;
}

#[tokio::test]
async fn two_who_each_make_half_of_a_circle_do_not_make_one() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let (one, other) = (team(&owner, "One", &Value::Null).await, team(&owner, "Other", &Value::Null).await);
    for _ in 0..10 {
        let answers = join(
            owner.data(MOVE, json!({"id": one, "under": other})),
            owner.data(MOVE, json!({"id": other, "under": one})),
        )
        .await;
        let refusals = [super::refusals(&answers.0), super::refusals(&answers.1)].concat();
        assert_eq!(refusals, ["CYCLE parentId"], "{answers:?}");
        for id in [&one, &other] {
            done(&owner, MOVE, json!({"id": id, "under": null})).await;
        }
    }
}

#[tokio::test]
async fn no_way_of_writing_makes_a_circle() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let top = company(&owner, "Top", &Value::Null).await;
    let low = company(&owner, "Low", &top).await;
    let side = company(&owner, "Side", &Value::Null).await;

    // All that meet a filter, alike: those that can, or none.
    let many = "mutation($to: ID, $atomic: Boolean) { updateCompanies(filter: {name: {in: [\"Top\", \"Side\"]}}, input: {parentId: $to}, atomic: $atomic) { results { outcome userErrors { code field } } } }";
    let results = owner.data(many, json!({"to": low, "atomic": false})).await["updateCompanies"]["results"].clone();
    let cycle = json!({"code": "CYCLE", "field": ["input", "parentId"]});
    assert_eq!(results[0]["outcome"], "REFUSED", "{results}");
    assert_eq!(
        (&results[0]["userErrors"][0]["code"], &results[1]["outcome"]),
        (&cycle["code"], &json!("UPDATED")),
        "{results}"
    );
    let results = owner.data(many, json!({"to": low, "atomic": true})).await["updateCompanies"]["results"].clone();
    assert_eq!(results[0]["userErrors"][0]["code"], "CYCLE", "{results}");
    done(
        &owner,
        "mutation($id: ID!) { updateCompany(id: $id, input: {parentId: null}) { userErrors { code field message } } }",
        json!({"id": side}),
    )
    .await;

    // Two rows of one batch, each half of it.
    let upsert = "mutation($rows: [CompanyCreateInput!]!, $atomic: Boolean) { upsertCompanies(inputs: $rows, matchOn: [name], atomic: $atomic) { results { outcome userErrors { code field } } } }";
    let (x, y) = (company(&owner, "X", &Value::Null).await, company(&owner, "Y", &Value::Null).await);
    for atomic in [true, false] {
        let rows =
            json!([{"name": "X", "parentId": y}, {"name": "Y", "parentId": x}, {"name": "Side", "parentId": low}]);
        let results =
            owner.data(upsert, json!({"rows": rows, "atomic": atomic})).await["upsertCompanies"]["results"].clone();
        for row in 0..2 {
            let error = json!({"code": "CYCLE", "field": ["inputs", row.to_string(), "parentId"]});
            assert_eq!(results[row]["userErrors"], json!([error]), "{results}");
        }
        assert_eq!(results[2]["outcome"], if atomic { "NOT_APPLIED" } else { "UPDATED" }, "{results}");
    }
    // Turned around in one batch: no circle before, none after.
    done(&owner, "mutation($id: ID!, $p: ID) { updateCompany(id: $id, input: {parentId: $p}) { userErrors { code field message } } }", json!({"id": x, "p": y})).await;
    let rows = json!([{"name": "X", "parentId": null}, {"name": "Y", "parentId": x}]);
    let results = owner.data(upsert, json!({"rows": rows, "atomic": true})).await["upsertCompanies"]["results"].clone();
    assert!(results.as_array().expect("rows").iter().all(|row| row["outcome"] == "UPDATED"), "{results}");

    // Restored below what was put below it.
    let by_id = |verb: &str| {
        format!("mutation($id: ID!) {{ {verb}Company(id: $id) {{ userErrors {{ code field message }} }} }}")
    };
    done(&owner, &by_id("delete"), json!({"id": low})).await;
    let update = "mutation($id: ID!, $p: ID) { updateCompany(id: $id, input: {parentId: $p}) { userErrors { code field message } } }";
    let beneath = company(&owner, "Beneath", &Value::Null).await;
    done(&owner, &by_id("restore"), json!({"id": low})).await;
    done(&owner, update, json!({"id": beneath, "p": low})).await;
    done(&owner, &by_id("delete"), json!({"id": low})).await;
    done(&owner, update, json!({"id": top, "p": beneath})).await;
    assert_eq!(refused(&owner, &by_id("restore"), json!({"id": low})).await, ["CYCLE id"]);
    done(&owner, update, json!({"id": top, "p": null})).await;
    done(&owner, &by_id("restore"), json!({"id": low})).await;
}

#[tokio::test]
async fn an_import_makes_no_circle_and_brings_the_rest() {
    const MAPPING: &str = "[[step]]\nfile = \"teams.csv\"\nobject = \"Team\"\nmatch_on = \"externalId\"\n[step.columns]\n\
        externalId = \"id\"\nname = \"name\"\nparent = { column = \"parent\", match = \"externalId\" }\n";
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let content = "id,name,parent\n1,North,2\n2,South,1\n3,East,1\n";
    let start = "mutation($m: String!, $c: String!) { startImport(input: {mapping: $m, files: [{name: \"teams.csv\", content: $c}]}) { import { id } userErrors { code field message } } }";
    let id = done(&owner, start, json!({"m": MAPPING, "c": content})).await["import"]["id"].clone();
    let rows = "query($id: ID!) { import(id: $id) { state rows(outcome: [REFUSED], first: 50) { nodes { line problems { code } } } } }";
    let mut import = Value::Null;
    for _ in 0..400 {
        import = owner.data(rows, json!({"id": id})).await["import"].take();
        if import["state"] != "RUNNING" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let refused = json!([{"line": 2, "problems": [{"code": "CYCLE"}]}, {"line": 3, "problems": [{"code": "CYCLE"}]}]);
    assert_eq!(import["rows"]["nodes"], refused, "{import}");
    let teams = owner.data("{ teams { nodes { name parent { name } } } }", Value::Null).await["teams"]["nodes"].clone();
    let wanted = json!([
        {"name": "North", "parent": null}, {"name": "South", "parent": null}, {"name": "East", "parent": {"name": "North"}},
    ]);
    assert_eq!(teams, wanted);
}
