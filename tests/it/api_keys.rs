//! API keys: what opens, what does not, and who may say so.

use std::time::{Duration, Instant};

use rapport_api::auth::ApiKeyText;
use rapport_domain::rights::{Administration, RoleRights};
use rapport_tenancy::{ApiKeyId, BuiltInRole};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, TestApp, schema_of};

const CREATE: &str = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { \
    apiKey { id name status scopes roles { key name } createdBy { name } expiresAt lastUsedAt } secret userErrors { code field message } } }";
const COMPANIES: &str = "{ companies { nodes { name createdBy { name } } } }";
const CREATE_COMPANY: &str =
    "mutation { createCompany(input: {name: \"Acme\"}) { company { name createdBy { name } } userErrors { code } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(id: $id) { apiKey { status leaked } userErrors { code } } }";
const ROTATE: &str = "mutation($id: ID!, $password: String!, $hours: Int) { rotateApiKey(id: $id, password: $password, overlapHours: $hours) { \
    apiKey { oldSecretUntil } secret userErrors { code field } } }";
const READ: &[&str] = &["RECORDS_READ"];
const WRITE: &[&str] = &["RECORDS_READ", "RECORDS_WRITE"];
const ALL: &[&str] = &["RECORDS_READ", "RECORDS_WRITE", "METADATA", "MEMBERS", "AUDIT"];

struct Key {
    id: String,
    secret: String,
    client: Client,
}

fn input(role: BuiltInRole, scopes: &[&str]) -> Value {
    json!({"name": "Website", "roleIds": [role.id()], "scopes": scopes, "password": PASSWORD})
}

async fn create(by: &Client, input: Value) -> Value {
    by.data(CREATE, json!({ "input": input })).await["createApiKey"].clone()
}

/// A program that holds the key.
fn holder(app: &TestApp, of: &Client, secret: &str) -> Client {
    app.client(&json!({"accessToken": secret, "workspace": of.workspace}))
}

async fn key(app: &TestApp, owner: &Client, role: BuiltInRole, scopes: &[&str]) -> Key {
    let made = create(owner, input(role, scopes)).await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let id = made["apiKey"]["id"].as_str().expect("an id").to_owned();
    Key { id, client: holder(app, owner, &secret), secret }
}

/// What somebody is told whose credential does not count, but for the number of the request.
async fn refusal(client: &Client) -> (u16, String, Value) {
    let mut answer = client.graphql(COMPANIES, Value::Null).await;
    let challenge = answer.header("www-authenticate").to_owned();
    if let Some(extensions) = answer.body["errors"][0]["extensions"].as_object_mut() {
        extensions.remove("requestId");
    }
    (answer.status, challenge, answer.body)
}

async fn opens(client: &Client) -> bool {
    client.graphql(COMPANIES, Value::Null).await.status == 200
}

async fn count(app: &TestApp, table: &str) -> String {
    let rows = app.sql(&format!("SELECT count(*) FROM {table}")).await.expect("rows");
    rows[0][0].clone().expect("a number")
}

