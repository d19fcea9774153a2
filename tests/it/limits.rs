//! Limits, in process and through Redis.

use std::time::Duration;

use rapport_api::app::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OwnRedis, PASSWORD, TestApp, email};

/// An address that no other test uses: with a shared Redis, limits of addresses are shared too.
fn some_address() -> String {
    let [a, b, c, d, ..] = *uuid::Uuid::new_v4().as_bytes();
    format!("2001:db8:{a:x}{b:02x}:{c:x}{d:02x}::1")
}

async fn sign_in_from(app: &TestApp, address: &str) -> Answer {
    let body = json!({"email": "nobody@example.com", "password": "not-the-password"});
    let request = app.request(Method::POST, "/auth/sign-in").json(&body);
    Answer::of(request.header("x-forwarded-for", address)).await
}

async fn attempts_are_limited(change: impl FnOnce(&mut Settings)) {
    let app = TestApp::start_with(|settings| {
        settings.limits.address_hour = 3;
        settings.trusted_hops = 1;
        change(settings);
    })
    .await;
    let address = some_address();
    for _ in 0..3 {
        assert_eq!(sign_in_from(&app, &address).await.status, 401);
    }
    let refused = sign_in_from(&app, &address).await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1_100..=1_200).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-policy"), "\"address\";q=3;w=3600");
    assert_eq!(refused.header("ratelimit"), format!("\"address\";r=0;t={wait}"));

    // Another host of the same network shares the limit, another network does not.
    let neighbour = address.replace("::1", "::2");
    assert_eq!(sign_in_from(&app, &neighbour).await.status, 429);
    assert_eq!(sign_in_from(&app, &some_address()).await.status, 401);
}

async fn requests_are_limited(change: impl FnOnce(&mut Settings)) {
    let app = TestApp::start_with(|settings| {
        settings.limits.user_hour = 5;
        change(settings);
    })
    .await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    for left in (0..5).rev() {
        let answer = ana.graphql("{ __typename }", Value::Null).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("ratelimit").starts_with(&format!("\"user\";r={left};t=")), "{answer:?}");
    }
    let refused = ana.graphql("{ __typename }", Value::Null).await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    assert_eq!(refused.header("content-type"), "application/graphql-response+json; charset=utf-8");
    assert!(refused.body["errors"][0]["extensions"]["retryAfterMs"].as_u64() > Some(600_000));
    assert_eq!(ben.graphql("{ __typename }", Value::Null).await.status, 200);
}

fn redis() -> Option<String> {
    let url = rapport_api::config::env::var("RAPPORT_TEST_REDIS_URL");
    if url.is_none() {
        eprintln!("skipped: RAPPORT_TEST_REDIS_URL names no Redis");
    }
    url
}

#[tokio::test]
async fn without_redis_attempts_to_sign_in_are_limited_by_address() {
    attempts_are_limited(|_| {}).await;
}

#[tokio::test]
async fn without_redis_requests_are_limited_by_user() {
    requests_are_limited(|_| {}).await;
}

#[tokio::test]
async fn with_a_redis_that_is_lost_the_limits_stand() {
    attempts_are_limited(|settings| settings.redis_url = Some("redis://127.0.0.1:1/".to_owned())).await;
}

/// Takes connections and never answers: worse than one that is gone.
async fn a_redis_that_sleeps() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("redis://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    url
}

#[tokio::test]
async fn with_a_redis_that_sleeps_requests_are_answered_and_limited() {
    let url = a_redis_that_sleeps().await;
    requests_are_limited(|settings| {
        settings.redis_url = Some(url);
        settings.redis_patience = rapport_api::redis_link::PATIENCE;
    })
    .await;
}

#[tokio::test]
async fn with_redis_attempts_to_sign_in_are_limited_by_address() {
    let Some(url) = redis() else { return };
    attempts_are_limited(|settings| settings.redis_url = Some(url)).await;
}

#[tokio::test]
async fn with_redis_requests_are_limited_by_user() {
    let Some(url) = redis() else { return };
    requests_are_limited(|settings| settings.redis_url = Some(url)).await;
}

#[tokio::test]
async fn nodes_share_a_limit_through_redis() {
    let Some(url) = redis() else { return };
    let app = TestApp::start_with(|settings| {
        settings.limits.user_hour = 6;
        settings.redis_url = Some(url);
    })
    .await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    let ana_there = ana.at(&other.url(""));
    let mut allowed = 0;
    for _ in 0..6 {
        for client in [&ana, &ana_there] {
            allowed += u32::from(client.graphql("{ __typename }", Value::Null).await.status == 200);
        }
    }
    assert_eq!(allowed, 6);
}

