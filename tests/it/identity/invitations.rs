use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::{act, forged, is_invalid_token, verified};
use crate::support::{Client, PASSWORD, SmtpServer, TestApp, email};

const OWNER: &str = "00000000-0000-7000-8000-000000000001";
const REP: &str = "00000000-0000-7000-8000-000000000004";
const INVITE: &str = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) {
    invitation { id email name roleIds teamId invitedBy state } userErrors { code field message } } }";
const RESEND: &str = "mutation($id: ID!) { resendInvitation(id: $id) { invitation { id } userErrors { code field } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeInvitation(id: $id) { invitation { id } userErrors { code field } } }";
const LIST: &str = "{ invitations { id email state } }";

async fn invite(owner: &Client, address: &str) -> (Value, String) {
    act(owner, INVITE, json!({"input": {"email": address, "name": "Ben Kaya", "roleIds": [REP]}})).await
}

async fn invited(owner: &Client, mails: &SmtpServer, name: &str) -> (String, String) {
    let (payload, code) = invite(owner, &email(name)).await;
    assert_eq!(code, "", "{payload}");
    let id = payload["invitation"]["id"].as_str().expect("an id").to_owned();
    (id, mails.next_to(&email(name)).await.token("invite"))
}

#[tokio::test]
async fn who_is_invited_joins_by_the_link_and_chooses_a_password() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;

    let (payload, _) = invite(&ana, " Ben@Example.com ").await;

    let invitation = &payload["invitation"];
    assert_eq!(invitation["email"], "ben@example.com");
    assert_eq!((&invitation["roleIds"], &invitation["invitedBy"]), (&json!([REP]), &json!("ana")));
    let mail = mails.next_to("ben@example.com").await;
    assert_eq!(mail.header("subject"), "ana invites you to ana's workspace");
    let token = mail.token("invite");
    let shown = app.post("/auth/invitation", json!({"token": token})).await;
    assert_eq!(
        shown.body,
        json!({"email": "ben@example.com", "name": "Ben Kaya", "workspace": "ana's workspace", "inviter": "ana", "hasAccount": false})
    );

    let weak = app.post("/auth/accept-invitation", json!({"token": token, "password": "benkaya1"})).await;
    assert_eq!((weak.status, weak.code(), weak.field()), (422, "WEAK_PASSWORD", "password"));
    let none = app.post("/auth/accept-invitation", json!({"token": token})).await;
    assert_eq!((none.status, none.code()), (422, "PASSWORD_REQUIRED"));
    let joined = app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await;

    assert_eq!((joined.status, &joined.body["workspace"]), (200, &ana.workspace), "{}", joined.body);
    let ben = app.client(&joined.body);
    let me = ben.data("{ me { name email emailVerified workspaces { id } } }", Value::Null).await;
    assert_eq!((&me["me"]["name"], &me["me"]["emailVerified"]), (&json!("Ben Kaya"), &json!(true)));
    assert_eq!(me["me"]["workspaces"].as_array().map(Vec::len), Some(1));
    let users = ana.data("{ users { nodes { name email } } }", Value::Null).await;
    assert!(users.to_string().contains("ben@example.com"), "{users}");
    assert_eq!(app.sign_in("ben", None).await.status, 200);
    assert_eq!(ana.data(LIST, Value::Null).await["invitations"], json!([]));
    is_invalid_token(&app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await);
}

#[tokio::test]
async fn who_has_an_account_proves_it_and_nobody_joins_without() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let ben = app.sign_up("ben").await;
    mails.next_to(&email("ben")).await;
    let (_, token) = invited(&ana, &mails, "ben").await;
    assert_eq!(app.post("/auth/invitation", json!({"token": token})).await.body["hasAccount"], true);

    let wrong = app.post("/auth/accept-invitation", json!({"token": token, "password": "another-password"})).await;
    assert_eq!((wrong.status, wrong.code(), wrong.field()), (401, "WRONG_PASSWORD", "password"));
    assert_eq!(
        ben.data("{ me { workspaces { id } } }", Value::Null).await["me"]["workspaces"].as_array().map(Vec::len),
        Some(1)
    );

    let accept = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { accessToken refreshToken expiresIn workspace { id slug name } userErrors { code } } }";
    let input = json!({"query": accept, "variables": {"input": {"token": token, "password": PASSWORD}}});
    let joined = app.post("/graphql", input).await.body["data"]["acceptInvitation"].clone();
    assert_eq!((&joined["workspace"], &joined["userErrors"]), (&ana.workspace, &json!([])), "{joined}");
    let there = app.client(&joined).data("{ me { roles { key } emailVerified workspaces { id } } }", Value::Null).await;
    assert_eq!((&there["me"]["roles"], &there["me"]["emailVerified"]), (&json!([{"key": "REP"}]), &json!(true)));
    assert_eq!(there["me"]["workspaces"].as_array().map(Vec::len), Some(2));
    let (_, code) = invite(&ana, &email("ben")).await;
    assert_eq!(code, "ALREADY_MEMBER");
}

