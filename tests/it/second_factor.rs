//! A second factor: set up, asked for, replayed, lost, switched off.

use serde_json::{Value, json};

use crate::support::{Answer, Authenticator, Client, PASSWORD, TestApp, email};

async fn ask(client: &Client, mutation: &str, variables: Value) -> Value {
    let data = client.data(mutation, variables).await;
    data.as_object().expect("data").values().next().expect("a payload").clone()
}

const START: &str =
    "mutation($password: String!) { startTotp(password: $password) { secret uri userErrors { code field } } }";
const CONFIRM: &str =
    "mutation($code: String!) { confirmTotp(code: $code) { recoveryCodes userErrors { code field } } }";
const DISABLE: &str = "mutation($password: String!, $code: String!) { disableTotp(password: $password, code: $code) { userErrors { code field } } }";
const RENEW: &str = "mutation($password: String!, $code: String!) {
    regenerateRecoveryCodes(password: $password, code: $code) { recoveryCodes userErrors { code field } } }";
const STATE: &str = "{ me { secondFactor { enabledAt recoveryCodesLeft } } }";

/// Sets an authenticator app up whose first code was the one of the step before, so that two more are good.
async fn enrol(client: &Client) -> (Authenticator, Vec<String>) {
    let started = ask(client, START, json!({"password": PASSWORD})).await;
    let phone = Authenticator::of(started["secret"].as_str().expect("a secret"));
    let confirmed = ask(client, CONFIRM, json!({"code": phone.code(-1)})).await;
    assert_eq!(confirmed["userErrors"], json!([]));
    let codes = confirmed["recoveryCodes"].as_array().expect("codes").iter();
    (phone, codes.map(|code| code.as_str().expect("a code").to_owned()).collect())
}

/// The challenge that a right password is answered with.
async fn challenge(app: &TestApp, name: &str) -> String {
    let asked = app.sign_in(name, None).await;
    assert_eq!((asked.status, asked.code(), asked.field()), (401, "TOTP_REQUIRED", "code"), "{}", asked.body);
    assert!(asked.body.get("accessToken").is_none() && asked.body["error"].get("workspaces").is_none());
    assert_eq!(asked.body["error"]["expiresIn"], 300);
    asked.body["error"]["challenge"].as_str().expect("a challenge").to_owned()
}

async fn complete(app: &TestApp, challenge: &str, code: &str) -> Answer {
    app.post("/auth/totp", json!({"challenge": challenge, "code": code})).await
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}

