//! No operation of the graph reaches a neighbour. Computed: every root field of the SDL must have a case here.

pub mod cases;

use std::collections::BTreeMap;

use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use self::cases::Case;
use crate::{
    sdl::Sdl,
    support::{Client, PASSWORD, TestApp},
};

/// Root fields that take nothing which could belong to a neighbour.
pub const EXEMPT: &[(&str, &str)] = &[
    ("me", "takes no argument; answers from the caller's own token"),
    ("signUp", "makes a workspace of its own; auth.rs tests who gets in"),
    ("signIn", "answers to a password, whoever holds a token; auth.rs"),
    ("refreshSession", "answers to a refresh token, whoever holds an access token; auth.rs"),
    ("completeSignIn", "answers to a challenge and a code, whoever holds a token; second_factor.rs"),
    ("revokeSession", "ends a session of the caller's own person; sessions.rs asks with a stranger's"),
    ("revokeOtherSessions", "takes no argument; ends sessions of the caller's own person"),
    ("startTotp", "takes the caller's password; second_factor.rs"),
    ("confirmTotp", "takes a code of the caller's own; second_factor.rs"),
    ("disableTotp", "takes the caller's password and code; second_factor.rs"),
    ("regenerateRecoveryCodes", "takes the caller's password and code; second_factor.rs"),
    ("signOut", "answers to a refresh token, whoever holds an access token; auth.rs"),
    ("leaveWorkspace", "takes no argument; ends the caller's own membership; members.rs"),
    ("verifyEmail", "answers to the link in a mail; identity/addresses.rs"),
    ("resendVerification", "takes no argument; mails the caller's own address"),
    ("requestPasswordReset", "answers everybody the same; identity/passwords.rs"),
    ("resetPassword", "answers to the link in a mail; identity/passwords.rs"),
    ("changePassword", "changes the caller's own; identity/passwords.rs"),
    ("changeEmail", "changes the caller's own; identity/addresses.rs"),
    ("confirmEmailChange", "answers to the link in a mail; identity/addresses.rs"),
    ("cancelEmailChange", "answers to the link in a mail; identity/addresses.rs"),
    ("invitations", "takes no argument; identity/invitations.rs asks for a neighbour's"),
    ("resendInvitation", "needs a mail server; identity/invitations.rs tries a neighbour's"),
    ("acceptInvitation", "answers to the link in a mail; identity/invitations.rs"),
];

/// What a caller can know of records: those of the neighbour, or some that nobody has.
pub struct Known {
    pub ids: BTreeMap<String, String>,
    /// Name and external id of each of these records.
    pub text: String,
    /// A cursor of each list, by the list's root field.
    pub cursors: BTreeMap<String, String>,
}

impl Known {
    pub fn id(&self, object: &str) -> Value {
        json!(self.ids.get(object).unwrap_or_else(|| panic!("no record of {object}")))
    }

    /// The answer with what is known taken out, so that two can be compared.
    fn without(&self, text: &str) -> String {
        let mut text = text.replace(&self.text, "TEXT");
        for id in self.ids.values() {
            text = text.replace(id, "ID");
        }
        text
    }
}

#[tokio::test]
async fn a_neighbours_ids_names_and_cursors_find_nothing_and_change_nothing() {
    let sdl = Sdl::base();
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let own = fill(&sdl, &ana, "hers").await;
    let neighbours = fill(&sdl, &ben, "secret").await;
    let nobodys = made_up(&neighbours);
    let before = app.dump(&ben).await;

    let mut without_a_case = Vec::new();
    let mut failures = Vec::new();
    for (kind, operation) in [("Query", "query"), ("Mutation", "mutation")] {
        for root in sdl.fields(kind) {
            if EXEMPT.iter().any(|(name, _)| *name == root.name) {
                continue;
            }
            let cases = cases::of(&sdl, operation, root, &own);
            if cases.is_empty() {
                without_a_case.push(root.name.clone());
            }
            for case in cases {
                if let Err(failure) = probe(&ana, &case, &neighbours, &nobodys).await {
                    failures.push(format!("{} {}: {failure}", root.name, case.what));
                }
            }
        }
    }
    assert_eq!(without_a_case, [""; 0], "every operation needs a case in isolation/cases.rs");
    assert_eq!(failures, [""; 0]);
    assert_eq!(app.dump(&ben).await, before, "the neighbour's schema changed");
}

