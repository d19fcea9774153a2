//! Sessions: refreshes that race, an end that every node knows of at once, where a person is signed in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, OwnRedis, TestApp};

const SESSIONS: &str =
    "{ me { sessions { id createdAt lastSeenAt expiresAt address userAgent current workspace { slug } } } }";

async fn sessions(client: &Client) -> Vec<Value> {
    client.data(SESSIONS, Value::Null).await["me"]["sessions"].as_array().expect("sessions").clone()
}

async fn status(client: &Client) -> u16 {
    client.graphql("{ __typename }", Value::Null).await.status
}

async fn end(client: &Client, mutation: &str) -> Value {
    let mutation = format!("mutation {{ {mutation} {{ ended userErrors {{ code field }} }} }}");
    let data = client.data(&mutation, Value::Null).await;
    data.as_object().expect("data").values().next().expect("a payload").clone()
}

/// The session that an access token names.
fn session_of(client: &Client) -> String {
    let claims = client.access_token.split('.').nth(1).expect("claims");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON");
    claims["sid"].as_str().expect("a session").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_refreshes_at_once_on_two_nodes_give_one_child() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    let attempts = (0..50).map(|attempt| {
        let node = if attempt % 2 == 0 { &app } else { &other };
        node.post("/auth/refresh", json!({"refreshToken": ana.refresh_token}))
    });
    let answers = futures::future::join_all(attempts).await;
    let child = |answer: &Answer| (answer.body["accessToken"].clone(), answer.body["refreshToken"].clone());
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(child(answer), child(&answers[0]));
    }
    let next = app.client(&answers[0].body);
    assert_ne!(next.refresh_token, ana.refresh_token);
    assert_eq!(session_of(&next), session_of(&ana));
    assert_eq!(status(&next).await, 200);
    let rows = "SELECT 1 FROM control.spent_refresh_hashes";
    assert_eq!(app.sql(rows).await.expect("rows").len(), 1);

    // The child goes on, and then its parent is a thief's.
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": next.refresh_token})).await.status, 200);
    assert_eq!(other.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await.status, 401);
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": next.refresh_token})).await.status, 401);
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_it() {
    let app = TestApp::start_with(|settings| settings.trusted_hops = 1).await;
    let ana = app.sign_up("ana").await;
    let body = json!({"email": "ana@example.com", "password": crate::support::PASSWORD});
    let phone = app.request(Method::POST, "/auth/sign-in").header("user-agent", "Phone/7").json(&body);
    let phone = app.client(&Answer::of(phone.header("x-forwarded-for", "192.0.2.44")).await.body);

    let seen = sessions(&ana).await;
    assert_eq!(seen.len(), 2);
    let [here, there] = [true, false].map(|here| seen.iter().find(|it| it["current"] == here).expect("a session"));
    assert_eq!((&there["userAgent"], &there["address"]), (&json!("Phone/7"), &json!("192.0.2.44")));
    assert_eq!((there["id"].as_str(), here["id"].as_str()), (Some(&*session_of(&phone)), Some(&*session_of(&ana))));
    assert_eq!(here["workspace"]["slug"], ana.workspace["slug"]);
    let moment = |name: &str| there[name].as_str().expect("a moment").parse::<chrono::DateTime<chrono::Utc>>();
    let idle = moment("expiresAt").expect("a moment") - moment("lastSeenAt").expect("a moment");
    assert_eq!(idle.num_days(), 14);

    let ben = app.sign_up("ben").await;
    let bens = session_of(&ben);
    for foreign in [bens.as_str(), "0198f000-0000-7000-8000-000000000000", "no id"] {
        let refused = end(&ana, &format!("revokeSession(id: \"{foreign}\")")).await;
        assert_eq!(refused, json!({"ended": 0, "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}]}), "{foreign}");
    }
    assert_eq!(status(&ben).await, 200);

    assert_eq!(end(&ana, &format!("revokeSession(id: \"{}\")", session_of(&phone))).await["ended"], 1);
    assert_eq!(status(&phone).await, 401);
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": phone.refresh_token})).await.status, 401);
    assert_eq!((status(&ana).await, sessions(&ana).await.len()), (200, 1));

    let others = [app.sign_in("ana", None).await, app.sign_in("ana", None).await];
    assert_eq!(end(&ana, "revokeOtherSessions").await["ended"], 2);
    for other in others {
        assert_eq!(status(&app.client(&other.body)).await, 401);
    }
    assert_eq!(status(&ana).await, 200);
}

#[tokio::test]
async fn an_owner_ends_the_sessions_of_a_member_and_a_member_nobodys() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let ben = app.member_of(&ana, "ben").await;
    let elsewhere = app.sign_up_to("ben", "Elsewhere").await;
    let user = ben.data("{ me { userId } }", Value::Null).await["me"]["userId"].as_str().expect("an id").to_owned();
    let anas = ana.data("{ me { userId } }", Value::Null).await["me"]["userId"].as_str().expect("an id").to_owned();

    let ask = |user: &str| {
        format!("mutation {{ revokeMemberSessions(userId: \"{user}\") {{ ended userErrors {{ code }} }} }}")
    };
    let refused = ben.graphql(&ask(&anas), Value::Null).await;
    assert_ne!(refused.status, 200, "{}", refused.body);
    assert_eq!(status(&ana).await, 200);

    let ended = ana.data(&ask(&user), Value::Null).await;
    assert_eq!(ended["revokeMemberSessions"], json!({"ended": 1, "userErrors": []}));
    assert_eq!(status(&ben).await, 401);
    // What is theirs in another workspace is none of this owner's business.
    assert_eq!(status(&elsewhere).await, 200);
    let stranger = elsewhere.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    let missing = ana.data(&ask(stranger.as_str().expect("an id")), Value::Null).await;
    assert_eq!(missing["revokeMemberSessions"]["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(status(&elsewhere).await, 200);
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    assert_eq!(status(&ana).await, 200);
    app.app.auth.write_seen().await.expect("written");
    app.sql("UPDATE control.sessions SET last_seen_at = now() - interval '13 days 23 hours'")
        .await
        .expect("time passes");
    let fresh = app.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await;
    assert_eq!(fresh.status, 200);
    app.sql("UPDATE control.sessions SET last_seen_at = now() - interval '14 days 1 hour'").await.expect("time passes");
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": fresh.body["refreshToken"]})).await.status, 401);
}

/// Whatever a caller holds already, a sign-in makes a session of its own: nobody can have one ready for somebody else.
#[tokio::test]
async fn a_sign_in_never_takes_up_a_session_that_was_there() {
    let app = TestApp::start().await;
    let eve = app.sign_up("eve").await;
    app.sign_up("ana").await;
    let body = json!({"email": "ana@example.com", "password": crate::support::PASSWORD,
                      "refreshToken": eve.refresh_token, "sessionId": session_of(&eve)});
    let signed_in = Answer::of(eve.request(Method::POST, "/auth/sign-in").json(&body)).await;
    assert_eq!(signed_in.status, 200);
    let ana = app.client(&signed_in.body);
    assert_ne!(session_of(&ana), session_of(&eve));
    assert_ne!(ana.refresh_token, eve.refresh_token);
    let again = app.client(&app.sign_in("ana", None).await.body);
    assert_ne!(session_of(&again), session_of(&ana));
    // What Eve held is still hers, and nobody else's.
    let me = eve.data("{ me { email } }", Value::Null).await;
    assert_eq!(me["me"]["email"], "eve@example.com");
}

async fn on_two_nodes(redis: &OwnRedis) -> (TestApp, TestApp) {
    let url = redis.url();
    let app = TestApp::start_with(|settings| {
        settings.redis_url = Some(url);
        settings.limits.user_hour = 10_000;
    })
    .await;
    let other = app.second_node().await;
    (app, other)
}

#[tokio::test]
async fn through_redis_an_end_acts_in_the_very_next_request_on_every_node() {
    let Some(redis) = OwnRedis::start().await else { return };
    let (app, other) = on_two_nodes(&redis).await;
    for round in 0..10 {
        let ana = app.sign_up_to("ana", "Acme").await;
        let ana_there = ana.at(&other.url(""));
        assert_eq!((status(&ana).await, status(&ana_there).await), (200, 200));
        assert_eq!(Answer::of(ana.request(Method::POST, "/auth/sign-out")).await.status, 204);
        let refused = ana_there.graphql("{ __typename }", Value::Null).await;
        // And spends nothing of its owner's.
        assert_eq!((refused.status, refused.header("ratelimit")), (401, ""), "round {round}");
    }
    // A token used twice ends its session as fast.
    let ana = app.sign_up_to("ana", "Acme").await;
    let ana_there = ana.at(&other.url(""));
    assert_eq!(status(&ana_there).await, 200);
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await.status, 200);
    app.sql("UPDATE control.sessions SET refreshed_at = refreshed_at - interval '10 s'").await.expect("time passes");
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await.status, 401);
    assert_eq!(status(&ana_there).await, 401);
}

#[tokio::test]
async fn a_redis_that_forgot_everything_lets_nobody_back_in() {
    let Some(redis) = OwnRedis::start().await else { return };
    let (app, other) = on_two_nodes(&redis).await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let (ana_there, ben_there) = (ana.at(&other.url("")), ben.at(&other.url("")));
    assert_eq!((status(&ana_there).await, status(&ben_there).await), (200, 200));
    assert_eq!(Answer::of(ana.request(Method::POST, "/auth/sign-out")).await.status, 204);
    redis.ask("FLUSHALL").await;
    // The other node has never been told: it finds no mark, and asks Postgres.
    assert_eq!(status(&ana_there).await, 401);
    assert_eq!((status(&ben).await, status(&ben_there).await), (200, 200));
    redis.ask("FLUSHALL").await;
    assert_eq!((status(&ana).await, status(&ana_there).await, status(&ben).await), (401, 401, 200));
}

#[tokio::test]
async fn session_and_limit_are_one_round_trip() {
    let Some(redis) = OwnRedis::start().await else { return };
    let (app, _other) = on_two_nodes(&redis).await;
    let ana = app.sign_up("ana").await;
    // The first one loads the script and leaves the mark.
    assert_eq!(status(&ana).await, 200);
    let sent = async || [redis.calls("evalsha").await, redis.calls("mget").await, redis.calls("set").await];
    let before = sent().await;
    for _ in 0..50 {
        let answer = ana.graphql("{ me { email } }", Value::Null).await;
        assert!(answer.status == 200 && answer.header("ratelimit").starts_with("\"user\";r="));
    }
    // The script reads session and bucket together and writes the bucket; nothing else is sent.
    let after = sent().await;
    assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), [50, 50, 50]);
    for command in ["eval", "get", "publish", "subscribe", "multi"] {
        assert_eq!(redis.calls(command).await, 0, "{command}");
    }
}
