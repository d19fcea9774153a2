//! A database that cannot do what it is for: said with a code of its own and worth another try, never a fault of ours.

use serde_json::{Value, json};

use crate::support::{Client, TestApp, schema_of};

const CREATE: &str = "mutation { createContact(input: { lastName: \"Ortiz\" }) { id userErrors { code } } }";

/// Has every insert into a table refused with a SQLSTATE, as a server in trouble does.
async fn refuse(app: &TestApp, table: &str, state: &str) {
    let sql = format!(
        "CREATE OR REPLACE FUNCTION public.refuse_{state}() RETURNS trigger LANGUAGE plpgsql AS \
           $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END $$; \
         CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_{state}()"
    );
    app.sql(&sql).await.expect("a trigger");
}

async fn relieve(app: &TestApp, table: &str) {
    app.sql(&format!("DROP TRIGGER refuse ON {table}")).await.expect("no trigger");
}

async fn import(client: &Client) -> Value {
    let mapping = "[[step]]\nfile = \"a.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"id\"\nlastName = \"name\"\n";
    let start = "mutation($mapping: String!) { startImport(input: { mapping: $mapping, files: [{ name: \"a.csv\", content: \"id,name\\n1,Ortiz\\n\" }] }) { import { id } } }";
    let id = client.data(start, json!({"mapping": mapping})).await["startImport"]["import"]["id"].clone();
    for _ in 0..400 {
        let ask = "query($id: ID!) { import(id: $id) { state report { stopped { code } } } }";
        let import = client.data(ask, json!({"id": id})).await["import"].take();
        if import["state"] != "RUNNING" {
            return import;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}

#[tokio::test]
async fn a_full_disk_is_said_and_over_when_there_is_room_again() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let table = format!("{}.contact", schema_of(&ana));
    refuse(&app, &table, "53100").await;

    let answer = ana.graphql(CREATE, Value::Null).await;
    assert_eq!((answer.status, answer.code()), (503, "STORAGE_FULL"), "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(import(&ana).await, json!({"state": "FAILED", "report": {"stopped": {"code": "STORAGE_FULL"}}}));

    relieve(&app, &table).await;
    assert_eq!(ana.data(CREATE, Value::Null).await["createContact"]["userErrors"], json!([]));
    assert_eq!(import(&ana).await["state"], "SUCCEEDED");
}

#[tokio::test]
async fn a_database_that_cannot_serve_is_unavailable() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let table = format!("{}.contact", schema_of(&ana));
    for state in ["53200", "25006", "57P03"] {
        refuse(&app, &table, state).await;
        let answer = ana.graphql(CREATE, Value::Null).await;
        assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"), "{state} {}", answer.body);
        assert!(!answer.header("retry-after").is_empty());
    }
    relieve(&app, &table).await;
    assert_eq!(ana.data(CREATE, Value::Null).await["createContact"]["userErrors"], json!([]));
}

#[tokio::test]
async fn a_sign_in_says_it_too() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    for (state, code) in [("53100", "STORAGE_FULL"), ("25006", "UNAVAILABLE")] {
        refuse(&app, "control.sessions", state).await;
        let answer = app.sign_in("ana", None).await;
        assert_eq!((answer.status, answer.code()), (503, code), "{}", answer.body);
        assert!(!answer.header("retry-after").is_empty());
    }
    relieve(&app, "control.sessions").await;
    assert_eq!(app.sign_in("ana", None).await.status, 200);
}