#[tokio::test]
async fn a_key_does_what_its_role_allows_as_far_as_its_scopes_carry_it() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let made = create(&owner, input(BuiltInRole::Rep, WRITE)).await;
    let told = &made["apiKey"];
    assert_eq!((&told["name"], &told["status"]), (&json!("Website"), &json!("ACTIVE")));
    assert_eq!((&told["scopes"], &told["roles"][0]["key"]), (&json!(WRITE), &json!("REP")));
    assert_eq!((&told["createdBy"]["name"], &told["lastUsedAt"]), (&json!("ana"), &Value::Null));

    let writer = holder(&app, &owner, made["secret"].as_str().expect("a secret"));
    let written = writer.data(CREATE_COMPANY, Value::Null).await["createCompany"].clone();
    // Nobody wrote it: a program did.
    assert_eq!(written, json!({"company": {"name": "Acme", "createdBy": null}, "userErrors": []}));

    // However much its role allows, it may be used for reading alone.
    let reader = key(&app, &owner, BuiltInRole::Admin, READ).await.client;
    assert_eq!(reader.data(COMPANIES, Value::Null).await["companies"]["nodes"][0]["name"], "Acme");
    for refused in [
        CREATE_COMPANY,
        "mutation { createField(object: \"Contact\", input: {name: \"x\", label: \"x\", type: TEXT}) { metadataVersion } }",
        "mutation { deactivateMember(userId: \"x\") { userErrors { code } } }",
        "mutation { createRole(input: {name: \"x\"}) { userErrors { code } } }",
    ] {
        let answer = reader.graphql(refused, Value::Null).await;
        assert!(["GRAPHQL_VALIDATION_FAILED", "FORBIDDEN"].contains(&answer.code()), "{refused}: {}", answer.body);
    }
    assert_eq!(count(&app, &format!("{}.company", schema_of(&owner))).await, "1");
}

