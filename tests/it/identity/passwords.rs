use std::io::Write as _;

use serde_json::{Value, json};

use super::{act, forged, is_invalid_token};
use crate::support::{Answer, PASSWORD, SmtpServer, TestApp, email};

const NEW: &str = "clementine-raft-9";
const CHANGE: &str = "mutation($current: String!, $new: String!) {
    changePassword(currentPassword: $current, newPassword: $new) { userErrors { code field message } } }";

async fn forgot(app: &TestApp, address: &str) -> Answer {
    app.post("/auth/forgot-password", json!({"email": address})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/auth/reset-password", json!({"token": token, "password": password})).await
}

async fn link(app: &TestApp, mails: &SmtpServer, name: &str) -> String {
    assert_eq!(forgot(app, &email(name)).await.status, 202);
    mails.next_to(&email(name)).await.token("reset-password")
}

#[tokio::test]
async fn a_reset_sets_the_password_ends_all_sessions_and_signs_nobody_in() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    let elsewhere = app.client(&app.sign_in("ana", None).await.body);
    let token = link(&app, &mails, "ana").await;

    let weak = reset(&app, &token, "password1!").await;
    assert_eq!((weak.status, weak.code(), weak.field()), (422, "WEAK_PASSWORD", "password"));
    let done = reset(&app, &token, NEW).await;

    assert_eq!((done.status, done.body), (204, Value::Null));
    for session in [&ana, &elsewhere] {
        assert_eq!(session.graphql("{ __typename }", Value::Null).await.status, 401);
        assert_eq!(app.post("/auth/refresh", json!({"refreshToken": session.refresh_token})).await.status, 401);
    }
    let news = mails.next_to(&email("ana")).await;
    assert_eq!(news.header("subject"), "Your password was changed");
    assert_eq!(app.sign_in("ana", None).await.code(), "INVALID_CREDENTIALS");
    let body = json!({"email": email("ana"), "password": NEW});
    let signed_in = app.post("/auth/sign-in", body).await;
    assert_eq!(signed_in.status, 200);
    // Whoever opened the link reads mail to the address.
    let me = app.client(&signed_in.body).data("{ me { emailVerified } }", Value::Null).await;
    assert_eq!(me["me"]["emailVerified"], true);
    is_invalid_token(&reset(&app, &token, NEW).await);
}

