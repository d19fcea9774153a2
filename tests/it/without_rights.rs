//! No mutation does anything for somebody without its right. Computed: every mutation of the SDL, with arguments that are
//! good for who has it.

use rapport_domain::rights::{Administration, Level, ObjectRights, RoleRights};
use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use crate::{
    isolation::{self, Known, cases},
    sdl::Sdl,
    support::{Answer, PASSWORD, TestApp},
};

/// Those that a person does with their own account and that no right is for.
fn is_personal(root: &str) -> bool {
    isolation::EXEMPT.iter().any(|(name, _)| *name == root) && !root.ends_with("Invitation")
}

/// Whether an answer says no: nothing of it was done.
fn is_refused(answer: &Answer) -> bool {
    if !answer.code().is_empty() {
        return ["GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED", "FORBIDDEN"].contains(&answer.code());
    }
    let payload = &answer.body["data"]["it"];
    let refuses = |payload: &Value| {
        let code = payload["userErrors"][0]["code"].as_str();
        matches!(code, Some("FORBIDDEN" | "NOT_FOUND" | "BEYOND_YOURS"))
    };
    match payload["results"].as_array() {
        Some(rows) => rows.iter().all(refuses),
        None => refuses(payload),
    }
}

/// What each mutation answers somebody who may not; the failures.
async fn try_all(sdl: &Sdl, known: &Known, ask: impl AsyncFn(&str, Value) -> Answer) -> Vec<String> {
    let mut failures = Vec::new();
    for root in sdl.fields("Mutation").iter().filter(|root| !is_personal(&root.name)) {
        let cases = cases::of(sdl, "mutation", root, known);
        for case in cases {
            let answer = ask(&case.query, (case.variables)(known)).await;
            if !is_refused(&answer) {
                failures.push(format!("{} {}: {}", root.name, case.what, answer.body));
            }
        }
    }
    failures
}

#[tokio::test]
async fn every_mutation_is_refused_without_its_right_and_writes_nothing() {
    let sdl = Sdl::base();
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let known = isolation::fill(&sdl, &ana, "secret").await;
    // Sees everything and has mutations in the graph, for records of their own; those here are ana's.
    let own = ObjectRights {
        create: false,
        read: Level::All,
        update: Level::Own,
        delete: Level::Own,
        restore: Level::Own,
        ..ObjectRights::default()
    };
    let own = RoleRights { others: own, administration: [Administration::Destroy].into(), ..RoleRights::default() };
    let own = app.role(&ana, "Own", &own).await;
    let make =
        "mutation($input: CreateApiKeyInput!) { it: createApiKey(input: $input) { secret userErrors { message } } }";
    let input = json!({"name": "Reader", "roleIds": [BuiltInRole::Admin.id()], "scopes": ["RECORDS_READ"], "password": PASSWORD});
    let answer = ana.data(make, json!({"input": input})).await["it"].take();
    let key = app.client(&json!({"accessToken": answer["secret"], "workspace": ana.workspace}));
    let viewers = [
        ("no roles", app.member_with(&ana, "nobody", &[]).await),
        ("read only", app.member_with(&ana, "reader", &[BuiltInRole::ReadOnly.id()]).await),
        ("compliance", app.member_with(&ana, "compliance", &[BuiltInRole::Compliance.id()]).await),
        ("own", app.member_with(&ana, "own", &[own]).await),
        ("a key that reads", key),
    ];
    let before = app.dump(&ana).await;
    for (who, viewer) in viewers {
        let ask = async |query: &str, variables: Value| viewer.graphql(query, variables).await;
        assert_eq!(try_all(&sdl, &known, ask).await, [""; 0], "{who}");
        assert_eq!(app.dump(&ana).await, before, "{who} changed something");
    }
    let ask = async |query: &str, variables: Value| {
        app.post("/graphql", json!({"query": query, "variables": variables})).await
    };
    assert_eq!(try_all(&sdl, &known, ask).await, [""; 0], "not signed in");
    assert_eq!(app.dump(&ana).await, before);
}
