//! Keys that sign access tokens: published before they sign, believed until their last token is over.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{Duration, Utc};
use rapport_api::auth::{NOTICE, rotate_signing_key};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn published(app: &TestApp) -> Vec<String> {
    let keys = app.get("/.well-known/jwks.json").await.body["keys"].as_array().expect("keys").clone();
    keys.iter().map(|key| key["kid"].as_str().expect("a name").to_owned()).collect()
}

fn signed_by(client: &Client) -> String {
    let header = client.access_token.split('.').next().expect("a header");
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64")).expect("JSON");
    header["kid"].as_str().expect("a key").to_owned()
}

async fn is_signed_in(client: &Client) -> bool {
    client.graphql("{ __typename }", Value::Null).await.status == 200
}

/// What the nodes do every minute.
async fn a_minute_later(nodes: [&TestApp; 2]) {
    for node in nodes {
        node.app.auth.look_after_keys().await.expect("keys");
    }
}

#[tokio::test]
async fn a_new_key_is_published_then_signs_and_the_one_before_goes_when_its_tokens_are_over() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let before = app.sign_up("ana").await;
    let old = published(&app).await[0].clone();

    let new = rotate_signing_key(&app.app.tenancy, Utc::now() + NOTICE).await.expect("a key");
    a_minute_later([&app, &other]).await;
    for node in [&app, &other] {
        assert_eq!(published(node).await, [old.clone(), new.clone()]);
    }
    let meanwhile = app.client(&app.sign_in("ana", None).await.body);
    assert_eq!(signed_by(&meanwhile), old);

    app.sql(&format!("UPDATE control.signing_keys SET signs_from = now() WHERE kid = '{new}'"))
        .await
        .expect("time passes");
    a_minute_later([&app, &other]).await;
    let after = other.client(&other.sign_in("ana", None).await.body);
    assert_eq!(signed_by(&after), new);
    assert!(is_signed_in(&after).await && is_signed_in(&after.at(&app.url(""))).await);
    assert!(is_signed_in(&before).await && is_signed_in(&before.at(&other.url(""))).await);

    app.sql("UPDATE control.signing_keys SET signs_from = signs_from - interval '15 min'").await.expect("time passes");
    a_minute_later([&app, &other]).await;
    a_minute_later([&app, &other]).await;
    assert_eq!((published(&app).await, published(&other).await), (vec![new.clone()], vec![new]));
    assert!(!is_signed_in(&before).await && is_signed_in(&after).await);
}

#[tokio::test]
async fn a_key_that_is_too_old_is_replaced_by_one_node_alone() {
    let app = TestApp::start_with(|settings| settings.auth.signing_key_age = Some(Duration::days(90))).await;
    let other = app.second_node().await;
    a_minute_later([&app, &other]).await;
    assert_eq!(published(&app).await.len(), 1);
    app.sql("UPDATE control.signing_keys SET signs_from = now() - interval '90 days'").await.expect("time passes");
    let (here, there) = futures::future::join(app.app.auth.look_after_keys(), other.app.auth.look_after_keys()).await;
    here.and(there).expect("keys");
    a_minute_later([&app, &other]).await;
    assert_eq!(published(&app).await.len(), 2);
    assert_eq!(published(&app).await, published(&other).await);
}

#[tokio::test]
async fn a_key_that_is_taken_back_is_not_believed_even_where_it_was_checked_before() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    let ana_there = ana.at(&other.url(""));
    assert!(is_signed_in(&ana).await && is_signed_in(&ana_there).await);
    let stolen = signed_by(&ana);
    let new = rotate_signing_key(&app.app.tenancy, Utc::now()).await.expect("a key");
    app.app.tenancy.remove_signing_keys(&[stolen]).await.expect("removed");
    a_minute_later([&app, &other]).await;
    assert!(!is_signed_in(&ana).await && !is_signed_in(&ana_there).await);
    // Nobody has to sign in again.
    let refreshed = app.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await;
    let fresh = app.client(&refreshed.body);
    assert_eq!(signed_by(&fresh), new);
    assert!(is_signed_in(&fresh.at(&other.url(""))).await);
}

#[tokio::test]
async fn a_node_without_the_master_key_signs_with_a_key_of_its_own_and_knows_what_others_signed() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node_with(|settings| settings.tenancy.master_keys = None).await;
    assert!(is_signed_in(&ana.at(&other.url(""))).await);
    let there = other.client(&other.sign_in("ana", None).await.body);
    assert_ne!(signed_by(&there), signed_by(&ana));
    // The first node has not looked at the keys since: it does when it meets the name.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert!(is_signed_in(&there.at(&app.url(""))).await);
    assert_eq!(published(&app).await, published(&other).await);
}