#[tokio::test]
async fn an_app_is_set_up_with_the_password_and_a_first_code() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    assert_eq!(ana.data(STATE, Value::Null).await["me"]["secondFactor"], Value::Null);
    let nothing = ask(&ana, CONFIRM, json!({"code": "123456"})).await;
    assert_eq!(nothing["userErrors"], json!([{"code": "TOTP_NOT_STARTED", "field": []}]));
    let wrong = ask(&ana, START, json!({"password": "not-the-password"})).await;
    assert_eq!(
        wrong,
        json!({"secret": null, "uri": null, "userErrors": [{"code": "WRONG_PASSWORD", "field": ["password"]}]})
    );

    let first = ask(&ana, START, json!({"password": PASSWORD})).await;
    let started = ask(&ana, START, json!({"password": PASSWORD})).await;
    let secret = started["secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 32);
    let uri = format!(
        "otpauth://totp/Rapport:ana@example.com?secret={secret}&issuer=Rapport&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(started["uri"], uri);
    // Begun is not done: nobody is asked for a code.
    assert_eq!(app.sign_in("ana", None).await.status, 200);

    let phone = Authenticator::of(secret);
    let replaced = Authenticator::of(first["secret"].as_str().expect("a secret"));
    for code in [replaced.code(0), phone.code(3), phone.code(-3), "abcdef".to_owned(), String::new()] {
        let refused = ask(&ana, CONFIRM, json!({"code": code})).await;
        assert_eq!(refused["userErrors"], json!([{"code": "INVALID_CODE", "field": ["code"]}]), "{code}");
    }
    let confirmed = ask(&ana, CONFIRM, json!({"code": phone.code(0)})).await;
    assert_eq!(confirmed["recoveryCodes"].as_array().map(Vec::len), Some(10));
    let state = ana.data(STATE, Value::Null).await["me"]["secondFactor"].clone();
    assert!(state["enabledAt"].is_string() && state["recoveryCodesLeft"] == 10, "{state}");
    let again = ask(&ana, START, json!({"password": PASSWORD})).await;
    assert_eq!(again["userErrors"][0]["code"], "TOTP_ENABLED");

    // Neither the secret nor a code lies in the database as it is.
    let rows =
        "SELECT encode(wrapped, 'escape'), (SELECT string_agg(encode(hash, 'escape'), ' ') FROM control.recovery_codes)
                FROM control.second_factors";
    let kept = format!("{:?}", app.sql(rows).await.expect("rows"));
    let first_code = confirmed["recoveryCodes"][0].as_str().expect("a code").replace('-', "");
    assert!(!kept.contains(&first_code) && !kept.contains(secret));
    let raw =
        app.database.owner().await.query_one("SELECT wrapped FROM control.second_factors", &[]).await.expect("a row");
    let wrapped: Vec<u8> = raw.get(0);
    assert!(!wrapped.windows(phone.secret().len()).any(|part| part == phone.secret()));
}

#[tokio::test]
async fn a_sign_in_waits_for_a_code_which_counts_once() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, _) = enrol(&ana).await;

    let waiting = challenge(&app, "ana").await;
    // The challenge opens nothing by itself, and is neither an access token nor a refresh token.
    let bearer = app.client(&json!({"accessToken": waiting})).graphql("{ __typename }", Value::Null).await;
    assert_eq!(told(&bearer), (401, "UNAUTHENTICATED"));
    let refresh = app.post("/auth/refresh", json!({"refreshToken": waiting})).await;
    assert_eq!(told(&refresh), (401, "INVALID_REFRESH_TOKEN"));
    // The code of the set-up is spent.
    assert_eq!(told(&complete(&app, &waiting, &phone.code(-1)).await), (401, "INVALID_CODE"));
    assert_eq!(told(&complete(&app, &waiting, "000000").await), (401, "INVALID_CODE"));

    let code = phone.code(0);
    let done = complete(&app, &waiting, &code).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(app.client(&done.body).data("{ me { email } }", Value::Null).await["me"]["email"], email("ana"));

    // Neither the challenge nor the code is good again.
    assert_eq!(told(&complete(&app, &waiting, &phone.code(1)).await), (401, "INVALID_CHALLENGE"));
    let second = challenge(&app, "ana").await;
    assert_eq!(told(&complete(&app, &second, &code).await), (401, "INVALID_CODE"));
    assert_eq!(complete(&app, &second, &phone.code(1)).await.status, 200);
}

#[tokio::test]
async fn a_challenge_is_good_for_minutes_and_a_few_tries() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, _) = enrol(&ana).await;
    let guessed = challenge(&app, "ana").await;
    for _ in 0..5 {
        assert_eq!(told(&complete(&app, &guessed, "000000").await), (401, "INVALID_CODE"));
    }
    assert_eq!(told(&complete(&app, &guessed, &phone.code(0)).await), (401, "INVALID_CHALLENGE"));

    let late = challenge(&app, "ana").await;
    app.sql("UPDATE control.sign_in_challenges SET expires_at = now()").await.expect("time passes");
    let made_up = "A".repeat(43);
    for over in [late.as_str(), &made_up, "", "nonsense", &late[1..]] {
        assert_eq!(told(&complete(&app, over, &phone.code(0)).await), (401, "INVALID_CHALLENGE"), "{over}");
    }
    assert_eq!(complete(&app, &challenge(&app, "ana").await, &phone.code(0)).await.status, 200);
}

#[tokio::test]
async fn guesses_of_codes_are_limited_whatever_number_of_challenges_is_asked_for() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, _) = enrol(&ana).await;
    let strict = app.second_node_with(|settings| settings.limits.account_hour = 6).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        // Asked of the node without limits: whoever knows the password may have any number.
        let challenge = challenge(&app, "ana").await;
        for _ in 0..2 {
            seen.push(complete(&strict, &challenge, "000000").await.status);
        }
    }
    assert_eq!(seen, [401, 401, 401, 401, 401, 401, 429, 429]);
    assert_eq!(complete(&strict, &challenge(&app, "ana").await, &phone.code(0)).await.status, 429);
}