#[tokio::test]
async fn the_secret_is_shown_once_and_kept_nowhere() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let secret = &key.secret["rap_live_".len() + 23..];
    let list = owner.data("{ apiKeys { id beginning name } }", Value::Null).await.to_string();
    assert!(list.contains(&key.id) && list.contains(&key.secret[.."rap_live_".len() + 22]), "{list}");
    let kept = app.sql("SELECT row_to_json(k)::text FROM control.api_keys k").await.expect("rows");
    let events = app.dump(&owner).await;
    for text in [list, format!("{kept:?}"), format!("{events:?}")] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn every_key_that_does_not_count_gets_one_plain_answer() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let good = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let (expired, revoked, rotated) = (
        key(&app, &owner, BuiltInRole::Rep, READ).await,
        key(&app, &owner, BuiltInRole::Rep, READ).await,
        key(&app, &owner, BuiltInRole::Rep, READ).await,
    );
    app.sql(&format!("UPDATE control.api_keys SET expires_at = now() WHERE id = '{}'", expired.id)).await.expect("set");
    owner.data(REVOKE, json!({"id": revoked.id})).await;
    owner.data(ROTATE, json!({"id": rotated.id, "password": PASSWORD, "hours": 0})).await;
    let id: ApiKeyId = good.id.parse().expect("an id");
    let text = &good.secret;
    let plain = refusal(&holder(&app, &owner, "no token at all")).await;
    assert_eq!((plain.0, plain.1.as_str()), (401, "Bearer error=\"invalid_token\""));
    for (what, wrong) in [
        ("expired", expired.secret),
        ("revoked", revoked.secret),
        ("rotated", rotated.secret),
        ("of another secret", ApiKeyText::generate(id).expose()),
        ("of nobody", ApiKeyText::generate(ApiKeyId::new()).expose()),
        ("cut", text[..text.len() - 1].to_owned()),
        ("grown", format!("{text}0")),
        ("mistyped", format!("{}{}", &text[..text.len() - 1], if text.ends_with('0') { '1' } else { '0' })),
        ("of the wrong case", text.to_uppercase()),
        ("without its beginning", text["rap_live_".len()..].to_owned()),
        ("the beginning alone", "rap_live_".to_owned()),
    ] {
        assert_eq!(refusal(&holder(&app, &owner, &wrong)).await, plain, "{what}");
    }
    assert!(opens(&good.client).await);
    // A key is a credential for `Authorization` alone.
    let url = format!("/graphql?query={{__typename}}&access_token={text}&key={text}");
    assert_eq!(app.get(&url).await.status, 200);
    assert_eq!(app.get(&format!("/graphql?query={{me{{id}}}}&key={text}")).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_key_opens_its_own_workspace_and_no_other() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    ben.data(CREATE_COMPANY, Value::Null).await;
    let key = key(&app, &ana, BuiltInRole::Admin, ALL).await;
    assert_eq!(key.client.data(COMPANIES, Value::Null).await["companies"]["nodes"], json!([]));
    // Neither sees, rotates nor ends the other's.
    assert_eq!(ben.data("{ apiKeys { id } }", Value::Null).await["apiKeys"], json!([]));
    let revoked = ben.data(REVOKE, json!({"id": key.id})).await;
    assert_eq!(revoked["revokeApiKey"]["userErrors"][0]["code"], "NOT_FOUND");
    let rotated = ben.data(ROTATE, json!({"id": key.id, "password": PASSWORD})).await["rotateApiKey"].clone();
    assert_eq!((&rotated["secret"], &rotated["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
    assert!(opens(&key.client).await);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_soon_on_other_nodes() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let other = app.second_node().await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let elsewhere = key.client.at(&other.url(""));
    assert!(opens(&key.client).await && opens(&elsewhere).await);
    let revoked = owner.data(REVOKE, json!({"id": key.id})).await["revokeApiKey"].clone();
    assert_eq!(revoked, json!({"apiKey": {"status": "REVOKED", "leaked": false}, "userErrors": []}));
    assert_eq!(refusal(&key.client).await.0, 401);
    let since = Instant::now();
    elsewhere.is_refused_within(Duration::from_secs(11)).await;
    assert!(since.elapsed() < Duration::from_secs(11));
    // Its roles are kept in use by nothing, and asked again nothing changes.
    let held = format!("{}.role_assignment WHERE subject = '{}'", schema_of(&owner), key.id);
    assert_eq!(count(&app, &held).await, "0");
    assert_eq!(owner.data(REVOKE, json!({"id": key.id})).await["revokeApiKey"], revoked);
    let rotated = owner.data(ROTATE, json!({"id": key.id, "password": PASSWORD})).await["rotateApiKey"].clone();
    assert_eq!((&rotated["secret"], &rotated["userErrors"][0]["code"]), (&Value::Null, &json!("KEY_ENDED")));
}

#[tokio::test]
async fn with_redis_a_revoked_key_is_refused_everywhere_in_the_next_request() {
    let Some(redis) = rapport_api::config::env::var("RAPPORT_TEST_REDIS_URL") else {
        eprintln!("skipped: RAPPORT_TEST_REDIS_URL names no Redis");
        return;
    };
    let app = TestApp::start_with(|settings| settings.redis_url = Some(redis)).await;
    let owner = app.sign_up("ana").await;
    let other = app.second_node().await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let elsewhere = key.client.at(&other.url(""));
    for _ in 0..3 {
        assert!(opens(&elsewhere).await);
    }
    owner.data(REVOKE, json!({"id": key.id})).await;
    assert_eq!(refusal(&elsewhere).await.0, 401);
}

#[tokio::test]
async fn a_secret_before_is_good_for_the_overlap_and_no_longer() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let rotate = async |hours: Value| {
        let answer = owner.data(ROTATE, json!({"id": key.id, "password": PASSWORD, "hours": hours})).await;
        answer["rotateApiKey"].clone()
    };
    let second = rotate(Value::Null).await;
    assert!(second["apiKey"]["oldSecretUntil"].is_string(), "{second}");
    let second = holder(&app, &owner, second["secret"].as_str().expect("a secret"));
    assert!(opens(&key.client).await && opens(&second).await);

    // The third makes the second the one before, and the first is over.
    let third = rotate(json!(1)).await;
    let third = holder(&app, &owner, third["secret"].as_str().expect("a secret"));
    assert!(!opens(&key.client).await && opens(&second).await && opens(&third).await);

    app.sql("UPDATE control.api_keys SET old_until = now()").await.expect("set");
    let later = app.second_node().await;
    assert!(!opens(&second.at(&later.url(""))).await && opens(&third.at(&later.url(""))).await);
    for (hours, code) in [(json!(-1), "INVALID_VALUE"), (json!(169), "INVALID_VALUE")] {
        let refused = rotate(hours).await;
        assert_eq!((&refused["secret"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!(code)));
    }
    let wrong = owner.data(ROTATE, json!({"id": key.id, "password": "wrong"})).await["rotateApiKey"].clone();
    assert_eq!(wrong["userErrors"][0], json!({"code": "WRONG_PASSWORD", "field": ["password"]}));
    assert!(opens(&third).await);
}

#[tokio::test]
async fn what_is_a_persons_own_is_not_a_keys() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Admin, ALL).await;
    let before = count(&app, "control.api_keys").await;
    for asked in [
        "{ me { id } }",
        "mutation { signOut { userErrors { code } } }",
        "mutation { leaveWorkspace { userErrors { code } } }",
        "mutation { createApiKey(input: {name: \"x\", roleIds: [], scopes: [], password: \"x\"}) { secret } }",
    ] {
        let answer = key.client.graphql(asked, Value::Null).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{asked}: {}", answer.body);
    }
    for asked in
        [REVOKE, "mutation($id: ID!) { updateApiKey(id: $id, input: {name: \"mine\"}) { userErrors { code } } }"]
    {
        assert_eq!(key.client.graphql(asked, json!({"id": key.id})).await.code(), "FORBIDDEN", "{asked}");
    }
    let signed_out = Answer::of(key.client.request(Method::POST, "/auth/sign-out")).await;
    assert_eq!((signed_out.status, signed_out.code()), (403, "FORBIDDEN"));
    assert!(opens(&key.client).await);
    assert_eq!(count(&app, "control.api_keys").await, before);
}

#[tokio::test]
async fn a_key_that_cannot_be_made_leaves_nothing() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let schema = schema_of(&owner);
    let state = async || {
        let tables = ["control.api_keys".to_owned(), format!("{schema}.role_assignment"), format!("{schema}.event")];
        let mut counts = Vec::new();
        for table in tables {
            counts.push(count(&app, &table).await);
        }
        counts
    };
    let before = state().await;
    let year = chrono::Utc::now() + chrono::Duration::days(400);
    for (field, value, code) in [
        ("name", json!("  "), "INVALID_NAME"),
        ("name", json!("x".repeat(101)), "INVALID_NAME"),
        ("roleIds", json!([]), "REQUIRED"),
        ("roleIds", json!([BuiltInRole::Rep.id(), ApiKeyId::new()]), "NOT_FOUND"),
        ("roleIds", json!(["no id"]), "NOT_FOUND"),
        ("roleIds", json!([BuiltInRole::Owner.id()]), "BEYOND_YOURS"),
        ("scopes", json!([]), "REQUIRED"),
        ("scopes", json!(["RECORDS_WRITE"]), "INVALID_VALUE"),
        ("expiresAt", json!("2020-01-01T00:00:00Z"), "INVALID_VALUE"),
        ("expiresAt", json!(year), "INVALID_VALUE"),
        ("password", json!("not-my-password"), "WRONG_PASSWORD"),
    ] {
        let mut asked = input(BuiltInRole::Rep, READ);
        asked[field] = value.clone();
        let refused = create(&owner, asked).await;
        assert_eq!((&refused["apiKey"], &refused["secret"]), (&Value::Null, &Value::Null), "{field} {value}");
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"][0], &error["field"][1]),
            (&json!(code), &json!("input"), &json!(field))
        );
    }
    let scope = json!({"input": {"name": "x", "roleIds": [], "scopes": ["EVERYTHING"], "password": PASSWORD}});
    assert_eq!(owner.graphql(CREATE, scope).await.status, 400);
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more_than_they() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let rights = RoleRights { administration: vec![Administration::ApiKeys], ..RoleRights::of(BuiltInRole::ReadOnly) };
    let role = app.role(&owner, "Integrator", &rights).await;
    let integrator = app.member_with(&owner, "ben", &[role]).await;
    let beyond = create(&integrator, input(BuiltInRole::Rep, WRITE)).await;
    assert_eq!(beyond["userErrors"][0]["code"], "BEYOND_YOURS", "{beyond}");
    let within = create(&integrator, input(BuiltInRole::ReadOnly, READ)).await;
    assert_eq!(within["userErrors"], json!([]));

    // Nor do they get hold of one that somebody else made.
    let admins = key(&app, &owner, BuiltInRole::Admin, ALL).await;
    let rotated = integrator.data(ROTATE, json!({"id": admins.id, "password": PASSWORD})).await["rotateApiKey"].clone();
    assert_eq!((&rotated["secret"], &rotated["userErrors"][0]["code"]), (&Value::Null, &json!("BEYOND_YOURS")));
    let update =
        "mutation($id: ID!, $roles: [ID!]) { updateApiKey(id: $id, input: {roleIds: $roles}) { userErrors { code } } }";
    let own = json!({"id": within["apiKey"]["id"], "roles": [BuiltInRole::Admin.id()]});
    let raised = integrator.data(update, own).await;
    assert_eq!(raised["updateApiKey"]["userErrors"][0]["code"], "BEYOND_YOURS");

    let everyday = app.member_of(&owner, "cem").await;
    assert_eq!(
        everyday.graphql(CREATE, json!({"input": input(BuiltInRole::Rep, READ)})).await.code(),
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(everyday.graphql("{ apiKeys { id } }", Value::Null).await.code(), "FORBIDDEN");
    assert!(opens(&admins.client).await);
}

