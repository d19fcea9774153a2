use std::time::{Duration, Instant};

use rapport_api::mail::Way;
use serde_json::{Value, json};

use super::{act, verified};
use crate::support::{SmtpServer, TestApp, UNKNOWN, email, url_of};

/// Waits until a statement counts so many.
async fn counts(app: &TestApp, what: &str, wanted: &str) {
    let (since, sql) = (Instant::now(), format!("SELECT count(*) FROM control.mails WHERE {what}"));
    loop {
        let found: String = app.sql(&sql).await.expect("SQL").concat().into_iter().flatten().collect();
        if found == wanted {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{what}: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn mail_waits_for_a_server_that_is_away_and_its_words_are_forgotten_once_sent() {
    let place = SmtpServer::place().await;
    let app = TestApp::start_with(|settings| settings.mail.way = Way::Smtp(url_of(place).into())).await;
    app.sign_up("ana").await;
    counts(&app, "attempts > 1 AND sent_at IS NULL AND body_text LIKE '%#token=%'", "1").await;

    let mails = SmtpServer::start_at(place).await;

    let token = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    counts(&app, "sent_at IS NOT NULL AND subject IS NULL AND body_text IS NULL AND body_html IS NULL", "1").await;
    assert_eq!(mails.mails().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_delivered_or_is_too_old_is_given_up_and_forgotten() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let invite = "mutation($email: String!) { inviteMember(input: {email: $email, roleIds: [\"00000000-0000-7000-8000-000000000004\"]}) { userErrors { code } } }";
    assert_eq!(act(&ana, invite, json!({"email": UNKNOWN})).await.1, "");
    counts(&app, "given_up_at IS NOT NULL AND attempts = 1 AND body_text IS NULL", "1").await;

    let place = SmtpServer::place().await;
    let away = TestApp::start_with(|settings| settings.mail.way = Way::Smtp(url_of(place).into())).await;
    away.sign_up("ben").await;
    away.sql("UPDATE control.mails SET expires_at = now()").await.expect("SQL");
    counts(&away, "given_up_at IS NOT NULL AND body_text IS NULL", "1").await;
    let late = SmtpServer::start_at(place).await;
    away.sign_up("cleo").await;
    late.next_to(&email("cleo")).await;
    assert_eq!(late.mails().len(), 1);
}

#[tokio::test]
async fn of_several_nodes_one_sends_a_mail() {
    let (app, mails) = TestApp::with_mail().await;
    let nodes = [app.second_node().await, app.second_node().await];
    for name in ["ana", "ben", "cleo", "dan", "eve", "fay"] {
        app.sign_up(name).await;
    }
    counts(&app, "sent_at IS NOT NULL", "6").await;
    assert_eq!(mails.mails().len(), 6);
    drop(nodes);
}

#[tokio::test]
async fn what_people_are_called_forges_no_header_and_no_text() {
    let (app, mails) = TestApp::with_mail().await;
    let body = json!({"email": email("ana"), "password": crate::support::PASSWORD, "workspace": "Añil & <b>Söhne</b>",
        "name": "Ana Bcc: eve@example.com"});
    let signed_up = app.post("/auth/sign-up", body).await;
    let ana = app.client(&signed_up.body);
    let mail = mails.next_to(&email("ana")).await;
    assert_eq!(app.post("/auth/verify-email", json!({"token": mail.token("verify-email")})).await.status, 204);
    // Control characters never come so far: this is what one that did would meet.
    app.sql("UPDATE control.people SET name = E'Ana\\r\\nBcc: eve@example.com\\r\\n\\r\\nHello'").await.expect("SQL");
    let invite = "mutation { inviteMember(input: {email: \"ben@example.com\", roleIds: [\"00000000-0000-7000-8000-000000000004\"]}) { userErrors { code } } }";
    assert_eq!(act(&ana, invite, Value::Null).await.1, "");

    let mail = mails.next_to("ben@example.com").await;

    assert!(!mail.headers().contains(&"bcc".to_owned()), "{}", mail.raw);
    assert_eq!(mail.header("from"), "Rapport <no-reply@rapport.test>");
    assert_eq!(mail.header("to"), "ben@example.com");
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    assert!(mail.body().contains("“Añil & <b>Söhne</b>”"), "{}", mail.body());
    assert!(mail.body().contains("“Añil &amp; &lt;b&gt;Söhne&lt;/b&gt;”"), "{}", mail.body());
    assert_eq!(mails.mails().iter().filter(|mail| mail.to.iter().any(|to| to.contains("eve"))).count(), 0);
}

#[tokio::test]
async fn the_mailbox_page_is_there_for_development_alone() {
    let (app, _mails) = TestApp::with_mail().await;
    assert_eq!(app.get("/dev/mailbox").await.status, 404);
    let none = TestApp::start().await;
    assert_eq!(none.get("/dev/mailbox").await.status, 404);

    let dev = TestApp::start_with(|settings| settings.mail.way = Way::Mailbox).await;
    dev.sign_up("ana").await;
    counts(&dev, "sent_at IS NOT NULL", "1").await;
    let page = async |path: &str| {
        let answer = dev.request(reqwest::Method::GET, path).send().await.expect("an answer");
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        (policy, answer.text().await.expect("text"))
    };
    let (policy, list) = page("/dev/mailbox").await;
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let (_, after) = list.split_once("href=\"/dev/mailbox/").expect("a mail");
    let (id, _) = after.split_once('"').expect("an id");
    let (_, one) = page(&format!("/dev/mailbox/{id}")).await;
    assert!(one.contains("<a href=\"http://rapport.test/verify-email#token="), "{one}");
    assert_eq!(dev.get("/dev/mailbox/nonsense").await.status, 404);

    // A page elsewhere can have a name of its own lead to this machine, and none of ours.
    for path in ["/dev/mailbox".to_owned(), format!("/dev/mailbox/{id}")] {
        for (host, status) in [
            ("localhost:8080", 200),
            ("127.0.0.1", 200),
            ("[::1]:8080", 200),
            ("rapport.test", 200),
            ("evil.example", 404),
            ("localhost.evil.example", 404),
            ("rapport.test.evil.example:80", 404),
            ("192.0.2.1", 404),
            ("not a host", 404),
        ] {
            let request = dev.request(reqwest::Method::GET, &path).header("host", host);
            assert_eq!(request.send().await.expect("an answer").status(), status, "{host}");
        }
    }
}
