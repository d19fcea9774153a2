//! Somebody signs up with an address that is not theirs, before its owner does.

use rapport_api::mail::Way;
use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::act;
use crate::support::{Authenticator, PASSWORD, SmtpServer, TestApp, email};

const START: &str =
    "mutation($password: String!) { startTotp(password: $password) { secret userErrors { code field } } }";
const CONFIRM: &str = "mutation($code: String!) { confirmTotp(code: $code) { recoveryCodes userErrors { code } } }";
const KEY: &str =
    "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret userErrors { code field } } }";
const NEW: &str = "clementine-raft-9";

fn key() -> Value {
    let roles = [BuiltInRole::Rep.id()];
    json!({"input": {"name": "Website", "roleIds": roles, "scopes": ["RECORDS_READ"], "password": PASSWORD}})
}

#[tokio::test]
async fn the_owner_of_an_address_gets_rid_of_whoever_was_there_before() {
    let app = TestApp::start().await;
    let squatter = app.sign_up("ana").await;
    let (started, _) = act(&squatter, START, json!({"password": PASSWORD})).await;
    let phone = Authenticator::of(started["secret"].as_str().expect("a secret"));
    assert_eq!(act(&squatter, CONFIRM, json!({"code": phone.code(0)})).await.1, "");
    let (made, _) = act(&squatter, KEY, key()).await;
    let holder = app.client(&json!({"accessToken": made["secret"], "workspace": squatter.workspace}));
    assert_eq!(holder.graphql("{ __typename }", Value::Null).await.status, 200);
    let mails = SmtpServer::start().await;
    let url = mails.url();
    let later = app.second_node_with(|settings| settings.mail.way = Way::Smtp(url.into())).await;

    assert_eq!(later.post("/auth/forgot-password", json!({"email": email("ana")})).await.status, 202);
    let mail = mails.next_to(&email("ana")).await;
    // Nobody knows yet whose the name is.
    assert!(!mail.body().contains("Hello ana"), "{}", mail.body());
    let body = json!({"token": mail.token("reset-password"), "password": NEW});
    assert_eq!(later.post("/auth/reset-password", body).await.status, 204);

    let signed_in = later.post("/auth/sign-in", json!({"email": email("ana"), "password": NEW})).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let owner = later.client(&signed_in.body);
    assert_eq!(owner.graphql("{ __typename }", Value::Null).await.status, 200);
    assert_eq!(holder.at(&later.url("")).graphql("{ __typename }", Value::Null).await.status, 401);
    let keys = owner.data("{ apiKeys { status roles { name } } }", Value::Null).await["apiKeys"].clone();
    assert_eq!(keys, json!([{"status": "REVOKED", "roles": []}]));
}