#[tokio::test]
async fn a_link_that_is_no_good_answers_alike_whatever_is_wrong_with_it() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let (id, first) = invited(&ana, &mails, "ben").await;
    let accept =
        async |token: &str| app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await;

    for token in forged(&first) {
        is_invalid_token(&accept(&token).await);
        is_invalid_token(&app.post("/auth/invitation", json!({"token": token})).await);
    }
    // Sent again: the link before is dead.
    assert_eq!(act(&ana, RESEND, json!({"id": id})).await.1, "");
    let second = mails.next_to(&email("ben")).await.token("invite");
    is_invalid_token(&accept(&first).await);
    // Expired.
    let expire = "UPDATE control.invitations SET expires_at = now() - interval '1 second'";
    app.sql(expire).await.expect("SQL");
    is_invalid_token(&accept(&second).await);
    assert_eq!(ana.data(LIST, Value::Null).await["invitations"][0]["state"], "EXPIRED");
    // One that expired gives way to another.
    let (id, third) = invited(&ana, &mails, "ben").await;
    // Of another kind.
    is_invalid_token(&app.post("/auth/reset-password", json!({"token": third, "password": PASSWORD})).await);
    is_invalid_token(&app.post("/auth/verify-email", json!({"token": third})).await);
    // Revoked.
    assert_eq!(act(&ana, REVOKE, json!({"id": id})).await.1, "");
    is_invalid_token(&accept(&third).await);
    assert_eq!(act(&ana, REVOKE, json!({"id": id})).await.1, "NOT_FOUND");
    assert_eq!(app.sign_in("ben", None).await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn of_many_who_accept_at_once_one_does() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let (_, token) = invited(&ana, &mails, "ben").await;
    let accept = || app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD}));

    let answers = futures::future::join_all((0..8).map(|_| accept())).await;

    let joined = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(joined, 1, "{answers:?}");
    let people = app.sql("SELECT count(*) FROM control.people WHERE email = 'ben@example.com'").await.expect("SQL");
    assert_eq!(people, [[Some("1".to_owned())]]);
    assert!(answers.iter().all(|answer| [200, 401, 422].contains(&answer.status)), "{answers:?}");
}

#[tokio::test]
async fn an_invitation_that_cannot_be_says_why_and_is_not_written() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = app.sign_up("ana").await;
    let token = mails.next_to(&email("ana")).await.token("verify-email");
    assert_eq!(invite(&ana, "ben@example.com").await.1, "EMAIL_NOT_VERIFIED");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);

    let team = "0197b1a0-0000-7000-8000-000000000000";
    for (input, code, field) in [
        (json!({"email": "ben", "roleIds": [REP]}), "INVALID_EMAIL", json!(["input", "email"])),
        (
            json!({"email": "ben@example.com\r\nBcc: eve@example.com", "roleIds": [REP]}),
            "INVALID_EMAIL",
            json!(["input", "email"]),
        ),
        (json!({"email": "ben@example.com", "roleIds": []}), "ROLE_REQUIRED", json!(["input", "roleIds"])),
        (json!({"email": "ben@example.com", "roleIds": [REP, team]}), "NOT_FOUND", json!(["input", "roleIds", "1"])),
        (
            json!({"email": "ben@example.com", "roleIds": [REP], "teamId": team}),
            "NOT_FOUND",
            json!(["input", "teamId"]),
        ),
        (
            json!({"email": "ben@example.com", "roleIds": [REP], "name": "a\nb"}),
            "INVALID_NAME",
            json!(["input", "name"]),
        ),
        (json!({"email": "ana@example.com", "roleIds": [REP]}), "ALREADY_MEMBER", json!(["input", "email"])),
    ] {
        let (payload, found) = act(&ana, INVITE, json!({"input": input})).await;
        assert_eq!((found.as_str(), &payload["userErrors"][0]["field"]), (code, &field), "{input}");
        assert!(payload["invitation"].is_null());
    }
    assert_eq!(ana.data(LIST, Value::Null).await["invitations"], json!([]));
    invited(&ana, &mails, "ben").await;
    assert_eq!(invite(&ana, "BEN@example.com").await.1, "ALREADY_INVITED");

    // Of another workspace.
    let eve = verified(&app, &mails, "eve").await;
    let id = ana.data(LIST, Value::Null).await["invitations"][0]["id"].clone();
    assert_eq!(eve.data(LIST, Value::Null).await["invitations"], json!([]));
    for mutation in [RESEND, REVOKE] {
        assert_eq!(act(&eve, mutation, json!({"id": id})).await.1, "NOT_FOUND");
    }
    assert_eq!(mails.mails().iter().filter(|mail| mail.to == ["ben@example.com"]).count(), 1);
}