#[tokio::test]
async fn what_is_changed_of_a_key_holds_at_once() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::ReadOnly, WRITE).await;
    assert_eq!(key.client.graphql(CREATE_COMPANY, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let update = "mutation($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { \
        apiKey { name expiresAt roles { key } } userErrors { code field } } }";
    let change = json!({"name": "Shop", "roleIds": [BuiltInRole::Rep.id()], "expiresAt": chrono::Utc::now() + chrono::Duration::days(3)});
    let changed = owner.data(update, json!({"id": key.id, "input": change})).await["updateApiKey"].clone();
    assert_eq!((&changed["apiKey"]["name"], &changed["apiKey"]["roles"]), (&json!("Shop"), &json!([{"key": "REP"}])));
    key.client.data(CREATE_COMPANY, Value::Null).await;
    let bad = json!({"id": key.id, "input": {"name": "", "expiresAt": "2020-01-01T00:00:00Z"}});
    let refused = owner.data(update, bad).await["updateApiKey"]["userErrors"].clone();
    assert_eq!(refused[0], json!({"code": "INVALID_NAME", "field": ["input", "name"]}));
    assert_eq!(refused[1], json!({"code": "INVALID_VALUE", "field": ["input", "expiresAt"]}));
    let unknown = owner.data(update, json!({"id": ApiKeyId::new(), "input": {"name": "x"}})).await;
    assert_eq!(unknown["updateApiKey"]["userErrors"][0], json!({"code": "NOT_FOUND", "field": ["id"]}));
}

#[tokio::test]
async fn a_key_that_is_reported_is_revoked_and_the_answer_tells_nothing() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    let report = async |text: &str| {
        let answer = app.post("/auth/api-keys/report", json!({ "key": text })).await;
        (answer.status, answer.body)
    };
    let plain = report("nonsense").await;
    assert_eq!(plain.0, 202);
    // Who does not have the secret ends nothing.
    let guessed = ApiKeyText::generate(key.id.parse().expect("an id")).expose();
    assert_eq!(report(&guessed).await, plain);
    assert!(opens(&key.client).await);
    assert_eq!(report(&key.secret).await, plain);
    assert_eq!(refusal(&key.client).await.0, 401);
    let list = owner.data("{ apiKeys { status leaked roles { key } } }", Value::Null).await;
    assert_eq!(list["apiKeys"], json!([{"status": "REVOKED", "leaked": true, "roles": []}]));
    assert_eq!(report(&key.secret).await, plain);
    let events = format!("{}.event WHERE type = 'api_key.leaked'", schema_of(&owner));
    assert_eq!(count(&app, &events).await, "1");
}

