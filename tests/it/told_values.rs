//! Values that are told of beside records: clashes of an index, conversions, imports. They are for whoever may read them all.

use rapport_domain::rights::{Administration, FieldAccess, Level, ObjectRights, RoleRights};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const IMPORT: &str = "query($id: ID!) { import(id: $id) { id rows { nodes { record } } } }";

async fn scene() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let field = "mutation { createField(object: \"Contact\", input: {name: \"badge\", label: \"Badge\", type: TEXT, restricted: true}) { userErrors { message } } }";
    assert_eq!(ana.data(field, Value::Null).await["createField"]["userErrors"], json!([]));
    let create =
        "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { outcome } } }";
    let inputs = json!([{"lastName": "One", "badge": "same"}, {"lastName": "Two", "badge": "same"}]);
    ana.data(create, json!({"inputs": inputs})).await;
    (app, ana)
}

/// Somebody who shapes the workspace, reads contacts this far, and restricted fields where it says so.
async fn architect(app: &TestApp, ana: &Client, name: &str, read: Level, restricted: bool) -> Client {
    let contact = ObjectRights { read, ..ObjectRights::default() };
    let access = if restricted { FieldAccess::Read } else { FieldAccess::None };
    let rights = RoleRights {
        objects: [("contact".into(), contact)].into(),
        restricted_fields: access,
        administration: [Administration::Metadata].into(),
        ..RoleRights::default()
    };
    let role = app.role(ana, name, &rights).await;
    app.member_with(ana, name, &[role]).await
}

async fn clashes(client: &Client) -> Value {
    let ask = "{ object(name: \"Contact\") { fields { name indexState indexClashes { value records } } } }";
    let fields = client.data(ask, Value::Null).await["object"]["fields"].take();
    let badge = fields.as_array().expect("fields").iter().find(|field| field["name"] == "badge").cloned();
    badge.unwrap_or_default()
}

#[tokio::test]
async fn clashes_and_conversions_tell_values_only_to_who_reads_all_of_them() {
    let (app, ana) = scene().await;
    let all = architect(&app, &ana, "all", Level::All, true).await;
    let own = architect(&app, &ana, "own", Level::Own, true).await;
    let blind = architect(&app, &ana, "blind", Level::All, false).await;
    let unique = "mutation { updateField(object: \"Contact\", name: \"badge\", input: {unique: true}) { userErrors { message } } }";
    assert_eq!(ana.data(unique, Value::Null).await["updateField"]["userErrors"], json!([]));
    for _ in 0..400 {
        if clashes(&ana).await["indexState"] == "FAILED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let told = clashes(&ana).await["indexClashes"].clone();
    assert_eq!(told[0]["value"], "same", "{told}");
    assert_eq!(clashes(&all).await["indexClashes"], told);
    assert_eq!(clashes(&own).await["indexClashes"], json!([]));
    assert_eq!(clashes(&blind).await, Value::Null);

    let preview = "{ it: previewConversion(object: \"Contact\", name: \"badge\", input: {type: NUMBER}) { failures { value } userErrors { code } } }";
    assert_eq!(all.data(preview, Value::Null).await["it"]["failures"][0]["value"], "same");
    let convert = "mutation { it: convertField(object: \"Contact\", name: \"badge\", input: {type: NUMBER}) { conversion { id } userErrors { code } } }";
    for client in [&own, &blind] {
        let refused = json!([{"code": "FORBIDDEN"}]);
        let preview = client.data(preview, Value::Null).await["it"].take();
        assert_eq!((&preview["failures"], &preview["userErrors"]), (&json!([]), &refused));
        assert_eq!(client.data(convert, Value::Null).await["it"], json!({"conversion": null, "userErrors": refused}));
    }
    let started = ana.data(convert, Value::Null).await["it"]["conversion"]["id"].clone();
    let ask = "query($id: ID!) { it: conversion(id: $id) { id } }";
    for (client, there) in [(&ana, true), (&all, true), (&own, false), (&blind, false)] {
        assert_eq!(client.data(ask, json!({"id": started})).await["it"].is_object(), there);
    }
}

#[tokio::test]
async fn nobody_shows_others_what_they_cannot_read() {
    let (app, ana) = scene().await;
    let blind = architect(&app, &ana, "blind", Level::All, false).await;
    let all = architect(&app, &ana, "all", Level::All, true).await;
    let show = "mutation { it: updateField(object: \"Contact\", name: \"badge\", input: {restricted: false}) { userErrors { code field } } }";
    let refused = json!({"userErrors": [{"code": "BEYOND_YOURS", "field": ["input", "restricted"]}]});
    assert_eq!(blind.data(show, Value::Null).await["it"], refused);
    assert_eq!(clashes(&blind).await, Value::Null);
    assert_eq!(all.data(show, Value::Null).await["it"], json!({"userErrors": []}));
    assert!(clashes(&blind).await.is_object());
}

#[tokio::test]
async fn an_import_is_for_who_started_it_and_who_reads_everything() {
    let (app, ana) = scene().await;
    let importer =
        ObjectRights { create: true, import: true, read: Level::All, update: Level::All, ..ObjectRights::default() };
    let role = app.role(&ana, "Importer", &RoleRights { others: importer, ..RoleRights::default() }).await;
    let (ben, cat) = (app.member_with(&ana, "ben", &[role]).await, app.member_with(&ana, "cat", &[role]).await);
    let start = "mutation($input: StartImportInput!) { it: startImport(input: $input) { import { id } userErrors { message } } }";
    let started = ben.data(start, json!({"input": crate::isolation::cases::import_of("one")})).await["it"].take();
    let id = started["import"]["id"].clone();
    assert!(id.is_string(), "{started}");
    for _ in 0..400 {
        let state = ben.data("query($id: ID!) { import(id: $id) { state } }", json!({"id": id})).await;
        if state["import"]["state"] != "RUNNING" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(ben.data(IMPORT, json!({"id": id})).await["import"]["id"], id);
    assert_eq!(ana.data(IMPORT, json!({"id": id})).await["import"]["id"], id);
    assert_eq!(cat.data(IMPORT, json!({"id": id})).await["import"], Value::Null);
    for operation in ["cancelImport", "undoImport"] {
        let act =
            format!("mutation($id: ID!) {{ it: {operation}(id: $id) {{ import {{ state }} userErrors {{ code }} }} }}");
        let answer = cat.data(&act, json!({"id": id})).await["it"].take();
        assert_eq!(answer, json!({"import": null, "userErrors": [{"code": "NOT_FOUND"}]}), "{operation}");
    }
    assert_eq!(ben.data(IMPORT, json!({"id": id})).await["import"]["rows"]["nodes"].as_array().map(Vec::len), Some(1));
}