#[tokio::test]
async fn an_owner_makes_an_owner_and_a_member_nobody() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let (payload, code) = act(&ana, INVITE, json!({"input": {"email": email("ben"), "roleIds": [OWNER]}})).await;
    assert_eq!(code, "", "{payload}");
    let token = mails.next_to(&email("ben")).await.token("invite");
    let input = json!({"token": token, "password": PASSWORD, "name": "Ben"});
    let ben = app.client(&app.post("/auth/accept-invitation", input).await.body);
    assert_eq!(ben.data("{ me { roles { key } } }", Value::Null).await["me"]["roles"], json!([{"key": "OWNER"}]));

    let cleo = app.member_of(&ana, "cleo").await;
    let asked = cleo.graphql(INVITE, json!({"input": {"email": email("dan"), "roleIds": [REP]}})).await;
    assert_eq!(asked.code(), "GRAPHQL_VALIDATION_FAILED", "{}", asked.body);
    assert_eq!(cleo.graphql(LIST, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn without_a_mail_server_nobody_is_invited_and_all_else_works() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    assert_eq!(invite(&ana, &email("ben")).await.1, "MAIL_UNAVAILABLE");
    let forgot = app.post("/auth/forgot-password", json!({"email": email("ana")})).await;
    assert_eq!((forgot.status, forgot.code()), (503, "MAIL_UNAVAILABLE"));
    assert_eq!(app.sql("SELECT 1 FROM control.mails").await.expect("SQL").len(), 0);
}

#[tokio::test]
async fn who_is_shut_out_lets_nobody_in() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let cat = app.member_with(&ana, "cat", &[BuiltInRole::Admin.id()]).await;
    let link = mails.next_to(&email("cat")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": link})).await.status, 204);
    let id = cat.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    for end in ["deactivateMember", "removeMember"] {
        let cat = app.client(&app.sign_in("cat", ana.workspace["slug"].as_str()).await.body);
        let (_, token) = invited(&cat, &mails, "dan").await;
        let end = format!("mutation($id: ID!) {{ {end}(userId: $id) {{ userErrors {{ code }} }} }}");
        assert_eq!(act(&ana, &end, json!({"id": id})).await.1, "");

        is_invalid_token(&app.post("/auth/invitation", json!({"token": token})).await);
        is_invalid_token(&app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await);
        assert_eq!(ana.data(LIST, Value::Null).await["invitations"], json!([]));
        let set_free = "mutation($id: ID!) { reactivateMember(userId: $id) { userErrors { code } } }";
        act(&ana, set_free, json!({"id": id})).await;
        is_invalid_token(&app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await);
    }
    // The address can be invited anew.
    invited(&ana, &mails, "dan").await;
}

#[tokio::test]
async fn a_link_gives_no_more_than_whoever_sent_it_may_give_still() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let ben = app.member_with(&ana, "ben", &[BuiltInRole::Admin.id()]).await;
    let verify = mails.next_to(&email("ben")).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": verify})).await.status, 204);
    let admin = BuiltInRole::Admin.id().to_string();
    let ask = json!({"input": {"email": email("cleo"), "name": "Cleo", "roleIds": [admin]}});
    let (payload, code) = act(&ben, INVITE, ask).await;
    assert_eq!(code, "", "{payload}");
    let token = mails.next_to(&email("cleo")).await.token("invite");
    assert_eq!(app.post("/auth/invitation", json!({"token": token})).await.status, 200);

    let me = ben.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    let demote = "mutation($id: ID!, $role: ID!) { setRoles(userId: $id, roleIds: [$role]) { userErrors { code } } }";
    assert_eq!(ana.data(demote, json!({"id": me, "role": REP})).await["setRoles"]["userErrors"], json!([]));
    is_invalid_token(&app.post("/auth/invitation", json!({"token": token})).await);
    is_invalid_token(&app.post("/auth/accept-invitation", json!({"token": token, "password": PASSWORD})).await);
}
