//! Who people are, proved by mail: a real SMTP server takes what the gateway sends.

mod addresses;
mod delivery;
mod invitations;
mod mail_cannon;
mod passwords;
mod races;
mod squatters;

use serde_json::{Value, json};

use crate::support::{Answer, Client, SmtpServer, TestApp, email};

/// Somebody with a workspace of their own whose address is known to be theirs.
async fn verified(app: &TestApp, mails: &SmtpServer, name: &str) -> Client {
    let client = app.sign_up(name).await;
    let token = mails.next_to(&email(name)).await.token("verify-email");
    assert_eq!(app.post("/auth/verify-email", json!({"token": token})).await.status, 204);
    client
}

/// Does a mutation that answers with `userErrors`: the payload, and the code of the first, if any.
async fn act(client: &Client, mutation: &str, variables: Value) -> (Value, String) {
    let data = client.data(mutation, variables).await;
    let payload = data.as_object().and_then(|fields| fields.values().next()).cloned().expect("one field");
    let code = payload["userErrors"][0]["code"].as_str().unwrap_or_default().to_owned();
    (payload, code)
}

/// Every link that is no good answers alike.
fn is_invalid_token(answer: &Answer) {
    let error = &answer.body["error"];
    let seen = (answer.status, &error["code"], &error["field"], &error["message"]);
    let message = "This link is not valid any more; ask for a new one.";
    assert_eq!(seen, (422, &json!("INVALID_TOKEN"), &json!("token"), &json!(message)), "{}", answer.body);
}

/// Texts that were never in a link, with one that is cut and one that is too long.
fn forged(token: &str) -> Vec<String> {
    let middle = token.len() / 2;
    let swapped = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let mut changed = token.to_owned();
    changed.replace_range(middle..=middle, swapped);
    let cut = token[..token.len() - 1].to_owned();
    vec![changed, cut, format!("{token}A"), String::new(), "A".repeat(43), "'; DROP TABLE people; --".to_owned()]
}