#[tokio::test]
async fn what_becomes_of_a_key_is_in_the_log_for_whoever_may_read_it() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Rep, WRITE).await;
    key.client.data(CREATE_COMPANY, Value::Null).await;
    owner.data(REVOKE, json!({"id": key.id})).await;
    let officer = app.member_with(&owner, "ben", &[BuiltInRole::Compliance.id()]).await;
    let events = "query($id: ID!) { of: auditEvents(filter: {recordId: $id}) { nodes { type after actor { kind name } } } \
        by: auditEvents(filter: {subject: $id}) { nodes { type actor { kind id name } } } }";
    for reader in [&owner, &officer] {
        let told = reader.data(events, json!({"id": key.id})).await;
        let of: Vec<_> = told["of"]["nodes"].as_array().expect("events").iter().rev().collect();
        assert_eq!((&of[0]["type"], &of[1]["type"]), (&json!("api_key.created"), &json!("api_key.revoked")), "{told}");
        let expires_at = of[0]["after"]["expiresAt"].clone();
        assert!(expires_at.is_string(), "{told}");
        let made = json!({"name": "Website", "scopes": "records:read records:write", "expiresAt": expires_at});
        assert_eq!(of[0]["after"], made);
        assert_eq!(of[0]["actor"], json!({"kind": "USER", "name": "ana"}));
        let by = json!([{"type": "company.created", "actor": {"kind": "API_KEY", "id": key.id, "name": "Website"}}]);
        assert_eq!(told["by"]["nodes"], by);
    }
}

