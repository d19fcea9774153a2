//! What the log tells of people: sign-ins, passwords, sessions, invitations.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{events, types};
use crate::support::{Client, TestApp, email};

#[tokio::test]
async fn sign_ins_and_sign_outs_are_in_the_log_of_their_workspace() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let other = app.sign_up("ben").await;
    let filter = json!({"type": "user.sign*"});
    assert_eq!(types(&owner, filter.clone()).await, ["user.signed_in"]);

    let wrong = json!({"email": email("ana"), "password": "not the password"});
    assert_eq!(app.post("/auth/sign-in", wrong).await.status, 401);
    let session = app.sign_in("ana", None).await;
    let second = app.client(&session.body);
    assert_eq!(second.request(Method::POST, "/auth/sign-out").send().await.expect("an answer").status(), 204);

    // What fails is noted behind the answer.
    let mut found = events(&owner, filter.clone()).await;
    for _ in 0..100 {
        if found.len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = events(&owner, filter.clone()).await;
    }
    let mut kinds: Vec<_> = found.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["user.sign_in_failed", "user.signed_in", "user.signed_in", "user.signed_out"]);
    let failed = found.iter().find(|event| event["type"] == "user.sign_in_failed").expect("it");
    let me = owner.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    assert_eq!(failed["details"], json!({"user": me, "reason": "INVALID_CREDENTIALS"}));
    assert_eq!(failed["actor"]["kind"], "SYSTEM");
    assert_eq!(failed["address"], "127.0.0.1");
    let signed_out = found.iter().find(|event| event["type"] == "user.signed_out").expect("it");
    assert_ne!(signed_out["actor"]["throughId"], Value::Null);
    // The neighbour's log has the neighbour's sign-in alone.
    assert_eq!(types(&other, filter).await, ["user.signed_in"]);
}

/// What the log says once it has so many entries of a kind; they are noted behind the answer.
async fn soon(client: &Client, kind: &str, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for _ in 0..200 {
        found = events(client, json!({"type": kind})).await;
        if found.len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    found
}

#[tokio::test]
async fn every_wrong_password_and_code_is_in_the_log_wherever_it_was_given() {
    let app = TestApp::start().await;
    let strict = app.second_node_with(|settings| settings.limits.address_hour = 1).await;
    let ana = app.sign_up("ana").await;
    let wrong = json!({"email": email("ana"), "password": "a wrong one", "name": "Ana", "workspace": "Evil"});
    assert_eq!(app.post("/auth/sign-up", wrong).await.code(), "EMAIL_TAKEN");
    // Who is sent away has tried nothing.
    let wrong = json!({"email": email("ana"), "password": "a wrong one"});
    strict.post("/auth/sign-in", wrong.clone()).await;
    assert_eq!(strict.post("/auth/sign-in", wrong).await.code(), "RATE_LIMITED");
    let start = "mutation($password: String!) { it: startTotp(password: $password) { secret userErrors { code } } }";
    let change = "mutation { it: changePassword(currentPassword: \"a wrong one\", newPassword: \"another-boat-of-8\") { userErrors { code } } }";
    for (mutation, variables) in [(start, json!({"password": "a wrong one"})), (change, Value::Null)] {
        assert_eq!(ana.data(mutation, variables).await["it"]["userErrors"][0]["code"], "WRONG_PASSWORD");
    }
    let started = ana.data(start, json!({"password": crate::support::PASSWORD})).await["it"].clone();
    let phone = crate::support::Authenticator::of(started["secret"].as_str().expect("a secret"));
    let confirm = "mutation($code: String!) { it: confirmTotp(code: $code) { recoveryCodes userErrors { code } } }";
    let confirmed = ana.data(confirm, json!({"code": phone.code(0)})).await["it"].clone();
    let disable = "mutation($password: String!) { it: disableTotp(password: $password, code: \"000000\") { userErrors { code } } }";
    let refused = ana.data(disable, json!({"password": crate::support::PASSWORD})).await;
    assert_eq!(refused["it"]["userErrors"][0]["code"], "INVALID_CODE");

    let failed = soon(&ana, "user.sign_in_failed", 5).await;
    let mut why: Vec<_> = failed.iter().map(|event| event["details"]["reason"].as_str().expect("a reason")).collect();
    why.sort_unstable();
    assert_eq!(why, ["INVALID_CODE", "INVALID_CREDENTIALS", "INVALID_CREDENTIALS", "WRONG_PASSWORD", "WRONG_PASSWORD"]);

    let challenge = app.sign_in("ana", None).await.body["error"]["challenge"].clone();
    let code = confirmed["recoveryCodes"][0].clone();
    assert_eq!(app.post("/auth/totp", json!({"challenge": challenge, "code": code})).await.status, 200);
    assert_eq!(soon(&ana, "second_factor.recovery_code_used", 1).await.len(), 1);

    // And of what is right, all that changes the factor.
    let codes = &confirmed["recoveryCodes"];
    for (mutation, code) in [("regenerateRecoveryCodes", &codes[1]), ("disableTotp", &Value::Null)] {
        let latest = code.as_str().map_or_else(|| phone.code(1), str::to_owned);
        let ask = format!(
            "mutation($password: String!, $code: String!) {{ it: {mutation}(password: $password, code: $code) {{ userErrors {{ code }} }} }}"
        );
        let done = ana.data(&ask, json!({"password": crate::support::PASSWORD, "code": latest})).await;
        assert_eq!(done["it"]["userErrors"], json!([]), "{mutation}");
    }
    let told = soon(&ana, "second_factor.*", 5).await;
    let mut kinds: Vec<_> =
        told.iter().filter_map(|event| event["type"].as_str()?.strip_prefix("second_factor.")).collect();
    kinds.sort_unstable();
    // A recovery code was spent for the new ones as well.
    let wanted = ["disabled", "enabled", "recovery_code_used", "recovery_code_used", "recovery_codes_renewed"];
    assert_eq!(kinds, wanted);
}

#[tokio::test]
async fn a_session_that_ended_by_a_token_used_twice_is_told_of_once() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.client(&app.sign_in("ana", None).await.body);
    let refresh = async |token: &str| app.post("/auth/refresh", json!({"refreshToken": token})).await;
    let next = app.client(&refresh(&other.refresh_token).await.body);
    assert_eq!(refresh(&next.refresh_token).await.status, 200);
    for _ in 0..4 {
        assert_eq!(refresh(&other.refresh_token).await.status, 401);
    }
    // Noted behind the last of them.
    app.post("/auth/sign-in", json!({"email": email("ana"), "password": "not the password"})).await;
    assert_eq!(soon(&ana, "user.sign_in_failed", 1).await.len(), 1);
    assert_eq!(soon(&ana, "session.revoked", 1).await.len(), 1);
}

