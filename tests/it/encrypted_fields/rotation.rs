//! New data keys, while records are read and written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use rapport_domain::reseal;
use serde_json::{Value, json};

use super::{create, define, found};
use crate::support::{Client, TestApp, schema_of};

async fn read(client: &Client) -> Vec<String> {
    let nodes =
        client.data("{ contacts(first: 200) { nodes { pin } } }", Value::Null).await["contacts"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().map(|node| node["pin"].as_str().expect("a value").to_owned()).collect()
}

/// Writes until it is told to stop.
async fn write(client: Client, name: &str, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) {
    let update = "mutation($filter: ContactFilter!, $pin: String) { updateContacts(filter: $filter, input: {pin: $pin}) { results { outcome userErrors { code } } } }";
    for turn in 0.. {
        let filter = json!({"lastName": {"eq": format!("{name} {}", turn % 5)}});
        let answer = client.data(update, json!({"filter": filter, "pin": format!("Zanzibar {name} {turn}")})).await;
        assert_eq!(answer["updateContacts"]["results"][0]["outcome"], "UPDATED", "{answer}");
        create(&client, json!([{"lastName": "new", "pin": format!("Zanzibar new {turn}")}])).await;
        done.fetch_add(1, SeqCst);
        if stop.load(SeqCst) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_while_two_nodes_read_and_write() {
    let app = TestApp::start().await;
    let other = app.second_node().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    define(&ana, "old", "type: TEXT").await;
    let rows = |name: &str| {
        (0..5)
            .map(|n| json!({"lastName": format!("{name} {n}"), "pin": format!("Zanzibar {name} x{n}")}))
            .collect::<Vec<_>>()
    };
    create(&ana, Value::from(rows("here"))).await;
    create(&ana, Value::from(rows("there"))).await;
    create(
        &ana,
        Value::from(
            (0..40)
                .map(|n| json!({"lastName": "still", "pin": format!("Zanzibar {n}"), "old": "Oruro"}))
                .collect::<Vec<_>>(),
        ),
    )
    .await;
    // Values of a field that is not in the graph need their key as well.
    let archive = "mutation { archiveField(object: \"Contact\", name: \"old\") { userErrors { code } } }";
    assert_eq!(ana.data(archive, Value::Null).await["archiveField"]["userErrors"], json!([]));

    let schema = schema_of(&ana);
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let there = ana.at(&other.url(""));
    let mut tasks = Vec::new();
    for (client, name) in [(ana.clone(), "here"), (there.clone(), "there")] {
        tasks.push(tokio::spawn(write(client.clone(), name, stop.clone(), done.clone())));
        let stop = stop.clone();
        tasks.push(tokio::spawn(async move {
            while !stop.load(SeqCst) {
                assert!(read(&client).await.iter().all(|pin| pin.starts_with("Zanzibar")));
            }
        }));
    }
    let scope = app.app.tenancy.system_scope(ana.workspace["slug"].as_str().expect("a slug")).await;
    let db = app.app.tenancy.open(&scope.expect("a database").expect("a workspace"));
    for _ in 0..3 {
        let seen = done.load(SeqCst);
        while done.load(SeqCst) < seen + 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let resealed = reseal::rotate(&db).await.expect("a rotation");
        assert_eq!((resealed.unreadable, resealed.keys_deleted), (0, 1), "{resealed:?}");
        assert!(resealed.values >= 80, "{resealed:?}");
    }
    stop.store(true, SeqCst);
    for task in tasks {
        task.await.expect("it did not fail");
    }

    // Those that signed the log stay, to verify it.
    let keys = format!("SELECT id, purpose, superseded_at FROM {schema}.data_key WHERE purpose <> 'AUDIT' ORDER BY id");
    let keys = app.sql(&keys).await.expect("keys");
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(keys, [[text("2"), text("INDEX"), None], [text("8"), text("SEAL"), None]]);
    let used = "SELECT DISTINCT custom->'pin'->>'k', coalesce(custom->'old'->>'k', '8') FROM";
    assert_eq!(app.sql(&format!("{used} {schema}.contact")).await.expect("keys"), [[text("8"), text("8")]]);
    // Nothing that a record says is another: those that nobody wrote are as they were.
    let still =
        format!("SELECT DISTINCT version, created_at = updated_at FROM {schema}.contact WHERE last_name = 'still'");
    assert_eq!(app.sql(&still).await.expect("rows"), [[text("1"), text("t")]]);
    for client in [&ana, &there] {
        assert_eq!(found(client, "{pin: {eq: \"Zanzibar 7\"}}").await, ["still"]);
    }
    let restore = "mutation { restoreField(object: \"Contact\", name: \"old\") { userErrors { code } } }";
    assert_eq!(ana.data(restore, Value::Null).await["restoreField"]["userErrors"], json!([]));
    let old = ana.data("{ contacts(filter: {old: {eq: \"Oruro\"}}) { totalCount nodes { old } } }", Value::Null).await;
    assert_eq!((&old["contacts"]["totalCount"], &old["contacts"]["nodes"][0]["old"]), (&json!(40), &json!("Oruro")));
}

#[tokio::test]
async fn a_key_stays_as_long_as_a_value_needs_it_and_a_rotation_is_taken_up_again() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    let ids = create(&ana, json!([{"lastName": "One", "pin": "Zanzibar"}, {"lastName": "Two", "pin": "Oruro"}])).await;
    let schema = schema_of(&ana);
    let scope = app.app.tenancy.system_scope(ana.workspace["slug"].as_str().expect("a slug")).await;
    let db = app.app.tenancy.open(&scope.expect("a database").expect("a workspace"));

    // Cut off after the new key was made; then a value is damaged.
    db.rotate_data_key().await.expect("a new key");
    assert_eq!(found(&ana, "{pin: {eq: \"Oruro\"}}").await, ["Two"]);
    app.sql(&format!(
        "UPDATE {schema}.contact SET custom = jsonb_set(custom, '{{pin,b}}', '\"?\"') WHERE id = '{}'",
        ids[0]
    ))
    .await
    .expect("damaged");
    let resealed = reseal::reseal(&db).await.expect("it goes on");
    assert_eq!((resealed.values, resealed.unreadable, resealed.keys_deleted), (1, 1, 0));
    assert_eq!(
        app.sql(&format!("SELECT count(*) FROM {schema}.data_key WHERE purpose <> 'AUDIT'"))
            .await
            .expect("keys")
            .concat(),
        [Some("3".to_owned())]
    );

    // Written anew, it needs the old key no more.
    let repair = "mutation($id: ID!) { updateContact(id: $id, input: {pin: \"Zanzibar\"}) { contact { pin } } }";
    assert_eq!(ana.data(repair, json!({"id": ids[0]})).await["updateContact"]["contact"]["pin"], "Zanzibar");
    let resealed = reseal::reseal(&db).await.expect("it ends");
    assert_eq!((resealed.values, resealed.unreadable, resealed.keys_deleted), (0, 0, 1));
    assert_eq!(read(&ana).await, ["Zanzibar", "Oruro"]);
}