#[tokio::test]
async fn one_document_with_many_attempts_is_charged_for_each() {
    let app = TestApp::start_with(|settings| settings.limits.address_hour = 3).await;
    let attempt =
        r#"signIn(input: { email: "nobody@example.com", password: "not-the-password" }) { userErrors { code } }"#;
    let attempts: Vec<String> = (0..5).map(|i| format!("a{i}: {attempt}")).collect();
    let answer = app.post("/graphql", json!({"query": format!("mutation {{ {} }}", attempts.join(" "))})).await;
    let codes: Vec<_> = (0..5).map(|i| answer.body["data"][format!("a{i}")]["userErrors"][0]["code"].clone()).collect();
    let (wrong, limited) = ("INVALID_CREDENTIALS", "RATE_LIMITED");
    assert_eq!(codes, [wrong, wrong, wrong, limited, limited]);
}

#[tokio::test]
async fn when_redis_is_lost_requests_go_on_limits_stand_and_sign_outs_are_heard_of() {
    let Some(mut redis) = OwnRedis::start().await else { return };
    let url = redis.url();
    let app = TestApp::start_with(|settings| {
        settings.limits.user_hour = 8;
        settings.redis_url = Some(url);
    })
    .await;
    let other = app.second_node().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let ana_there = ana.at(&other.url(""));
    assert_eq!(ana.graphql("{ __typename }", Value::Null).await.status, 200);
    assert_eq!(ana_there.graphql("{ __typename }", Value::Null).await.status, 200);

    redis.kill().await;
    let mut allowed = 0;
    for _ in 0..20 {
        allowed += u32::from(ben.graphql("{ __typename }", Value::Null).await.status == 200);
    }
    assert_eq!(allowed, 8);

    Answer::of(ana.request(Method::POST, "/auth/sign-out")).await;
    assert_eq!(ana.graphql("{ __typename }", Value::Null).await.status, 401);
    ana_there.is_refused_within(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn without_a_sign_in_requests_are_limited_by_address() {
    let app = TestApp::start_with(|settings| {
        settings.limits.address_hour = 3;
        settings.trusted_hops = 1;
    })
    .await;
    let ask = async |address: &str| {
        let request = app.request(Method::POST, "/graphql").json(&json!({"query": "{ __typename }"}));
        Answer::of(request.header("x-forwarded-for", address)).await
    };
    let address = some_address();
    for _ in 0..3 {
        assert_eq!(ask(&address).await.status, 200);
    }
    let refused = ask(&address).await;
    assert_eq!((refused.status, refused.header("ratelimit-policy")), (429, "\"address\";q=3;w=3600"));
    assert_eq!(ask(&some_address()).await.status, 200);
}

#[tokio::test]
async fn strangers_who_guess_a_password_are_slowed_down_and_lock_nobody_out() {
    let app = TestApp::start_with(|settings| {
        settings.limits.account_hour = 4;
        settings.trusted_hops = 1;
    })
    .await;
    let attempt = async |email: &str, password: &str, address: &str| {
        let request = app.request(Method::POST, "/auth/sign-in").header("x-forwarded-for", address);
        Answer::of(request.json(&json!({"email": email, "password": password}))).await.status
    };
    let home = some_address();
    let sign_up = json!({"email": email("ana"), "password": PASSWORD, "name": "Ana", "workspace": "Acme"});
    let sign_up = app.request(Method::POST, "/auth/sign-up").header("x-forwarded-for", &home).json(&sign_up);
    assert_eq!(Answer::of(sign_up).await.status, 200);

    // From many addresses, so that no limit of one address is met: of somebody who is there, and of nobody.
    for who in [email("ana"), email("nobody")] {
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(attempt(&who, "not-the-password", &some_address()).await);
        }
        assert_eq!(seen, [401, 401, 401, 401, 429, 429], "{who}");
    }
    assert_eq!(attempt(&email("ana"), PASSWORD, &some_address()).await, 429);
    assert_eq!(attempt(&email("ana"), PASSWORD, &home).await, 200);
}

#[tokio::test]
async fn whoever_resets_their_password_comes_in_from_there_whatever_strangers_do() {
    let mails = crate::support::SmtpServer::start().await;
    let url = mails.url();
    let app = TestApp::start_with(|settings| {
        settings.limits.account_hour = 3;
        settings.trusted_hops = 1;
        settings.mail.way = rapport_api::mail::Way::Smtp(url.into());
    })
    .await;
    let post = async |path: &str, body: Value, address: &str| {
        Answer::of(app.request(Method::POST, path).header("x-forwarded-for", address).json(&body)).await
    };
    app.sign_up("ana").await;
    mails.next_to(&email("ana")).await;
    let sign_in = |password: &str| json!({"email": email("ana"), "password": password});
    while post("/auth/sign-in", sign_in("not-the-password"), &some_address()).await.status == 401 {}
    let somewhere_new = some_address();
    assert_eq!(post("/auth/sign-in", sign_in(PASSWORD), &somewhere_new).await.status, 429);

    assert_eq!(post("/auth/forgot-password", json!({"email": email("ana")}), &somewhere_new).await.status, 202);
    let token = mails.next_to(&email("ana")).await.token("reset-password");
    let new = json!({"token": token, "password": "clementine-raft-9"});
    assert_eq!(post("/auth/reset-password", new, &somewhere_new).await.status, 204);

    assert_eq!(post("/auth/sign-in", sign_in("clementine-raft-9"), &somewhere_new).await.status, 200);
    assert_eq!(post("/auth/sign-in", sign_in("clementine-raft-9"), &some_address()).await.status, 429);
}

#[tokio::test]
async fn sign_outs_with_made_up_tokens_are_limited_and_real_ones_are_not() {
    let app = TestApp::start().await;
    let strict = app.second_node_with(|settings| settings.limits.address_hour = 2).await;
    for name in ["ana", "ben", "eve"] {
        let token = app.sign_up(name).await.refresh_token;
        assert_eq!(strict.post("/auth/sign-out", json!({"refreshToken": token})).await.status, 204);
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(strict.post("/auth/sign-out", json!({"refreshToken": "A".repeat(43)})).await.status);
    }
    assert_eq!(seen, [204, 204, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sign_ins_than_a_node_can_do_are_sent_away_at_once() {
    let app = TestApp::start_with(|settings| settings.auth.password_cost.memory_kib = 16_384).await;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let attempts = (0..cores * 65 + 50).map(|at| {
        let body = json!({"email": email(&format!("nobody{at}")), "password": "not-the-password"});
        app.post("/auth/sign-in", body)
    });
    let answers = futures::future::join_all(attempts).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!refused.is_empty() && answers.iter().any(|answer| answer.status == 401));
    for answer in refused {
        assert_eq!((answer.code(), answer.header("retry-after")), ("OVERLOADED", "5"));
    }
    assert!(answers.iter().all(|answer| [401, 503].contains(&answer.status)));
}

#[tokio::test]
async fn refreshes_of_a_whole_office_behind_one_address_are_not_limited_and_guesses_are() {
    let app = TestApp::start().await;
    let mut session = app.sign_up("ana").await;
    let strict = app.second_node_with(|settings| settings.limits.address_hour = 2).await;
    for _ in 0..6 {
        let refreshed = strict.post("/auth/refresh", json!({"refreshToken": session.refresh_token})).await;
        assert_eq!(refreshed.status, 200);
        session = strict.client(&refreshed.body);
    }
    let guess = json!({"refreshToken": "A".repeat(43)});
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(strict.post("/auth/refresh", guess.clone()).await.status);
    }
    assert_eq!(seen, [401, 401, 429]);
}

#[tokio::test]
async fn credentials_that_somebody_tries_out_are_limited_by_address_and_no_member_is() {
    let app = TestApp::start_with(|settings| settings.limits.address_hour = 3).await;
    let ana = app.sign_up("ana").await;
    let ask = async |token: &str| {
        let request = app.request(Method::POST, "/graphql").bearer_auth(token);
        Answer::of(request.json(&json!({"query": "{ __typename }"}))).await.status
    };
    let (forged, cut) = (format!("{}x", ana.access_token), &ana.access_token[..40]);
    let key = "rap_live_AAAAAAAAAAAAAAAAAAAAAA_nonsense";
    let mut seen = Vec::new();
    for guess in [&*forged, cut, key, &*forged, cut, key] {
        seen.push(ask(guess).await);
    }
    assert_eq!(seen, [401, 401, 401, 429, 429, 429]);
    assert_eq!(ask(&ana.access_token).await, 200);
    // A session that ended was good once: the client is to hear that, not that it asks too often.
    let out = app.post("/auth/sign-out", json!({"refreshToken": ana.refresh_token})).await;
    assert_eq!(out.status, 204);
    assert_eq!(ask(&ana.access_token).await, 401);
}
