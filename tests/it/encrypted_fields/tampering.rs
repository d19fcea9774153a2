//! Somebody with the database in their hands moves and changes values.

use serde_json::{Value, json};

use super::{create, define};
use crate::support::{Client, TestApp, schema_of};

/// What reads say: the data, and the place and the code of each error.
async fn read(client: &Client) -> (Value, Vec<(Value, Value)>) {
    let answer = client.graphql("{ contacts { nodes { lastName pin tin } } }", Value::Null).await;
    assert_eq!(answer.status, 200);
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    assert!(!answer.body["errors"].to_string().contains("Zanzibar"));
    let told = errors.iter().map(|error| (error["path"].clone(), error["extensions"]["code"].clone())).collect();
    (answer.body["data"]["contacts"]["nodes"].clone(), told)
}

#[tokio::test]
async fn a_value_that_was_moved_or_changed_is_unreadable_and_all_else_comes() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    for client in [&ana, &ben] {
        define(client, "pin", "type: TEXT").await;
        define(client, "tin", "type: TEXT").await;
    }
    let rows = json!([{"lastName": "One", "pin": "Zanzibar 1", "tin": "Zanzibar 2"}, {"lastName": "Two", "pin": "Zanzibar 3"}]);
    let ids = create(&ana, rows).await;
    create(&ben, json!([{"lastName": "His", "pin": "Zanzibar 1", "tin": "Zanzibar 2"}])).await;
    let (schema, neighbour) = (schema_of(&ana), schema_of(&ben));
    let (one, two) = (&ids[0], &ids[1]);
    let whole = app.sql(&format!("SELECT custom::text FROM {schema}.contact WHERE id = '{one}'")).await.expect("a row");
    let whole = whole.concat()[0].clone().expect("values");
    let (pin, tin) = (json!(["contacts", "nodes", 0, "pin"]), json!(["contacts", "nodes", 0, "tin"]));
    let unreadable = |path: &Value| vec![(path.clone(), json!("UNREADABLE"))];

    let set = |value: &str| format!("UPDATE {schema}.contact SET custom = {value} WHERE id = '{one}'");
    let changed = |path: &str, value: &str| set(&format!("jsonb_set(custom, '{path}', {value})"));
    let of = |schema: &str, key: &str, condition: &str| {
        format!("(SELECT custom->'{key}' FROM {schema}.contact WHERE {condition} LIMIT 1)")
    };
    for (what, sql, path) in [
        ("from another record", changed("{pin}", &of(&schema, "pin", &format!("id = '{two}'"))), &pin),
        ("from another field", changed("{pin}", "custom->'tin'"), &pin),
        ("from another workspace", changed("{pin}", &of(&neighbour, "pin", "true")), &pin),
        ("a key that is not there", changed("{pin,k}", "'99'"), &pin),
        ("the index key", changed("{pin,k}", "'1'"), &pin),
        ("another blind index", changed("{tin,b}", "custom->'pin'->'b'"), &tin),
        (
            "another letter",
            changed("{tin,c}", "to_jsonb(translate(custom->'tin'->>'c', 'abcdefghijklm', 'nopqrstuvwxyz'))"),
            &tin,
        ),
        ("a shorter text", changed("{tin,c}", "to_jsonb(left(custom->'tin'->>'c', 12))"), &tin),
        ("no base64", changed("{tin,c}", "'\"?\"'"), &tin),
        ("no object", changed("{tin}", "'\"plain\"'"), &tin),
        ("nothing of it", changed("{tin}", "'{}'"), &tin),
    ] {
        app.sql(&sql).await.expect(what);
        let (nodes, errors) = read(&ana).await;
        assert_eq!(errors, unreadable(path), "{what}");
        let key = path[3].as_str().expect("a key");
        assert_eq!(nodes[0][key], Value::Null, "{what}");
        assert_eq!((&nodes[0]["lastName"], &nodes[1]["pin"]), (&json!("One"), &json!("Zanzibar 3")), "{what}");
        app.sql(&set(&format!("'{whole}'"))).await.expect("as it was");
    }
    assert_eq!(read(&ana).await.1, []);

    // Another field of a damaged record can be written, and the damaged one: that repairs it, even with the same value.
    app.sql(&changed("{pin,c}", "to_jsonb(left(custom->'pin'->>'c', 12))")).await.expect("damaged");
    let update = "mutation($id: ID!, $input: ContactUpdateInput!) { updateContact(id: $id, input: $input) { contact { title pin } userErrors { code } } }";
    let answer = ana.graphql(update, json!({"id": one, "input": {"title": "Dr"}})).await;
    assert_eq!(
        answer.body["data"]["updateContact"],
        json!({"contact": {"title": "Dr", "pin": null}, "userErrors": []})
    );
    assert_eq!(answer.body["errors"][0]["path"], json!(["updateContact", "contact", "pin"]));
    assert_eq!(answer.code(), "UNREADABLE");
    let repaired = ana.data(update, json!({"id": one, "input": {"pin": "Zanzibar 1"}})).await;
    assert_eq!(repaired["updateContact"]["contact"], json!({"title": "Dr", "pin": "Zanzibar 1"}));
    assert_eq!(read(&ana).await.1, []);
}

#[tokio::test]
async fn a_value_of_another_object_does_not_open_and_errors_have_their_place_in_every_shape() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    let own = "mutation { createObject(input: {name: \"Badge\", plural: \"badges\"}) { userErrors { code } } \
        member: createField(object: \"Badge\", input: {name: \"member\", type: RELATION, target: \"Contact\", inverse: \"badges\"}) { userErrors { code } } \
        pin: createField(object: \"Badge\", input: {name: \"pin\", type: TEXT, encrypted: true}) { userErrors { code } } }";
    ana.data(own, Value::Null).await;
    let contact = create(&ana, json!([{"lastName": "One", "pin": "Zanzibar"}])).await.remove(0);
    let badge = "mutation($id: ID!) { createBadge(input: {name: \"b\", memberId: $id, pin: \"Oruro\"}) { badge { id pin member { pin } } } }";
    let made = ana.data(badge, json!({"id": contact})).await["createBadge"]["badge"].clone();
    assert_eq!((&made["pin"], &made["member"]["pin"]), (&json!("Oruro"), &json!("Zanzibar")));
    let schema = schema_of(&ana);
    // With the same id and the same field.
    let moved = format!(
        "UPDATE {schema}.custom_record SET id = '{contact}', custom = jsonb_set(custom, '{{pin}}', (SELECT custom->'pin' FROM {schema}.contact))"
    );
    app.sql(&moved).await.expect("moved");
    let query =
        "{ badge(id: $id) { lock: pin } badges { edges { node { pin member { badges { nodes { pin } } pin } } } } \
        contacts { nodes { pin badges { nodes { pin } } } } }"
            .replace("$id", &format!("\"{contact}\""));
    let answer = ana.graphql(&query, Value::Null).await;
    let errors = answer.body["errors"].as_array().cloned().expect("errors");
    let paths: Vec<Value> = errors.iter().map(|error| error["path"].clone()).collect();
    assert_eq!(
        paths,
        [
            json!(["badge", "lock"]),
            json!(["badges", "edges", 0, "node", "pin"]),
            json!(["badges", "edges", 0, "node", "member", "badges", "nodes", 0, "pin"]),
            json!(["contacts", "nodes", 0, "badges", "nodes", 0, "pin"]),
        ]
    );
    assert_eq!(answer.body["data"]["contacts"]["nodes"][0]["pin"], "Zanzibar");
    assert_eq!(answer.body["data"]["badges"]["edges"][0]["node"]["member"]["pin"], "Zanzibar");
}