#[tokio::test]
async fn a_new_password_and_the_sessions_that_it_ends_are_in_the_log() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let second = app.client(&app.sign_in("ana", None).await.body);
    let change = "mutation($old: String!) { changePassword(currentPassword: $old, newPassword: \"another-boat-of-8\") { userErrors { code } } }";
    let changed = ana.data(change, json!({"old": crate::support::PASSWORD})).await;
    assert_eq!(changed["changePassword"]["userErrors"], json!([]));
    second.is_refused_within(Duration::from_secs(5)).await;
    let of_both = async || {
        let mut kinds = types(&ana, json!({"type": "password.*"})).await;
        kinds.extend(types(&ana, json!({"type": "session.*"})).await);
        kinds
    };
    let mut found = of_both().await;
    for _ in 0..100 {
        if found.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = of_both().await;
    }
    assert_eq!(found, ["password.changed", "session.revoked"]);
    let revoked = events(&ana, json!({"type": "session.revoked"})).await.remove(0);
    assert_eq!(revoked["details"]["reason"], "PASSWORD_CHANGED");
}

#[tokio::test]
async fn invitations_are_in_the_log() {
    let (app, mails) = TestApp::with_mail().await;
    let owner = app.sign_up("ana").await;
    let verify = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": verify})).await.status, 204);
    let rep = "00000000-0000-7000-8000-000000000004";
    let invite = "mutation($email: String!, $role: ID!) { inviteMember(input: {email: $email, roleIds: [$role], name: \"Ben\"}) \
        { invitation { id } userErrors { code } } }";
    let invited = owner.data(invite, json!({"email": email("ben"), "role": rep})).await;
    let id = invited["inviteMember"]["invitation"]["id"].clone();
    mails.next_to(&email("ben")).await;
    for act in ["resendInvitation", "revokeInvitation"] {
        let done = owner
            .data(&format!("mutation($id: ID!) {{ {act}(id: $id) {{ userErrors {{ code }} }} }}"), json!({"id": id}))
            .await;
        assert_eq!(done[act]["userErrors"], json!([]));
    }
    mails.next_to(&email("ben")).await;
    owner.data(invite, json!({"email": email("ben"), "role": rep})).await;
    let token = mails.next_to(&email("ben")).await.token("invite");
    let accepted =
        app.post("/auth/accept-invitation", json!({"token": token, "password": crate::support::PASSWORD})).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);

    let told = events(&owner, json!({"type": "invitation.*"})).await;
    let kinds: Vec<_> = told.iter().rev().map(|event| event["type"].as_str().expect("a type")).collect();
    assert_eq!(
        kinds,
        ["invitation.sent", "invitation.resent", "invitation.revoked", "invitation.sent", "invitation.accepted"]
    );
    assert_eq!((&told[4]["details"]["email"], &told[4]["details"]["roles"]), (&json!(email("ben")), &json!([rep])));
    let ana = owner.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    assert_eq!((&told[4]["actor"]["id"], &told[4]["address"]), (&ana, &json!("127.0.0.1")));
    assert_eq!((&told[0]["details"]["roles"], &told[0]["actor"]["name"]), (&json!([rep]), &json!("Ben")));
    assert_eq!(types(&owner, json!({"type": "email.*"})).await, ["email.verified"]);
}
