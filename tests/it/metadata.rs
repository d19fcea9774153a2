//! Owners shape their objects: what they define is in the graph at once, typed, for them alone.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const CREATE: &str = "mutation($object: String!, $input: CreateFieldInput!) { createField(object: $object, input: $input) {
    field { name label type options { value label } custom canWrite } metadataVersion userErrors { code field message } } }";

async fn create(client: &Client, object: &str, input: Value) -> Value {
    client.data(CREATE, json!({"object": object, "input": input})).await["createField"].take()
}

/// Runs `archiveField` and its like.
async fn act(client: &Client, act: &str, name: &str) -> Value {
    let mutation = format!(
        "mutation($name: String!) {{ {act}(object: \"Contact\", name: $name) {{ field {{ name }} metadataVersion userErrors {{ code }} }} }}"
    );
    client.data(&mutation, json!({"name": name})).await[act].take()
}

fn course() -> Value {
    json!({"name": "favouriteCourse", "label": "Favourite course", "type": "SELECT",
           "options": [{"value": "LINKS", "label": "Links", "color": "green"}, {"value": "PARKLAND", "label": "Parkland"}]})
}

#[tokio::test]
async fn a_new_field_is_typed_in_the_graph_at_once() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let before = ana.request(reqwest::Method::GET, "/graphql/schema").send().await.unwrap().text().await.unwrap();
    assert!(before.contains("type Contact {") && !before.contains("ContactFavouriteCourse"));

    let created = create(&ana, "Contact", course()).await;
    assert_eq!(created["userErrors"], json!([]));
    assert_eq!(
        created["field"],
        json!({"name": "favouriteCourse", "label": "Favourite course", "type": "SELECT", "custom": true, "canWrite": true,
               "options": [{"value": "LINKS", "label": "Links"}, {"value": "PARKLAND", "label": "Parkland"}]})
    );

    let sdl = ana.request(reqwest::Method::GET, "/graphql/schema").send().await.unwrap().text().await.unwrap();
    assert!(sdl.contains("favouriteCourse: ContactFavouriteCourse\n") && sdl.contains("enum ContactFavouriteCourse {"));
    let written = ana
        .data("mutation { createContact(input: { lastName: \"Ortiz\", favouriteCourse: LINKS }) { contact { favouriteCourse } userErrors { code } } }", Value::Null)
        .await;
    assert_eq!(written["createContact"], json!({"contact": {"favouriteCourse": "LINKS"}, "userErrors": []}));
    let found = ana
        .data("{ contacts(filter: { favouriteCourse: { in: [LINKS] } }, orderBy: [{ favouriteCourse: ASC }]) { nodes { lastName } }
                 contactsAggregate(groupBy: [{ favouriteCourse: {} }]) { groups { key { favouriteCourse } count } }
                 object(name: \"Contact\") { fields { name type } } }", Value::Null)
        .await;
    assert_eq!(found["contacts"]["nodes"], json!([{"lastName": "Ortiz"}]));
    assert_eq!(found["contactsAggregate"]["groups"], json!([{"key": {"favouriteCourse": "LINKS"}, "count": 1}]));
    let fields = found["object"]["fields"].as_array().unwrap();
    assert!(fields.contains(&json!({"name": "favouriteCourse", "type": "SELECT"})));

    // The next workspace has never heard of it.
    let ben = app.sign_up("ben").await;
    let answer = ben.graphql("{ contacts { nodes { favouriteCourse } } }", Value::Null).await;
    assert_eq!((answer.status, answer.code()), (400, "GRAPHQL_VALIDATION_FAILED"));
}

#[tokio::test]
async fn a_field_leaves_the_graph_and_comes_back_with_its_values() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let version = create(&ana, "Contact", course()).await["metadataVersion"].as_i64().unwrap();
    ana.data(
        "mutation { createContact(input: { lastName: \"Ortiz\", favouriteCourse: LINKS }) { userErrors { code } } }",
        Value::Null,
    )
    .await;

    let archived = act(&ana, "archiveField", "favouriteCourse").await;
    assert_eq!((&archived["userErrors"], archived["metadataVersion"].as_i64()), (&json!([]), Some(version + 1)));
    assert_eq!(
        ana.graphql("{ contacts { nodes { favouriteCourse } } }", Value::Null).await.code(),
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(act(&ana, "restoreField", "favouriteCourse").await["userErrors"], json!([]));
    let back = ana.data("{ contacts { nodes { favouriteCourse } } }", Value::Null).await;
    assert_eq!(back["contacts"]["nodes"], json!([{"favouriteCourse": "LINKS"}]));

    let renamed = ana
        .data("mutation { updateField(object: \"Contact\", name: \"favouriteCourse\", input: { name: \"course\", label: \"Course\" }) {
                 field { name label } userErrors { code } } }", Value::Null)
        .await;
    assert_eq!(renamed["updateField"], json!({"field": {"name": "course", "label": "Course"}, "userErrors": []}));
    let renamed = ana.data("{ contacts { nodes { course } } }", Value::Null).await;
    assert_eq!(renamed["contacts"]["nodes"], json!([{"course": "LINKS"}]));

    act(&ana, "archiveField", "course").await;
    assert_eq!(act(&ana, "deleteField", "course").await["userErrors"], json!([]));
    assert_eq!(act(&ana, "restoreField", "course").await["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn what_cannot_be_a_field_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (object, input, code, field) in [
        ("Contact", json!({"name": "email", "type": "TEXT"}), "NAME_TAKEN", json!(["input", "name"])),
        ("Contact", json!({"name": "companyId", "type": "TEXT"}), "NAME_TAKEN", json!(["input", "name"])),
        ("Contact", json!({"name": "or", "type": "TEXT"}), "NAME_TAKEN", json!(["input", "name"])),
        ("Contact", json!({"name": "Größe", "type": "TEXT"}), "INVALID_NAME", json!(["input", "name"])),
        ("Contact", json!({"name": "size", "type": "SELECT"}), "REQUIRED", json!(["input", "options"])),
        ("Contact", json!({"name": "size", "type": "ID"}), "UNSUPPORTED_TYPE", json!(["input", "type"])),
        ("Nothing", json!({"name": "size", "type": "TEXT"}), "NOT_FOUND", json!(["object"])),
    ] {
        let refused = create(&ana, object, input.clone()).await;
        assert_eq!(refused["field"], Value::Null, "{input}");
        let error = &refused["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{input} {refused}");
    }
}

