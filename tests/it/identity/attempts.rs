use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp, email};

/// A sign-in from a client address, as a proxy in front tells it.
async fn sign_in(app: &TestApp, name: &str, password: &str, from: &str) -> Answer {
    let body = json!({"email": email(name), "password": password});
    Answer::of(app.request(Method::POST, "/auth/sign-in").header("x-forwarded-for", from).json(&body)).await
}

#[tokio::test]
async fn whoever_guesses_from_elsewhere_is_slowed_down_and_the_owner_is_not() {
    let app = TestApp::start_with(|settings| settings.trusted_hops = 1).await;
    let body = json!({"email": email("ana"), "password": PASSWORD, "name": "Ana", "workspace": "Acme"});
    let home = "198.51.100.7";
    let signed_up =
        Answer::of(app.request(Method::POST, "/auth/sign-up").header("x-forwarded-for", home).json(&body)).await;
    assert_eq!(signed_up.status, 200);

    // From a different address each time, for somebody who is there and somebody who is not: the same.
    for name in ["ana", "nobody"] {
        let mut refused = None;
        for attempt in 0..25 {
            let answer = sign_in(&app, name, "a wrong password", &format!("203.0.113.{attempt}")).await;
            if answer.status == 429 {
                refused = Some((attempt, answer));
                break;
            }
            assert_eq!((answer.status, answer.code()), (401, "INVALID_CREDENTIALS"), "{name} {attempt}");
        }
        let (attempt, refused) = refused.expect("it has an end");
        assert_eq!((attempt, refused.code()), (20, "RATE_LIMITED"), "{name}");
        assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|wait| wait >= 1), "{:?}", refused.headers);
    }
    // The wait grows, and the right password helps no stranger.
    let wait = "UPDATE control.sign_in_attempts SET free_at = now(), attempts = 30";
    app.sql(wait).await.expect("SQL");
    assert_eq!(sign_in(&app, "ana", "a wrong password", "203.0.113.99").await.status, 401);
    let stranger = sign_in(&app, "ana", PASSWORD, "203.0.113.99").await;
    assert_eq!(stranger.status, 429);
    assert!(stranger.header("retry-after").parse::<u32>().is_ok_and(|wait| wait > 600), "{:?}", stranger.headers);

    // Where Ana signed in before, nothing of that is felt.
    assert_eq!(sign_in(&app, "ana", "a wrong password", home).await.status, 401);
    assert_eq!(sign_in(&app, "ana", PASSWORD, home).await.status, 200);
}

#[tokio::test]
async fn attempts_at_once_do_not_get_past_the_count() {
    let app = TestApp::start_with(|settings| settings.trusted_hops = 1).await;
    app.sign_up("ana").await;
    let from = |attempt: usize| format!("203.0.113.{attempt}");
    let attempts = (0..60).map(|attempt| {
        let app = &app;
        async move { sign_in(app, "ana", "a wrong password", &from(attempt)).await.status }
    });
    let answers = futures::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 20, "{answers:?}");
}