#[tokio::test]
async fn every_link_is_good_until_one_is_used_and_only_for_a_while() {
    let (app, mails) = TestApp::with_mail().await;
    app.sign_up("ana").await;
    let verify = mails.next_to(&email("ana")).await.token("verify-email");
    let first = link(&app, &mails, "ana").await;
    let second = link(&app, &mails, "ana").await;
    for token in forged(&second) {
        is_invalid_token(&reset(&app, &token, NEW).await);
    }
    is_invalid_token(&reset(&app, &verify, NEW).await);
    is_invalid_token(&app.post("/auth/verify-email", json!({"token": second})).await);
    app.sql("UPDATE control.mailed_links SET expires_at = now() WHERE purpose = 'RESET_PASSWORD'").await.expect("SQL");
    is_invalid_token(&reset(&app, &first, NEW).await);
    is_invalid_token(&reset(&app, &second, NEW).await);
    assert_eq!(app.sign_in("ana", None).await.status, 200);

    // Somebody else asks for more: the link in the mailbox stays good. Of any number of uses at once one is let through, of
    // whichever link.
    let third = link(&app, &mails, "ana").await;
    let fourth = link(&app, &mails, "ana").await;
    let uses = (0..8).map(|at| if at % 2 == 0 { &third } else { &fourth });
    let answers = futures::future::join_all(uses.map(|token| reset(&app, token, NEW))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    is_invalid_token(&reset(&app, &third, NEW).await);
    is_invalid_token(&reset(&app, &fourth, NEW).await);
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let (app, mails) = TestApp::with_mail().await;
    app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;

    let (known, unknown) = (forgot(&app, &email("ana")).await, forgot(&app, &email("nobody")).await);

    assert_eq!((known.status, &known.body), (202, &Value::Null));
    assert_eq!((unknown.status, &unknown.body), (202, &Value::Null));
    mails.next_to(&email("ana")).await.token("reset-password");
    let written = app.sql("SELECT 1 FROM control.mails WHERE recipient = 'nobody@example.com'").await;
    assert_eq!(written.expect("SQL").len(), 0);
    // A mailbox is not buried.
    for _ in 0..8 {
        assert_eq!(forgot(&app, &email("ana")).await.status, 202);
    }
    let ask = "mutation { requestPasswordReset(email: \"nobody@example.com\") { userErrors { code } } }";
    let answer = app.post("/graphql", json!({"query": ask})).await;
    assert_eq!(answer.body["data"]["requestPasswordReset"]["userErrors"], json!([]));
    for _ in 0..4 {
        mails.next_to(&email("ana")).await;
    }
    let count = "SELECT count(*) FROM control.mails WHERE kind = 'RESET_PASSWORD'";
    assert_eq!(app.sql(count).await.expect("SQL"), [[Some("5".to_owned())]]);
    assert_eq!(forgot(&app, "no address").await.code(), "INVALID_EMAIL");
}

#[tokio::test]
async fn a_change_needs_the_old_password_and_ends_the_other_sessions() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    let elsewhere = app.client(&app.sign_in("ana", None).await.body);

    let (wrong, code) = act(&ana, CHANGE, json!({"current": "another-password", "new": NEW})).await;
    assert_eq!((code.as_str(), &wrong["userErrors"][0]["field"]), ("WRONG_PASSWORD", &json!(["currentPassword"])));
    let (weak, code) = act(&ana, CHANGE, json!({"current": PASSWORD, "new": "anas-workspace"})).await;
    assert_eq!((code.as_str(), &weak["userErrors"][0]["field"]), ("WEAK_PASSWORD", &json!(["newPassword"])));
    assert_eq!(elsewhere.graphql("{ __typename }", Value::Null).await.status, 200);
    let (_, code) = act(&ana, CHANGE, json!({"current": PASSWORD, "new": NEW})).await;

    assert_eq!(code, "");
    assert_eq!(ana.graphql("{ __typename }", Value::Null).await.status, 200);
    assert_eq!(elsewhere.graphql("{ __typename }", Value::Null).await.status, 401);
    assert_eq!(mails.next_to(&email("ana")).await.header("subject"), "Your password was changed");
    assert_eq!(app.sign_in("ana", None).await.code(), "INVALID_CREDENTIALS");
    let anonymous = json!({"query": CHANGE, "variables": {"current": NEW, "new": PASSWORD}});
    assert_eq!(app.post("/graphql", anonymous).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn passwords_that_others_guess_are_refused() {
    // Between two others, the SHA-1 of "violet-harbour-42".
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let lines = [
        "00000099A4D3034E14DF60EF50799F695C27C0EC:4\r\n",
        "CAAC1B9419FF9C33C58625AE76257DD5BA81DB35:1\r\n",
        "FFFFFFFEE791CBAC0F6305CAF0CEE06BBE131160:2\r\n",
    ];
    let lines = lines.concat();
    write!(file, "{lines}").expect("written");
    let path = file.path().to_owned();
    let app = TestApp::start_with(|settings| settings.auth.breached_passwords = Some(path)).await;
    let sign_up = async |password: &str| {
        let body = json!({"email": "ana.ortiz@example.com", "password": password, "name": "Ana Ortiz", "workspace": "Golf Club"});
        app.post("/auth/sign-up", body).await
    };
    for (password, says) in [
        ("a1b2c3d", "at least 8 characters"),
        ("sunshine", "most common"),
        ("Sunshine99!", "most common"),
        ("anaortiz1", "little more than a name"),
        ("golf-club", "little more than a name"),
        ("rapport-98", "little more than a name"),
        ("violet-harbour-42", "known from a breach"),
    ] {
        let answer = sign_up(password).await;
        assert_eq!((answer.status, answer.code(), answer.field()), (422, "WEAK_PASSWORD", "password"), "{password}");
        let message = answer.body["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(says) && !message.contains(password), "{password}: {message}");
    }
    let long = "a password of one hundred and twenty-eight characters, blanks included, is as welcome as one of eight signs, and nothing is cut ";
    assert_eq!(long.len(), 128);
    assert_eq!(sign_up(long).await.status, 200);
}
