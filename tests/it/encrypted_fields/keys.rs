//! Master keys: none, another one, the next one.

use std::{path::Path, process::Output};

use rapport_tenancy::testing::{MASTER_KEY, master_keys};
use serde_json::{Value, json};

use super::{create, define, found, try_to_define};
use crate::support::{Client, TestApp, schema_of};

const NEXT: &str = "next:bmV4dCwgdGVzdHMgYWxvbmUgdXNlIHRoaXMga2V5ISE=";

#[tokio::test]
async fn without_a_master_key_nothing_is_encrypted_and_all_else_goes_on() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    create(&ana, json!([{"lastName": "One", "pin": "Zanzibar"}])).await;
    let refused = |client: Client| async move {
        let answer = client.graphql("{ contacts { nodes { lastName pin } } }", Value::Null).await;
        assert_eq!(answer.body["data"]["contacts"]["nodes"], json!([{"lastName": "One", "pin": null}]));
        assert_eq!(answer.body["errors"][0]["path"], json!(["contacts", "nodes", 0, "pin"]));
        assert_eq!(answer.code(), "ENCRYPTION_UNAVAILABLE");
        for query in [
            "{ contacts(filter: {pin: {eq: \"Zanzibar\"}}) { totalCount } }",
            "mutation { createContact(input: {lastName: \"Two\", pin: \"Oruro\"}) { contact { id } } }",
        ] {
            let answer = client.graphql(query, Value::Null).await;
            assert_eq!((answer.status, answer.code()), (200, "ENCRYPTION_UNAVAILABLE"), "{query} {}", answer.body);
        }
        let plain = "mutation { updateContacts(filter: {lastName: {eq: \"One\"}}, input: {title: \"Dr\"}) { results { userErrors { code } contact { title } } } }";
        assert_eq!(client.data(plain, Value::Null).await["updateContacts"]["results"][0]["contact"]["title"], "Dr");
        assert_eq!(found(&client, "{pin: {isNull: false}}").await, ["One"]);
    };
    let without = app.second_node_with(|settings| settings.tenancy.master_keys = None).await;
    refused(ana.at(&without.url(""))).await;
    let answer = try_to_define(&ana.at(&without.url("")), "tin", "type: TEXT, encrypted: true").await;
    let error = &answer["userErrors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("ENCRYPTION_UNAVAILABLE"), &json!(["input", "encrypted"])));
    let with_another = app.second_node_with(|settings| settings.tenancy.master_keys = Some(master_keys(NEXT))).await;
    refused(ana.at(&with_another.url(""))).await;
    assert_eq!(found(&ana, "{pin: {eq: \"Zanzibar\"}}").await, ["One"]);
}

#[tokio::test]
async fn a_wrapped_key_is_of_no_use_to_another_workspace() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    for client in [&ana, &ben] {
        define(client, "pin", "type: TEXT").await;
        create(client, json!([{"lastName": "One", "pin": "Zanzibar"}])).await;
    }
    let swap = format!(
        "UPDATE {}.data_key AS k SET wrapped = (SELECT wrapped FROM {}.data_key AS o WHERE o.id = k.id)",
        schema_of(&ana),
        schema_of(&ben)
    );
    app.sql(&swap).await.expect("swapped");
    let fresh = app.second_node().await;
    let answer = ana.at(&fresh.url("")).graphql("{ contacts { nodes { pin } } }", Value::Null).await;
    assert_eq!(answer.code(), "ENCRYPTION_UNAVAILABLE", "{}", answer.body);
    assert!(!answer.body.to_string().contains("Zanzibar"));
}

fn rapport(app: &TestApp, master: &str, arguments: &[&str]) -> Output {
    let mut command = crate::command::rapport(Path::new("/nowhere"));
    command.env("RAPPORT_DATABASE_URL", app.database.url()).env("RAPPORT_MASTER_KEY", master);
    command.args(arguments).output().expect("the binary runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_on_the_command_line() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    create(&ana, json!([{"lastName": "One", "pin": "Zanzibar"}])).await;
    let slug = ana.workspace["slug"].as_str().expect("a slug");

    let done = rapport(&app, MASTER_KEY, &["tenant", "rotate-key", slug]);
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(said, "1 values are sealed with the current key; 1 older keys are deleted.\n");
    let again = rapport(&app, MASTER_KEY, &["tenant", "rotate-key", slug, "--resume"]);
    assert!(again.status.success() && String::from_utf8_lossy(&again.stdout).starts_with("0 values"), "{again:?}");
    assert_eq!(found(&ana, "{pin: {eq: \"Zanzibar\"}}").await, ["One"]);

    // The next master key opens nothing by itself; beside the one before it takes the keys over, and then it is enough.
    let alone = rapport(&app, NEXT, &["rotate-master-key"]);
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
    assert!(String::from_utf8_lossy(&alone.stdout).contains("the master key tests is not known here"), "{alone:?}");
    let both = format!("{NEXT}\n{MASTER_KEY}");
    let done = rapport(&app, &both, &["rotate-master-key"]);
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        "4 data keys and 1 secrets of sign-in are wrapped anew.\n",
        "{done:?}"
    );
    let next = app.second_node_with(|settings| settings.tenancy.master_keys = Some(master_keys(NEXT))).await;
    let read = ana.at(&next.url("")).data("{ contacts { nodes { pin } } }", Value::Null).await;
    assert_eq!(read["contacts"]["nodes"], json!([{"pin": "Zanzibar"}]));
}
