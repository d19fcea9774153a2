//! Nobody sends mail through us that its readers did not ask for.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{act, verified};
use crate::support::{PASSWORD, TestApp, email};

const REP: &str = "00000000-0000-7000-8000-000000000004";
const INVITE: &str =
    "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { id } userErrors { code } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeInvitation(id: $id) { userErrors { code } } }";

fn invitation(address: &str) -> Value {
    json!({"input": {"email": address, "roleIds": [REP]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_gets_a_few_invitations_however_many_are_sent_at_once() {
    let (app, mails) = TestApp::with_mail().await;
    let mut owners = Vec::new();
    for at in 0..9 {
        owners.push(verified(&app, &mails, &format!("owner{at}")).await);
    }
    let sent = join_all(owners.iter().map(|owner| act(owner, INVITE, invitation("victim@example.org")))).await;
    let refused = sent.iter().filter(|(_, code)| code == "TOO_MANY_MAILS").count();
    assert_eq!((refused, sent.iter().filter(|(_, code)| code.is_empty()).count()), (4, 5));
    // Nothing is left of those that were refused.
    let open = app.sql("SELECT count(*) FROM control.invitations").await.expect("SQL");
    assert_eq!(open, [[Some("5".to_owned())]]);
}

#[tokio::test]
async fn invitations_are_limited_by_person_and_by_workspace() {
    let (app, mails) = TestApp::with_mail().await;
    let ana = verified(&app, &mails, "ana").await;
    let strict = app.second_node_with(|settings| settings.limits.invitation_hour = 3).await;
    let at = ana.at(&strict.url(""));
    let mut seen = Vec::new();
    for number in 0..4 {
        let (payload, code) = act(&at, INVITE, invitation(&format!("guest{number}@example.org"))).await;
        // To take one back makes no room for another.
        if let Some(id) = payload["invitation"]["id"].as_str() {
            act(&at, REVOKE, json!({"id": id})).await;
        }
        seen.push(code);
    }
    assert_eq!(seen, ["", "", "", "RATE_LIMITED"]);
    // By a further workspace they send no more.
    let further = app.sign_up_to("ana", "Another").await.at(&strict.url(""));
    assert_eq!(act(&further, INVITE, invitation("guest9@example.org")).await.1, "RATE_LIMITED");
}

#[tokio::test]
async fn what_people_call_themselves_carries_no_link_and_is_in_no_mail_to_strangers() {
    let (app, mails) = TestApp::with_mail().await;
    let sign_up = async |name: &str, workspace: &str| {
        let body = json!({"email": email("ana"), "password": PASSWORD, "name": name, "workspace": workspace});
        app.post("/auth/sign-up", body).await
    };
    for name in ["You won: https://evil.example", "Look at www.evil.example", "Ana\u{202e}evil", "\u{3164}"] {
        assert_eq!(sign_up(name, "Acme").await.code(), "INVALID_NAME", "{name}");
        assert_eq!(sign_up("Ana", name).await.code(), "INVALID_WORKSPACE", "{name}");
    }
    assert_eq!(sign_up("You won a prize", "Acme").await.status, 200);
    let mail = mails.next_to(&email("ana")).await;
    assert!(!mail.body().contains("You won a prize"), "{}", mail.body());
    let token = mail.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    assert_eq!(app.post("/auth/forgot-password", json!({"email": email("ana")})).await.status, 202);
    assert!(mails.next_to(&email("ana")).await.body().contains("Hello You won a prize"));
}