/// Asks with what is the neighbour's and with what is nobody's: refused in the same way.
async fn probe(client: &Client, case: &Case, neighbours: &Known, nobodys: &Known) -> Result<(), String> {
    let mut answers = Vec::new();
    for known in [neighbours, nobodys] {
        let answer = client.graphql(&case.query, (case.variables)(known)).await;
        let mut body = answer.body.clone();
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["requestId"].take();
        }
        if !(case.wanted)(&answer.body["data"], answer.code()) {
            return Err(format!("answered {}", answer.body));
        }
        answers.push((answer.status, known.without(&body.to_string())));
    }
    if answers[0] == answers[1] { Ok(()) } else { Err(format!("the answers differ: {answers:?}")) }
}

/// One record of every object, related wherever it can be, two custom fields, and a cursor of every list.
pub async fn fill(sdl: &Sdl, client: &Client, text: &str) -> Known {
    for name in ["secretLive", "secretArchived"] {
        if text == "secret" {
            let create = format!(
                "mutation {{ createField(object: \"Contact\", input: {{name: \"{name}\", label: \"x\", type: TEXT}}) {{ userErrors {{ message }} }} }}"
            );
            assert_eq!(client.data(&create, Value::Null).await["createField"]["userErrors"], json!([]));
        }
    }
    if text == "secret" {
        let create = format!(
            "mutation {{ createObject(input: {{name: \"{}\", plural: \"secrets\"}}) {{ userErrors {{ message }} }} }}",
            cases::own_object(text)
        );
        assert_eq!(client.data(&create, Value::Null).await["createObject"]["userErrors"], json!([]));
    }
    let mut known = Known { ids: BTreeMap::new(), text: text.to_owned(), cursors: BTreeMap::new() };
    let mut waiting = sdl.objects();
    while !waiting.is_empty() {
        let count = waiting.len();
        let mut later = Vec::new();
        for object in waiting {
            let input_type = format!("{object}CreateInput");
            let mut input = json!({});
            let mut ready = true;
            for field in sdl.inputs(&input_type) {
                match sdl.target(&object, &field.name) {
                    Some(target) => match known.ids.get(target) {
                        Some(id) => input[&field.name] = json!(id),
                        None => ready &= !sdl.is_never_null(&object, &field.name),
                    },
                    None if field.name == "name" || field.name == "externalId" || field.name == "subject" => {
                        input[&field.name] = json!(text);
                    }
                    None => {}
                }
            }
            if !ready {
                later.push(object);
                continue;
            }
            let least = sdl.minimal(&input_type, &|_, _| Value::Null);
            for (name, value) in least.as_object().expect("an input") {
                if input.get(name).is_none() {
                    input[name] = value.clone();
                }
            }
            let create = format!(
                "mutation($input: {object}CreateInput!) {{ create: create{object}(input: $input) {{ id userErrors {{ field message }} }} }}"
            );
            let data = client.data(&create, json!({"input": input})).await;
            let id = data["create"]["id"].as_str().unwrap_or_else(|| panic!("{object} {data}"));
            known.ids.insert(object, id.to_owned());
        }
        assert!(later.len() < count, "objects that need one another: {later:?}");
        waiting = later;
    }
    for root in sdl.fields("Query").iter().filter(|root| root.has("after")) {
        let query = format!("{{ list: {}(first: 1) {{ pageInfo {{ endCursor }} }} }}", root.name);
        let data = client.data(&query, Value::Null).await;
        let cursor = data["list"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
        known.cursors.insert(root.name.clone(), cursor.to_owned());
    }
    known.ids.insert("Import".to_owned(), import(client, text).await);
    if text == "secret" {
        let me = client.data("{ me { userId email } }", Value::Null).await["me"].clone();
        let (key, role) = (api_key(client, text).await, role(client, text).await);
        let more = [("Member", &me["userId"]), ("Email", &me["email"]), ("ApiKey", &key), ("Role", &role)];
        for (what, id) in more {
            known.ids.insert(what.to_owned(), id.as_str().expect("an id").to_owned());
        }
        known.ids.insert("Conversion".to_owned(), conversion(client).await);
        let archive =
            "mutation { archiveField(object: \"Contact\", name: \"secretArchived\") { userErrors { message } } }";
        assert_eq!(client.data(archive, Value::Null).await["archiveField"]["userErrors"], json!([]));
    }
    known
}

/// An import that has ended.
async fn import(client: &Client, text: &str) -> String {
    let start = "mutation($input: StartImportInput!) { it: startImport(input: $input) { import { id } userErrors { message } } }";
    let data = client.data(start, json!({"input": cases::import_of(&format!("{text} imported"))})).await;
    let id = data["it"]["import"]["id"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned();
    for _ in 0..400 {
        let state = client.data("query($id: ID!) { import(id: $id) { state } }", json!({"id": id})).await;
        if state["import"]["state"] != "RUNNING" {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}

/// The id of a role.
async fn role(client: &Client, name: &str) -> Value {
    let create = "mutation($name: String!) { it: createRole(input: {name: $name}) { role { id } } }";
    client.data(create, json!({ "name": name })).await["it"]["role"]["id"].clone()
}

/// The id of a key.
async fn api_key(client: &Client, name: &str) -> Value {
    let create = "mutation($input: CreateApiKeyInput!) { it: createApiKey(input: $input) { apiKey { id } } }";
    let scopes = ["RECORDS_READ"];
    let input = json!({"name": name, "roleIds": [BuiltInRole::Rep.id()], "scopes": scopes, "password": PASSWORD});
    client.data(create, json!({"input": input})).await["it"]["apiKey"]["id"].clone()
}

/// A conversion that has ended.
async fn conversion(client: &Client) -> String {
    let create = "mutation { createField(object: \"Contact\", input: {name: \"secretNumber\", type: TEXT}) { userErrors { message } } }";
    client.data(create, Value::Null).await;
    let start = "mutation { it: convertField(object: \"Contact\", name: \"secretNumber\", input: {type: NUMBER}) { conversion { id } userErrors { message } } }";
    let data = client.data(start, Value::Null).await;
    let id = data["it"]["conversion"]["id"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned();
    for _ in 0..2_400 {
        let standing = client.data("query($id: ID!) { conversion(id: $id) { finishedAt } }", json!({"id": id})).await;
        if !standing["conversion"]["finishedAt"].is_null() {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the conversion does not end");
}

fn made_up(like: &Known) -> Known {
    let id = |at: usize| format!("01930000-0000-7000-8000-{at:012}");
    Known {
        ids: like.ids.keys().enumerate().map(|(at, object)| (object.clone(), id(at))).collect(),
        text: "madeup".to_owned(),
        cursors: like.cursors.keys().map(|list| (list.clone(), "bm8gY3Vyc29yIG9mIGFueWJvZHk".to_owned())).collect(),
    }
}

#[tokio::test]
async fn tenants_that_share_a_prepared_document_share_no_data() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let clients = [(&ana, "hers"), (&ben, "his")];
    for (client, name) in clients {
        let create = "mutation($name: String) { createContact(input: {lastName: $name}) { contact { lastName } } }";
        let data = client.data(create, json!({"name": name})).await;
        assert_eq!(data["createContact"]["contact"]["lastName"], name);
    }
    let query = "{ contacts { totalCount nodes { lastName createdBy { name } } } }";
    for _ in 0..3 {
        let both = futures::future::join_all(clients.map(|(client, _)| client.data(query, Value::Null))).await;
        for (data, (_, name)) in both.iter().zip(clients) {
            let user = if name == "hers" { "ana" } else { "ben" };
            let nodes = json!([{"lastName": name, "createdBy": {"name": user}}]);
            assert_eq!(data["contacts"], json!({"totalCount": 1, "nodes": nodes}));
        }
    }
}

#[tokio::test]
async fn a_tenants_role_is_refused_on_a_neighbours_schema() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let simple = |client: &Client| client.workspace["id"].as_str().expect("an id").replace('-', "");
    let role = format!("rapport_t_{}", simple(&ana));
    let (hers, theirs) = (format!("t_{}", simple(&ana)), format!("t_{}", simple(&ben)));
    let select = async |table: &str| app.sql(&format!("SET ROLE {role}; SELECT * FROM {table} LIMIT 1")).await;
    for schema in ["control", &theirs] {
        for table in tables(&app, schema).await {
            assert_eq!(select(&table).await.expect_err(&table), "42501", "{table}");
        }
    }
    for table in tables(&app, &hers).await {
        let answer = select(&table).await;
        let ours = table.ends_with(".schema_migration");
        assert_eq!(answer.err(), ours.then(|| "42501".to_owned()), "{table}");
    }
}

/// The tables of a schema, their names in full.
async fn tables(app: &TestApp, schema: &str) -> Vec<String> {
    let sql = format!("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = '{schema}'");
    let tables: Vec<String> = app.sql(&sql).await.expect("names").concat().into_iter().flatten().collect();
    assert!(tables.len() > 7, "{schema} has its tables: {tables:?}");
    tables
}
