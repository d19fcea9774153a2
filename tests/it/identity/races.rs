//! What somebody does with a password of before at the moment in which its owner resets it.

use futures::future::{join, join_all};
use rapport_api::auth::Cost;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, SmtpServer, TestApp, email};

const ROUNDS: usize = 6;
const SET: &str = "mutation($current: String!, $new: String!) {
    changePassword(currentPassword: $current, newPassword: $new) { userErrors { code } } }";
const MOVE: &str = "mutation($email: String!, $password: String!) {
    changeEmail(email: $email, currentPassword: $password) { userErrors { code } } }";

/// The password that the owner chooses in a round.
fn chosen(round: usize) -> String {
    format!("clementine-raft-{round}")
}

/// The one that they had before.
fn before(round: usize) -> String {
    if round == 0 { PASSWORD.to_owned() } else { chosen(round - 1) }
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    app.post("/auth/sign-in", json!({"email": email("ana"), "password": password})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/auth/reset-password", json!({"token": token, "password": password})).await
}

/// A link to choose a new password by. So many as a test likes.
async fn link(app: &TestApp, mails: &SmtpServer) -> String {
    app.sql("DELETE FROM control.mails WHERE sent_at IS NOT NULL").await.expect("SQL");
    assert_eq!(app.post("/auth/forgot-password", json!({"email": email("ana")})).await.status, 202);
    loop {
        let mail = mails.next().await;
        if mail.header("subject") == "Choose a new password" {
            return mail.token("reset-password");
        }
    }
}

async fn is_signed_in(client: &Client) -> bool {
    client.graphql("{ __typename }", Value::Null).await.status == 200
}

/// Hashing takes long enough for something to come in between.
async fn slow() -> (TestApp, SmtpServer) {
    let mails = SmtpServer::start().await;
    let url = mails.url();
    let app = TestApp::start_with(|settings| {
        settings.mail.way = rapport_api::mail::Way::Smtp(url.into());
        settings.auth.password_cost = Cost { memory_kib: 1_024, passes: 1 };
    })
    .await;
    (app, mails)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_with_the_old_password_outlives_the_reset() {
    let (app, mails) = slow().await;
    app.sign_up("ana").await;
    for round in 0..ROUNDS {
        let (token, old, new) = (link(&app, &mails).await, before(round), chosen(round));
        let thieves = join_all((0..10).map(|_| sign_in(&app, &old)));
        let (opened, done) = join(thieves, reset(&app, &token, &new)).await;

        assert_eq!(done.status, 204, "{}", done.body);
        for answer in &opened {
            match answer.status {
                200 => assert!(!is_signed_in(&app.client(&answer.body)).await, "round {round}"),
                _ => assert_eq!(answer.code(), "INVALID_CREDENTIALS"),
            }
        }
        assert_eq!(sign_in(&app, &new).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hash_of_the_old_password_is_written_back_over_the_new_one() {
    let (app, mails) = slow().await;
    // Each sign-in here finds the hash to be of another cost, and makes it anew.
    let other = app.second_node_with(|settings| settings.auth.password_cost.memory_kib = 2_048).await;
    app.sign_up("ana").await;
    for round in 0..ROUNDS {
        let (token, old, new) = (link(&app, &mails).await, before(round), chosen(round));
        let (_, done) = join(join_all((0..6).map(|_| sign_in(&other, &old))), reset(&app, &token, &new)).await;

        assert_eq!(done.status, 204, "{}", done.body);
        assert_eq!(sign_in(&app, &old).await.code(), "INVALID_CREDENTIALS", "round {round}");
        assert_eq!(sign_in(&app, &new).await.status, 200, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_reset_and_a_change_with_the_old_password_one_counts() {
    let (app, mails) = slow().await;
    app.sign_up("ana").await;
    let mut old = PASSWORD.to_owned();
    for round in 0..ROUNDS {
        let thief = app.client(&sign_in(&app, &old).await.body);
        let (token, new) = (link(&app, &mails).await, chosen(round));
        let theirs = format!("a-thief-was-here-{round}");
        let body = json!({"query": SET, "variables": {"current": old, "new": theirs}});
        let (changed, done) =
            join(Answer::of(thief.request(reqwest::Method::POST, "/graphql").json(&body)), reset(&app, &token, &new))
                .await;

        // The change came first and ended the link, or it did nothing.
        let refused = changed.body["data"]["changePassword"]["userErrors"][0]["code"].as_str();
        let has_changed = changed.status == 200 && changed.body["errors"].is_null() && refused.is_none();
        assert_ne!(has_changed, done.status == 204, "round {round}: {} and {}", changed.body, done.body);
        let (now, never) = if has_changed { (&theirs, &new) } else { (&new, &theirs) };
        assert_eq!(sign_in(&app, now).await.status, 200, "round {round}");
        assert_eq!(sign_in(&app, never).await.code(), "INVALID_CREDENTIALS", "round {round}");
        old.clone_from(now);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_to_another_address_outlives_the_reset() {
    let (app, mails) = slow().await;
    app.sign_up("ana").await;
    for round in 0..ROUNDS {
        let thief = app.client(&sign_in(&app, &before(round)).await.body);
        let (token, evil) = (link(&app, &mails).await, format!("eve{round}@evil.example"));
        let body = json!({"query": MOVE, "variables": {"email": evil, "password": before(round)}});
        let asks = (0..4).map(|_| Answer::of(thief.request(reqwest::Method::POST, "/graphql").json(&body)));
        let (_, done) = join(join_all(asks), reset(&app, &token, &chosen(round))).await;

        assert_eq!(done.status, 204, "{}", done.body);
        let left = app.sql("SELECT 1 FROM control.mailed_links").await.expect("SQL");
        assert!(left.is_empty(), "round {round}");
    }
}