#[tokio::test]
async fn what_a_crash_leaves_of_a_key_opens_nothing_and_goes() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let key = key(&app, &owner, BuiltInRole::Rep, READ).await;
    app.sql("UPDATE control.api_keys SET ready_at = NULL, created_at = now() - interval '2 hours'").await.expect("set");
    let node = app.second_node().await;
    assert_eq!(refusal(&key.client.at(&node.url(""))).await.0, 401);
    assert_eq!(owner.data("{ apiKeys { id } }", Value::Null).await["apiKeys"], json!([]));
    create(&owner, input(BuiltInRole::Rep, READ)).await;
    assert_eq!(count(&app, &format!("control.api_keys WHERE id = '{}'", key.id)).await, "0");
    let held = format!("{}.role_assignment WHERE subject = '{}'", schema_of(&owner), key.id);
    assert_eq!(count(&app, &held).await, "0");
}

#[tokio::test]
async fn a_use_is_written_down_and_each_key_has_a_bucket_of_its_own() {
    let app = TestApp::start_with(|settings| settings.limits.user_hour = 9).await;
    let owner = app.sign_up("ana").await;
    let (busy, idle) =
        (key(&app, &owner, BuiltInRole::Rep, READ).await, key(&app, &owner, BuiltInRole::Rep, READ).await);
    for _ in 0..9 {
        assert!(opens(&busy.client).await);
    }
    let limited = busy.client.graphql(COMPANIES, Value::Null).await;
    assert_eq!((limited.status, limited.code()), (429, "RATE_LIMITED"));
    assert!(opens(&idle.client).await);
    let used = "SELECT last_used_from FROM control.api_keys WHERE last_used_at > now() - interval '1 minute'";
    let since = Instant::now();
    let rows = loop {
        let rows = app.sql(used).await.expect("rows");
        if rows.len() == 2 || since.elapsed() > Duration::from_secs(5) {
            break rows;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(rows, [[Some("127.0.0.1".to_owned())], [Some("127.0.0.1".to_owned())]]);
}
