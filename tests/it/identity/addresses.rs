use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{act, forged, is_invalid_token};
use crate::support::{Client, PASSWORD, SmtpServer, TestApp, email};

const CHANGE: &str = "mutation($email: String!, $password: String!) {
    changeEmail(email: $email, currentPassword: $password) { userErrors { code field message } } }";

/// Asks for another address: the tokens to confirm and to cancel.
async fn change(ana: &Client, mails: &SmtpServer, new: &str) -> (String, String) {
    let old = ana.data("{ me { email } }", Value::Null).await["me"]["email"].clone();
    let (_, code) = act(ana, CHANGE, json!({"email": new, "password": PASSWORD})).await;
    assert_eq!(code, "");
    // In whatever order they are delivered.
    let two = [mails.next().await, mails.next().await];
    let to =
        |address: &str| two.iter().find(|mail| mail.to == [address]).unwrap_or_else(|| panic!("no mail to {address}"));
    (to(new).token("confirm-email"), to(old.as_str().expect("an address")).token("cancel-email"))
}

/// What the user record of the workspace's only user says, once it says it.
async fn user_says(ana: &Client, address: &str) {
    let since = Instant::now();
    loop {
        let users = ana.data("{ users { nodes { email version } } }", Value::Null).await["users"]["nodes"].clone();
        if users == json!([{"email": address, "version": 2}]) {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{users}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_sign_up_works_at_once_and_is_confirmed_later() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    let verified = async || ana.data("{ me { emailVerified } }", Value::Null).await["me"]["emailVerified"].clone();
    let first = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(verified().await, false);

    let resend = "mutation { resendVerification { userErrors { code } } }";
    assert_eq!(act(&ana, resend, Value::Null).await.1, "");
    let second = mails.next_to(&email("ana")).await.token("verify-email");
    let verify = async |token: &str| app.post("/auth/verify-email", json!({"token": token})).await;
    is_invalid_token(&verify(&first).await);
    for token in forged(&second) {
        is_invalid_token(&verify(&token).await);
    }
    assert_eq!(verified().await, false);
    let by_graph = "mutation($token: String!) { verifyEmail(token: $token) { userErrors { code } } }";
    let answer = app.post("/graphql", json!({"query": by_graph, "variables": {"token": second}})).await;
    assert_eq!(answer.body["data"]["verifyEmail"]["userErrors"], json!([]));
    assert_eq!(verified().await, true);
    is_invalid_token(&verify(&second).await);

    // Nothing is sent to who has nothing to confirm.
    act(&ana, resend, Value::Null).await;
    assert_eq!(mails.mails().len(), 2);
    assert_eq!(app.sql("SELECT 1 FROM control.mails WHERE sent_at IS NULL").await.expect("SQL").len(), 0);
}

#[tokio::test]
async fn an_address_changes_when_the_new_one_is_confirmed_and_every_workspace_follows() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    let other = app.sign_up_to("ana", "Another").await;
    let (wrong, code) = act(&ana, CHANGE, json!({"email": "ana@new.example", "password": "another-password"})).await;
    assert_eq!((code.as_str(), &wrong["userErrors"][0]["field"]), ("WRONG_PASSWORD", &json!(["currentPassword"])));
    assert_eq!(act(&ana, CHANGE, json!({"email": "ana", "password": PASSWORD})).await.1, "INVALID_EMAIL");
    assert_eq!(act(&ana, CHANGE, json!({"email": "ANA@example.com", "password": PASSWORD})).await.1, "SAME_EMAIL");

    let (confirm, cancel) = change(&ana, &mails, "ana@new.example").await;
    assert_eq!(app.sign_in("ana", None).await.code(), "WORKSPACE_REQUIRED");
    for token in forged(&confirm).iter().chain([&cancel]) {
        is_invalid_token(&app.post("/auth/confirm-email", json!({"token": token})).await);
    }
    assert_eq!(app.post("/auth/confirm-email", json!({"token": confirm})).await.status, 204);

    assert_eq!(app.sign_in("ana", None).await.code(), "INVALID_CREDENTIALS");
    let body = json!({"email": "ana@new.example", "password": PASSWORD, "workspace": ana.workspace["slug"]});
    assert_eq!(app.post("/auth/sign-in", body).await.status, 200);
    let news = mails.next_to(&email("ana")).await;
    assert!(news.body().contains("ana@new.example"), "{}", news.raw);
    for workspace in [&ana, &other] {
        user_says(workspace, "ana@new.example").await;
        let log = format!(
            "SELECT before->>'email', after->>'email' FROM {}.event WHERE type = 'user.updated'",
            crate::support::schema_of(workspace)
        );
        let logged = app.sql(&log).await.expect("SQL");
        assert_eq!(logged, [[Some("ana@example.com".to_owned()), Some("ana@new.example".to_owned())]]);
    }
    let me = ana.data("{ me { email emailVerified } }", Value::Null).await;
    assert_eq!(me["me"], json!({"email": "ana@new.example", "emailVerified": true}));
    is_invalid_token(&app.post("/auth/confirm-email", json!({"token": confirm})).await);
    is_invalid_token(&app.post("/auth/cancel-email", json!({"token": cancel})).await);
}

#[tokio::test]
async fn a_change_that_was_cut_off_is_ended_by_another_node() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    // As a crash between the confirmation and the records leaves it.
    let cut =
        "UPDATE control.people SET email = 'ana@new.example'; UPDATE control.memberships SET outdated_since = now()";
    app.sql(cut).await.expect("SQL");
    let _other = app.second_node().await;
    user_says(&ana, "ana@new.example").await;
}

#[tokio::test]
async fn the_old_address_can_stop_a_change_and_a_new_password_does() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    let confirm_it = async |token: &str| app.post("/auth/confirm-email", json!({"token": token})).await;

    let (confirm, cancel) = change(&ana, &mails, "eve@evil.example").await;
    assert_eq!(app.post("/auth/cancel-email", json!({"token": cancel})).await.status, 204);
    is_invalid_token(&confirm_it(&confirm).await);
    is_invalid_token(&app.post("/auth/cancel-email", json!({"token": cancel})).await);

    let (confirm, _) = change(&ana, &mails, "eve@evil.example").await;
    assert_eq!(app.post("/auth/forgot-password", json!({"email": email("ana")})).await.status, 202);
    let reset = mails.next_to(&email("ana")).await.token("reset-password");
    let body = json!({"token": reset, "password": "clementine-raft-9"});
    assert_eq!(app.post("/auth/reset-password", body).await.status, 204);
    is_invalid_token(&confirm_it(&confirm).await);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told_plainly() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    // Nothing is told of who has it before its mail is read.
    app.sign_up("ben").await;
    mails.next_to(&email("ben")).await;
    let (confirm, _) = change(&ana, &mails, &email("ben")).await;

    let answer = app.post("/auth/confirm-email", json!({"token": confirm})).await;

    assert_eq!((answer.status, answer.code()), (409, "EMAIL_TAKEN"));
    assert_eq!(ana.data("{ me { email } }", Value::Null).await["me"]["email"], email("ana"));
    assert_eq!(app.sign_in("ben", None).await.status, 200);
}