#[tokio::test]
async fn a_stolen_session_spends_nothing_that_its_owner_signs_in_with() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, codes) = enrol(&ana).await;
    let strict = app.second_node_with(|settings| settings.limits.account_hour = 3).await;
    let stolen = ana.at(&strict.url(""));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let refused = ask(&stolen, START, json!({"password": "a guess of theirs"})).await;
        seen.push(refused["userErrors"][0]["code"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(seen, ["WRONG_PASSWORD", "WRONG_PASSWORD", "WRONG_PASSWORD", "RATE_LIMITED"]);
    let refused = ask(&stolen, DISABLE, json!({"password": PASSWORD, "code": codes[0]})).await;
    assert_eq!(refused["userErrors"][0]["code"], "RATE_LIMITED");

    let entered = complete(&strict, &challenge(&strict, "ana").await, &phone.code(0)).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    let own = strict.client(&entered.body);
    let done = ask(&own, DISABLE, json!({"password": PASSWORD, "code": codes[1]})).await;
    assert_eq!(done["userErrors"], json!([]));
}

#[tokio::test]
async fn its_owner_is_told_when_it_goes_on_and_off_and_when_a_recovery_code_is_used() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    let token = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    let (phone, codes) = enrol(&ana).await;
    assert_eq!(mails.next_to(&email("ana")).await.header("subject"), "Your second factor was switched on");
    assert_eq!(complete(&app, &challenge(&app, "ana").await, &codes[0]).await.status, 200);
    assert_eq!(mails.next_to(&email("ana")).await.header("subject"), "A recovery code was used");
    let off = ask(&ana, DISABLE, json!({"password": PASSWORD, "code": phone.code(0)})).await;
    assert_eq!(off["userErrors"], json!([]));
    assert_eq!(mails.next_to(&email("ana")).await.header("subject"), "Your second factor was switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_code_at_once_one_gets_in() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    let (phone, codes) = enrol(&ana).await;
    for code in [phone.code(0), codes[0].clone()] {
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(challenge(&app, "ana").await);
        }
        let sent = waiting.iter().zip([&app, &other].into_iter().cycle());
        let answers = futures::future::join_all(sent.map(|(waiting, node)| complete(node, waiting, &code))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{code}");
        assert!(answers.iter().all(|answer| matches!(told(answer), (200, _) | (401, "INVALID_CODE"))));
    }
}

#[tokio::test]
async fn a_lost_phone_is_made_up_for_by_recovery_codes_each_once() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, codes) = enrol(&ana).await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    assert_eq!(complete(&app, &challenge(&app, "ana").await, &typed).await.status, 200);
    assert_eq!(told(&complete(&app, &challenge(&app, "ana").await, &codes[0]).await), (401, "INVALID_CODE"));
    assert_eq!(ana.data(STATE, Value::Null).await["me"]["secondFactor"]["recoveryCodesLeft"], 9);

    let wrong = ask(&ana, RENEW, json!({"password": "not-the-password", "code": codes[1]})).await;
    assert_eq!(wrong["userErrors"][0]["code"], "WRONG_PASSWORD");
    let wrong = ask(&ana, RENEW, json!({"password": PASSWORD, "code": codes[0]})).await;
    assert_eq!(wrong, json!({"recoveryCodes": null, "userErrors": [{"code": "INVALID_CODE", "field": ["code"]}]}));
    let renewed = ask(&ana, RENEW, json!({"password": PASSWORD, "code": phone.code(0)})).await;
    assert_eq!(renewed["recoveryCodes"].as_array().map(Vec::len), Some(10));
    assert_eq!(told(&complete(&app, &challenge(&app, "ana").await, &codes[1]).await), (401, "INVALID_CODE"));
    let fresh = renewed["recoveryCodes"][9].as_str().expect("a code");
    assert_eq!(complete(&app, &challenge(&app, "ana").await, fresh).await.status, 200);
}