#[tokio::test]
async fn without_a_session_metadata_is_out_of_reach() {
    let app = TestApp::start().await;
    for query in [
        "{ objects { name } }",
        "{ object(name: \"Contact\") { name } }",
        "{ me { id } }",
        "{ import(id: 1) { id } }",
        "{ search(query: \"x\") { isCatchingUp } }",
        "mutation { createField(object: \"Contact\", input: { name: \"x\", type: TEXT }) { field { name } } }",
        "mutation { undoImport(id: 1) { userErrors { code } } }",
        "mutation { signOut { userErrors { code } } }",
    ] {
        let answer = app.post("/graphql", json!({"query": query})).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{query} {}", answer.body);
        let root = answer.body["errors"][0]["path"][0].as_str().unwrap_or_default();
        assert!(!root.is_empty() && query.contains(root), "{query} {}", answer.body);
        assert_eq!(answer.body["data"][root], Value::Null);
    }
    let schema = app.post("/graphql", json!({"query": "{ __schema { queryType { name } } __typename }"})).await;
    assert_eq!(schema.body["data"], json!({"__schema": {"queryType": {"name": "Query"}}, "__typename": "Query"}));
}

#[tokio::test]
async fn i_know_where_i_am() {
    let app = TestApp::start().await;
    let first = app.sign_up_to("ana", "Acme").await;
    let second = app.sign_up_to("ana", "Globex").await;
    let me = second
        .data(
            "{ me { email name roles { key } administration userId workspace { id slug name } workspaces { id } } }",
            Value::Null,
        )
        .await["me"]
        .take();
    assert_eq!((&me["email"], &me["name"]), (&json!("ana@example.com"), &json!("ana")));
    assert_eq!(me["roles"], json!([{"key": "OWNER"}]));
    assert_eq!(me["administration"].as_array().map(Vec::len), Some(6));
    assert_eq!(me["workspace"]["id"], second.workspace["id"]);
    assert_eq!(me["workspaces"], json!([{"id": first.workspace["id"]}, {"id": second.workspace["id"]}]));
    let user = second.data("query($id: ID!) { user(id: $id) { name } }", json!({"id": me["userId"]})).await;
    assert_eq!(user["user"]["name"], "ana");
}

#[tokio::test]
async fn files_come_in_by_mutation_and_go_again() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let mapping = "[[step]]\nfile = \"people.csv\"\nobject = \"Contact\"\nmatch_on = \"email\"\n[step.columns]\nlastName = \"name\"\nemail = \"mail\"\n";
    let start = "mutation($mapping: String!, $content: String!) {
        startImport(input: { mapping: $mapping, files: [{ name: \"people.csv\", content: $content }] }) {
          import { id state rowsTotal } userErrors { code field message } } }";

    let refused = ana.data(start, json!({"mapping": mapping, "content": "name;mail\n\"Ortiz;a@b.example"})).await;
    let error = &refused["startImport"]["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("UNCLOSED_QUOTE"), &json!(["input", "files", "0"])),
        "{refused}"
    );

    let content = "name;mail\nOrtiz;a@b.example\nWeber;c@d.example\n";
    let started = ana.data(start, json!({"mapping": mapping, "content": content})).await;
    assert_eq!(started["startImport"]["userErrors"], json!([]));
    let id = started["startImport"]["import"]["id"].clone();
    let ask = "query($id: ID!) { import(id: $id) { state rowsDone errors { message } startedAt finishedAt
        report { steps { object counts { read created refused } flaws { kind } } } } }";
    let mut import = Value::Null;
    for _ in 0..200 {
        import = ana.data(ask, json!({"id": id})).await["import"].take();
        if import["state"] != "RUNNING" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((&import["state"], &import["rowsDone"]), (&json!("SUCCEEDED"), &json!(2)), "{import}");
    assert_eq!(import["report"]["steps"][0]["counts"], json!({"read": 2, "created": 2, "refused": 0}));

    let ben = app.sign_up("ben").await;
    assert_eq!(ben.data(ask, json!({"id": id})).await["import"], Value::Null);
    let undo =
        "mutation($id: ID!) { undoImport(id: $id) { import { state undo { deleted left } } userErrors { code } } }";
    assert_eq!(ben.data(undo, json!({"id": id})).await["undoImport"]["userErrors"], json!([{"code": "NOT_FOUND"}]));
    let undone = ana.data(undo, json!({"id": id})).await["undoImport"].take();
    assert_eq!(undone, json!({"import": {"state": "UNDONE", "undo": {"deleted": 2, "left": 0}}, "userErrors": []}));
    assert_eq!(ana.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"], 0);
}
