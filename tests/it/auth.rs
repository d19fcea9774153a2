//! Signing up, in and out, through HTTP.

use std::time::Duration;

use rapport_api::auth::Cost;
use rapport_tenancy::NewPerson;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, Client, TestApp, email};

const PASSWORD: &str = crate::support::PASSWORD;

async fn is_signed_in(client: &Client) -> bool {
    let answer = client.graphql("{ __typename }", Value::Null).await;
    match answer.status {
        200 => true,
        401 => {
            assert_eq!(answer.code(), "UNAUTHENTICATED");
            assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
            false
        }
        _ => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn who_signs_up_is_signed_in_and_can_sign_in_again() {
    let app = TestApp::start().await;
    let ana = app.sign_up_to("ana", "Acme Trading, Inc.").await;
    assert_eq!(ana.workspace["name"], "Acme Trading, Inc.");
    assert_eq!(ana.workspace["slug"], "acme-trading-inc");
    assert!(is_signed_in(&ana).await);

    let again = app.sign_in("ana", None).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.body["expiresIn"], 600);
    assert_eq!(again.body["workspace"], ana.workspace);
    assert_eq!(again.header("cache-control"), "no-store");
    assert!(is_signed_in(&app.client(&again.body)).await);
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_look_the_same() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let attempt = async |email: &str, password: &str| {
        let mut answer = app.post("/auth/sign-in", json!({"email": email, "password": password})).await;
        answer.body["error"]["requestId"].take();
        (answer.status, answer.body)
    };
    let wrong_password = attempt("ana@example.com", "wrong-password").await;
    assert_eq!(wrong_password.0, 401);
    assert_eq!(wrong_password.1["error"]["code"], "INVALID_CREDENTIALS");
    assert_eq!(wrong_password, attempt("nobody@example.com", PASSWORD).await);
    assert_eq!(wrong_password, attempt("no address", PASSWORD).await);
    // Neither trimmed nor cut, and the letters' case counts.
    assert_eq!(wrong_password, attempt("ana@example.com", &format!("{PASSWORD} ")).await);
    assert_eq!(wrong_password, attempt("ana@example.com", &PASSWORD.to_uppercase()).await);
    assert_eq!(attempt(" ANA@Example.com ", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn who_has_several_workspaces_names_one() {
    let app = TestApp::start().await;
    let first = app.sign_up_to("ana", "Acme").await;
    let second = app.sign_up_to("ana", "Acme").await;
    assert_ne!(first.workspace["id"], second.workspace["id"]);
    assert_ne!(first.workspace["slug"], second.workspace["slug"]);

    let asked = app.sign_in("ana", None).await;
    assert_eq!((asked.status, asked.code(), asked.field()), (409, "WORKSPACE_REQUIRED", "workspace"));
    assert_eq!(asked.body["error"]["workspaces"], json!([first.workspace, second.workspace]));

    let slug = second.workspace["slug"].as_str();
    assert_eq!(app.sign_in("ana", slug).await.body["workspace"], second.workspace);
    let id = first.workspace["id"].as_str();
    assert_eq!(app.sign_in("ana", id).await.body["workspace"], first.workspace);

    let ben = app.sign_up("ben").await;
    let foreign = app.sign_in("ana", ben.workspace["slug"].as_str()).await;
    let missing = app.sign_in("ana", Some("no-such-place")).await;
    assert_eq!((foreign.status, foreign.code()), (403, "WORKSPACE_NOT_FOUND"));
    assert_eq!((missing.status, missing.code()), (403, "WORKSPACE_NOT_FOUND"));

    let guessed = json!({"email": email("ana"), "password": "wrong-password"});
    let guessed = app.post("/auth/sign-in", guessed).await;
    assert!(guessed.body["error"].get("workspaces").is_none());
}

#[tokio::test]
async fn a_known_address_makes_a_workspace_only_with_its_password() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let body = json!({"email": "Ana@Example.com", "password": "another-password", "name": "Eve", "workspace": "Evil"});
    let answer = app.post("/auth/sign-up", body).await;
    assert_eq!((answer.status, answer.code(), answer.field()), (409, "EMAIL_TAKEN", "email"));
}

#[tokio::test]
async fn every_wrong_input_names_its_field() {
    let app = TestApp::start().await;
    let good = json!({"email": "ana@example.com", "password": PASSWORD, "name": "Ana", "workspace": "Acme"});
    for (field, value, status, code) in [
        ("email", json!("ana"), 422, "INVALID_EMAIL"),
        ("password", json!("short"), 422, "WEAK_PASSWORD"),
        ("password", json!("password123"), 422, "WEAK_PASSWORD"),
        ("password", json!("a".repeat(300)), 422, "WEAK_PASSWORD"),
        ("password", json!("ana@example.com"), 422, "WEAK_PASSWORD"),
        ("name", json!("  "), 422, "INVALID_NAME"),
        ("workspace", json!(""), 422, "INVALID_WORKSPACE"),
        ("workspace", json!("x".repeat(101)), 422, "INVALID_WORKSPACE"),
        ("email", json!(null), 400, "BAD_REQUEST"),
        ("password", json!(12_345_678), 400, "BAD_REQUEST"),
        ("name", json!(["Ana"]), 400, "BAD_REQUEST"),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = app.post("/auth/sign-up", body).await;
        assert_eq!((answer.status, answer.code(), answer.field()), (status, code, field), "{value}");
        assert!(answer.body["error"]["requestId"].is_string());
    }
    assert_eq!(app.post("/auth/sign-up", good).await.status, 200);
}

/// Postgres keeps no NUL, and nothing of this may come that far.
#[tokio::test]
async fn no_text_with_a_nul_is_a_fault_of_ours() {
    const SPOILT: &str = "a\0b";
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    let token = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    let account = json!({"email": email("ana"), "password": PASSWORD});
    let link = "A".repeat(43);
    let sign_up = json!({"email": email("ben"), "password": PASSWORD, "name": "Ben", "workspace": "Acme", "code": "1"});
    let routes = [
        ("sign-up", sign_up.clone()),
        ("sign-in", json!({"email": email("ana"), "password": PASSWORD, "workspace": "acme"})),
        ("totp", json!({"challenge": link, "code": "123456", "workspace": "acme"})),
        ("refresh", json!({"refreshToken": link})),
        ("sign-out", json!({"refreshToken": link})),
        ("verify-email", json!({"token": link})),
        ("forgot-password", json!({"email": email("ana")})),
        ("reset-password", json!({"token": link, "password": PASSWORD})),
        ("confirm-email", json!({"token": link})),
        ("cancel-email", json!({"token": link})),
        ("invitation", json!({"token": link})),
        ("accept-invitation", json!({"token": link, "password": PASSWORD, "name": "Ben", "code": "1"})),
        ("api-keys/report", json!({"key": "rap_live_"})),
    ];
    for (route, body) in routes {
        for field in body.as_object().expect("an object").keys() {
            let mut body = body.clone();
            body[field] = json!(SPOILT);
            let answer = app.post(&format!("/auth/{route}"), body).await;
            assert!(answer.status < 500, "{route} {field}: {}", answer.body);
        }
    }
    // The one that was found: the workspace of somebody whose sign-in waits for a code.
    let start = "mutation($password: String!) { startTotp(password: $password) { secret } }";
    let started = ana.data(start, json!({"password": PASSWORD})).await;
    let phone = Authenticator::of(started["startTotp"]["secret"].as_str().expect("a secret"));
    let confirm = "mutation($code: String!) { confirmTotp(code: $code) { userErrors { code } } }";
    ana.data(confirm, json!({"code": phone.code(0)})).await;
    for workspace in [SPOILT, "line\nbreak", &"x".repeat(101)] {
        let mut body = account.clone();
        body["workspace"] = json!(workspace);
        let answer = app.post("/auth/sign-in", body).await;
        assert_eq!((answer.status, answer.code(), answer.field()), (403, "WORKSPACE_NOT_FOUND", "workspace"));
    }

    let text = |names: &[&str]| names.iter().map(|name| format!("{name}: $it")).collect::<Vec<_>>().join(", ");
    let all = [
        ("verifyEmail", &["token"][..], ""),
        ("requestPasswordReset", &["email"], ""),
        ("resetPassword", &["token", "password"], ""),
        ("changePassword", &["currentPassword", "newPassword"], ""),
        ("changeEmail", &["email", "currentPassword"], ""),
        ("confirmEmailChange", &["token"], ""),
        ("cancelEmailChange", &["token"], ""),
        ("refreshSession", &["refreshToken"], ""),
        ("startTotp", &["password"], ""),
        ("confirmTotp", &["code"], ""),
        ("disableTotp", &["password", "code"], ""),
        ("regenerateRecoveryCodes", &["password", "code"], ""),
        ("signUp", &["email", "password", "name", "workspace", "code"], "input"),
        ("signIn", &["email", "password", "workspace"], "input"),
        ("completeSignIn", &["challenge", "code", "workspace"], "input"),
        ("acceptInvitation", &["token", "password", "name", "code"], "input"),
        ("inviteMember", &["email", "name"], "input"),
    ];
    for (mutation, names, input) in all {
        for spoilt in names {
            // One text is spoilt, the others are such as would do.
            let others = names.iter().filter(|name| *name != spoilt).map(|name| {
                let good = sign_up.get(*name).and_then(Value::as_str).unwrap_or(match *name {
                    "token" | "challenge" => &link,
                    _ => PASSWORD,
                });
                format!("{name}: {}", json!(good))
            });
            let others = others.collect::<Vec<_>>();
            let roles =
                if mutation == "inviteMember" { ", roleIds: [\"00000000-0000-7000-8000-000000000004\"]" } else { "" };
            let arguments = format!("{}, {}{roles}", text(&[spoilt]), others.join(", "));
            let arguments = if input.is_empty() { arguments } else { format!("input: {{{arguments}}}") };
            let it = if *spoilt == "id" { "ID!" } else { "String!" };
            let query = format!("mutation($it: {it}) {{ {mutation}({arguments}) {{ userErrors {{ code }} }} }}");
            let answer = ana.graphql(&query, json!({"it": SPOILT})).await;
            let refused = &answer.body["data"][mutation]["userErrors"];
            // Asking for a reset is answered alike whoever has the address.
            assert!(answer.status == 200 && refused.is_array(), "{query}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let app = TestApp::start().await;
    let post = |kind: &'static str, body: &'static [u8]| {
        Answer::of(app.request(Method::POST, "/auth/sign-in").header("content-type", kind).body(body))
    };
    assert_eq!(post("application/json", b"{\"email\":").await.status, 400);
    assert_eq!(post("application/json", b"[]").await.status, 400);
    assert_eq!(post("application/json", b"{\"email\":\"\xff\"}").await.status, 400);
    assert_eq!(post("text/plain", b"{}").await.status, 415);
    assert_eq!(post("application/x-www-form-urlencoded", b"email=a").await.status, 415);
    let large = app.request(Method::POST, "/auth/sign-in").json(&json!({"email": "a".repeat(20_000)}));
    assert_eq!(Answer::of(large).await.status, 413);
    let get = app.get("/auth/sign-in").await;
    assert_eq!((get.status, get.code(), get.header("allow")), (405, "METHOD_NOT_ALLOWED", "POST"));
}

#[tokio::test]
async fn a_refresh_token_is_spent_once_and_its_reuse_ends_the_session() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let elsewhere = app.client(&app.sign_in("ana", None).await.body);
    let refresh = async |token: &str| app.post("/auth/refresh", json!({"refreshToken": token})).await;

    let second = refresh(&ana.refresh_token).await;
    assert_eq!(second.status, 200);
    assert_eq!(second.body["workspace"], ana.workspace);
    let second = app.client(&second.body);
    assert_ne!(second.refresh_token, ana.refresh_token);
    assert!(is_signed_in(&second).await);

    // Longer ago than two tabs of one person are apart.
    app.sql("UPDATE control.sessions SET refreshed_at = refreshed_at - interval '10 s'").await.expect("time passes");
    let reused = refresh(&ana.refresh_token).await;
    assert_eq!((reused.status, reused.code(), reused.field()), (401, "INVALID_REFRESH_TOKEN", "refreshToken"));
    assert_eq!(refresh(&second.refresh_token).await.status, 401);
    assert!(!is_signed_in(&second).await);
    assert!(!is_signed_in(&ana).await);
    assert!(is_signed_in(&elsewhere).await);

    for token in ["", "nonsense", &"A".repeat(43)] {
        assert_eq!(refresh(token).await.code(), "INVALID_REFRESH_TOKEN");
    }
}

#[tokio::test]
async fn a_sign_out_acts_at_once_here_and_soon_elsewhere() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    let ana_there = ana.at(&other.url(""));
    assert!(is_signed_in(&ana).await && is_signed_in(&ana_there).await);

    let out = Answer::of(ana.request(Method::POST, "/auth/sign-out")).await;
    assert_eq!((out.status, out.body), (204, Value::Null));
    assert!(!is_signed_in(&ana).await);
    assert_eq!(app.post("/auth/refresh", json!({"refreshToken": ana.refresh_token})).await.status, 401);

    ana_there.is_refused_within(Duration::from_secs(5)).await;
    // A node that starts later knows as well.
    let late = app.second_node().await;
    assert!(!is_signed_in(&ana.at(&late.url(""))).await);
}

#[tokio::test]
async fn a_refresh_token_alone_can_sign_out_and_twice_is_fine() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for _ in 0..2 {
        let out = app.post("/auth/sign-out", json!({"refreshToken": ana.refresh_token})).await;
        assert_eq!(out.status, 204);
        assert!(!is_signed_in(&ana).await);
    }
    let nothing = Answer::of(app.request(Method::POST, "/auth/sign-out")).await;
    assert_eq!((nothing.status, nothing.code()), (401, "UNAUTHENTICATED"));
}

/// By counting, not by a clock: every attempt costs one hash, whoever is meant.
#[tokio::test]
async fn a_sign_in_is_the_same_work_for_somebody_and_for_nobody() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let invited = NewPerson { email: email("ben"), name: "Ben".to_owned(), password_hash: None };
    app.app.tenancy.create_person(invited).await.expect("a person without a password");
    for who in [email("ana"), email("ben"), email("nobody"), "no address".to_owned()] {
        let before = app.app.auth.passwords_hashed();
        let answer = app.post("/auth/sign-in", json!({"email": who, "password": "not-the-password"})).await;
        assert_eq!((answer.status, answer.code()), (401, "INVALID_CREDENTIALS"), "{who}");
        assert_eq!(app.app.auth.passwords_hashed() - before, 1, "{who}");
    }
}

#[tokio::test]
async fn a_hash_of_yesterdays_cost_is_renewed_by_a_sign_in() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let stored = async || {
        let person = app.app.tenancy.person_by_email(&email("ana")).await.expect("readable").expect("ana");
        person.password_hash.expect("a password")
    };
    let cheap = stored().await;
    let dear = app.second_node_with(|settings| settings.auth.password_cost = Cost { memory_kib: 128, passes: 2 }).await;
    assert_eq!(dear.sign_in("ana", None).await.status, 200);
    let renewed = stored().await;
    assert!(cheap.contains("m=64,t=1,") && renewed.contains("m=128,t=2,"), "{cheap} {renewed}");
    assert_eq!(dear.sign_in("ana", None).await.status, 200);
    assert_eq!(stored().await, renewed);
}

const SESSION: &str = "accessToken refreshToken expiresIn workspace { id slug name } workspaces { id slug name }
                       userErrors { code field message }";

#[tokio::test]
async fn the_mutations_do_what_the_routes_do() {
    let app = TestApp::start().await;
    let sign_up = format!("mutation($input: SignUpInput!) {{ signUp(input: $input) {{ {SESSION} }} }}");
    let sign_in = format!("mutation($input: SignInInput!) {{ signIn(input: $input) {{ {SESSION} }} }}");
    let refresh = format!("mutation($token: String!) {{ refreshSession(refreshToken: $token) {{ {SESSION} }} }}");
    let ask = async |query: &str, field: &str, variables: Value| {
        let answer = app.post("/graphql", json!({"query": query, "variables": variables})).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{}", answer.body);
        answer.body["data"][field].clone()
    };

    let input = json!({"email": email("ana"), "password": PASSWORD, "name": "Ana", "workspace": "Acme"});
    let made = ask(&sign_up, "signUp", json!({"input": input})).await;
    assert_eq!(made["userErrors"], json!([]));
    let ana = app.client(&made);
    assert_eq!(ana.data("{ me { email } }", Value::Null).await["me"]["email"], email("ana"));

    let wrong = json!({"input": {"email": email("ana"), "password": "wrong-password"}});
    let refused = ask(&sign_in, "signIn", wrong).await;
    assert_eq!(
        (&refused["accessToken"], &refused["userErrors"][0]["code"]),
        (&Value::Null, &json!("INVALID_CREDENTIALS"))
    );

    app.sign_up_to("ana", "Globex").await;
    let right = json!({"input": {"email": email("ana"), "password": PASSWORD}});
    let asked = ask(&sign_in, "signIn", right).await;
    assert_eq!(asked["userErrors"][0]["code"], "WORKSPACE_REQUIRED");
    assert_eq!(asked["workspaces"].as_array().map(Vec::len), Some(2));

    let fresh = ask(&refresh, "refreshSession", json!({"token": ana.refresh_token})).await;
    let ana = app.client(&fresh);
    let out = ana.data("mutation { signOut { userErrors { code } } }", Value::Null).await;
    assert_eq!(out["signOut"]["userErrors"], json!([]));
    assert!(!is_signed_in(&ana).await);
}

#[tokio::test]
async fn a_wrong_credential_is_refused_and_never_anonymous() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let mut tampered = ana.clone();
    let middle = tampered.access_token.len() / 2;
    let swapped = if tampered.access_token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    tampered.access_token.replace_range(middle..=middle, swapped);
    assert!(!is_signed_in(&tampered).await);

    for value in ["Bearer nonsense", "Basic YW5hOng=", "Bearer", "rap_live_1_2"] {
        let request = app.request(Method::POST, "/graphql").json(&json!({"query": "{ __typename }"}));
        let answer = Answer::of(request.header("authorization", value)).await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"), "{value}");
        assert!(answer.body.get("data").is_none());
    }
    let anonymous = app.post("/graphql", json!({"query": "{ __typename }"})).await;
    assert_eq!(anonymous.status, 200);
}

#[tokio::test]
async fn a_token_of_one_node_is_good_on_another() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node().await;
    assert!(is_signed_in(&ana.at(&other.url(""))).await);

    let (here, there) = (app.get("/.well-known/jwks.json").await, other.get("/.well-known/jwks.json").await);
    assert_eq!(here.header("content-type"), "application/jwk-set+json");
    assert_eq!(here.body, there.body);
    assert_eq!(here.body["keys"][0]["crv"], "Ed25519");
    assert!(here.body["keys"][0].get("d").is_none());
}