#[tokio::test]
async fn it_is_switched_off_with_both_factors_and_no_less() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let off = ask(&ana, DISABLE, json!({"password": PASSWORD, "code": "123456"})).await;
    assert_eq!(off["userErrors"][0]["code"], "TOTP_NOT_ENABLED");
    let (phone, _) = enrol(&ana).await;
    for (password, code, refusal) in [
        ("not-the-password", phone.code(0), "WRONG_PASSWORD"),
        (PASSWORD, "000000".to_owned(), "INVALID_CODE"),
        (PASSWORD, phone.code(-1), "INVALID_CODE"),
    ] {
        let refused = ask(&ana, DISABLE, json!({"password": password, "code": code})).await;
        assert_eq!(refused["userErrors"][0]["code"], refusal);
    }
    let waiting = challenge(&app, "ana").await;
    let done = ask(&ana, DISABLE, json!({"password": PASSWORD, "code": phone.code(0)})).await;
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(app.sign_in("ana", None).await.status, 200);
    // A sign-in that still waits does not get in with a code that nothing checks any more.
    assert_eq!(complete(&app, &waiting, &phone.code(1)).await.status, 401);
}

#[tokio::test]
async fn no_other_way_in_goes_round_it() {
    let app = TestApp::start().await;
    let first = app.sign_up_to("ana", "Acme").await;
    let second = app.sign_up_to("ana", "Globex").await;
    let (phone, _) = enrol(&first).await;

    // A further workspace takes the code as well, and nothing is made without.
    let mut body = json!({"email": email("ana"), "password": PASSWORD, "name": "Ana", "workspace": "Initech"});
    let refused = app.post("/auth/sign-up", body.clone()).await;
    assert_eq!((refused.status, refused.code(), refused.field()), (401, "TOTP_REQUIRED", "code"));
    body["code"] = json!("000000");
    assert_eq!(told(&app.post("/auth/sign-up", body.clone()).await), (401, "INVALID_CODE"));
    let made = "SELECT 1 FROM control.tenants WHERE name = 'Initech'";
    assert!(app.sql(made).await.expect("rows").is_empty());

    // Which workspaces there are is told after the code, which can then be sent again.
    let waiting = challenge(&app, "ana").await;
    let code = phone.code(0);
    let asked = complete(&app, &waiting, &code).await;
    assert_eq!(told(&asked), (409, "WORKSPACE_REQUIRED"));
    assert_eq!(asked.body["error"]["workspaces"], json!([first.workspace, second.workspace]));
    let chosen = json!({"challenge": waiting, "code": code, "workspace": second.workspace["slug"]});
    let done = app.post("/auth/totp", chosen).await;
    assert_eq!((done.status, &done.body["workspace"]), (200, &second.workspace));

    body["code"] = json!(phone.code(1));
    assert_eq!(app.post("/auth/sign-up", body).await.status, 200);
}

#[tokio::test]
async fn the_mutations_do_what_the_routes_do() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let (phone, _) = enrol(&ana).await;
    let post = async |query: &str, input: Value| {
        let answer = app.post("/graphql", json!({"query": query, "variables": {"input": input}})).await;
        let data = answer.body["data"].as_object().unwrap_or_else(|| panic!("{}", answer.body)).clone();
        data.values().next().expect("a payload").clone()
    };
    let sign_in =
        "mutation($input: SignInInput!) { signIn(input: $input) { accessToken challenge userErrors { code field } } }";
    let asked = post(sign_in, json!({"email": email("ana"), "password": PASSWORD})).await;
    assert_eq!(asked["userErrors"], json!([{"code": "TOTP_REQUIRED", "field": ["code"]}]));
    assert_eq!(asked["accessToken"], Value::Null);
    let complete = "mutation($input: CompleteSignInInput!) {
        completeSignIn(input: $input) { accessToken refreshToken workspace { slug } userErrors { code field } } }";
    let wrong = post(complete, json!({"challenge": asked["challenge"], "code": "000000"})).await;
    assert_eq!(wrong["userErrors"], json!([{"code": "INVALID_CODE", "field": ["code"]}]));
    let done = post(complete, json!({"challenge": asked["challenge"], "code": phone.code(0)})).await;
    assert_eq!((&done["userErrors"], &done["workspace"]["slug"]), (&json!([]), &ana.workspace["slug"]));
    assert_eq!(app.client(&done).data("{ me { email } }", Value::Null).await["me"]["email"], email("ana"));
}

#[tokio::test]
async fn without_a_master_key_no_secret_is_kept() {
    let app = TestApp::start_with(|settings| settings.tenancy.master_keys = None).await;
    let ana = app.sign_up("ana").await;
    let refused = ask(&ana, START, json!({"password": PASSWORD})).await;
    assert_eq!(refused["userErrors"][0]["code"], "NO_MASTER_KEY");
    assert_eq!(app.sign_in("ana", None).await.status, 200);
}
