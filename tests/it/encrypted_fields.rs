//! Encrypted fields: used like others where equality is enough, and nowhere to be seen.

mod keys;
mod log;
mod rotation;
mod tampering;

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, schema_of};

const ERRORS: &str = "userErrors { code field message }";

/// The graph has nothing of this name.
fn is_unknown(answer: &Answer) -> bool {
    matches!(answer.code(), "GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT") && answer.body["data"].is_null()
}

/// Adds an encrypted field to contacts that must be taken.
async fn define(client: &Client, name: &str, rest: &str) {
    let answer = try_to_define(client, name, &format!("encrypted: true, {rest}")).await;
    assert_eq!(answer["userErrors"], json!([]), "{name}: {rest}");
    assert_eq!(answer["field"]["encrypted"], true);
}

async fn try_to_define(client: &Client, name: &str, rest: &str) -> Value {
    let query = format!(
        "mutation {{ createField(object: \"Contact\", input: {{name: \"{name}\", {rest}}}) {{ field {{ encrypted sortable groupable }} {ERRORS} }} }}"
    );
    client.data(&query, Value::Null).await["createField"].clone()
}

/// Makes contacts, and answers their ids.
async fn create(client: &Client, inputs: Value) -> Vec<String> {
    let query = "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { id userErrors { code message } } } }";
    let results = client.data(query, json!({ "inputs": inputs })).await["createContacts"]["results"].clone();
    let ids = results.as_array().expect("rows").iter().map(|row| row["id"].as_str().map(str::to_owned));
    ids.collect::<Option<_>>().unwrap_or_else(|| panic!("{results}"))
}

/// The last names of the contacts that a filter finds, in order of creation.
async fn found(client: &Client, filter: &str) -> Vec<String> {
    let query = format!("{{ contacts(filter: {filter}) {{ nodes {{ lastName }} }} }}");
    let nodes = client.data(&query, Value::Null).await["contacts"]["nodes"].clone();
    nodes.as_array().expect("nodes").iter().map(|node| node["lastName"].as_str().expect("a name").to_owned()).collect()
}

struct Example {
    name: &'static str,
    rest: &'static str,
    selection: &'static str,
    /// What two records have.
    values: [Value; 2],
    /// The first of them as an operand; empty where there is no equality.
    operand: &'static str,
    /// Texts that must be nowhere.
    secrets: &'static [&'static str],
}

fn examples() -> Vec<Example> {
    let example =
        |name, rest, values, operand, secrets| Example { name, rest, selection: "", values, operand, secrets };
    vec![
        example(
            "pin",
            "type: TEXT",
            [json!("Zanzibar 77"), json!("Timbuktu")],
            "\"Zanzibar 77\"",
            &["Zanzibar", "Timbuktu"],
        ),
        example(
            "notes",
            "type: LONG_TEXT",
            [json!("first\n\"Oruro\""), json!("Oruro")],
            "\"first\\n\\\"Oruro\\\"\"",
            &["Oruro"],
        ),
        example(
            "mail",
            "type: EMAIL",
            [json!("zoe@hidden.example"), json!("yan@hidden.example")],
            "\"zoe@hidden.example\"",
            &["hidden.example"],
        ),
        example(
            "cell",
            "type: PHONE",
            [json!("+49307654321"), json!("+49307654322")],
            "\"+49 30 7654321\"",
            &["765432", "765 432"],
        ),
        example(
            "site",
            "type: URL",
            [json!("https://hush.example/a"), json!("https://hush.example/b")],
            "\"https://hush.example/a\"",
            &["hush.example"],
        ),
        example("salary", "type: NUMBER", [json!(918_273.5), json!(7_362_519)], "918273.5", &["918273", "7362519"]),
        example("rate", "type: DECIMAL", [json!("827364.19"), json!("0.8273641")], "\"827364.19\"", &["827364"]),
        Example {
            selection: "{ value currency }",
            ..example(
                "debt",
                "type: CURRENCY",
                [json!({"value": "736451.25", "currency": "EUR"}), json!({"value": "736452", "currency": "JPY"})],
                "{value: \"736451.25\", currency: \"EUR\"}",
                &["736451", "736452"],
            )
        },
        example("vip", "type: BOOLEAN", [json!(true), json!(false)], "true", &[]),
        example(
            "born",
            "type: DATE",
            [json!("1931-07-23"), json!("1932-08-24")],
            "\"1931-07-23\"",
            &["1931-07", "1932-08"],
        ),
        example(
            "died",
            "type: DATE_TIME",
            [json!("2031-07-23T10:00:00Z"), json!("2031-07-23T10:00:00.5Z")],
            "\"2031-07-23T12:00:00+02:00\"",
            &["2031-07-23"],
        ),
        example(
            "colour",
            "type: SELECT, options: [{value: \"REDDISH\"}, {value: \"BLUEISH\"}]",
            [json!("REDDISH"), json!("BLUEISH")],
            "REDDISH",
            &["REDDISH"],
        ),
        example(
            "tags",
            "type: MULTI_SELECT, options: [{value: \"ODDISH\"}, {value: \"EVENISH\"}]",
            [json!(["ODDISH"]), json!(["ODDISH", "EVENISH"])],
            "",
            &["ODDISH"],
        ),
        example("score", "type: RATING", [json!(4), json!(2)], "4", &[]),
        Example {
            selection: "{ street city }",
            ..example(
                "home",
                "type: ADDRESS",
                [
                    json!({"street": "Whisper Lane 1", "city": null}),
                    json!({"street": "Whisper Lane 2", "city": "Hushville"}),
                ],
                "",
                &["Whisper", "Hushville"],
            )
        },
        example("file", "type: JSON", [json!({"deep": ["Muffled"]}), json!("Muffled")], "", &["Muffled"]),
    ]
}

/// Where none of these texts may be; the options of a select are no secret.
async fn assert_nowhere(app: &TestApp, client: &Client, secrets: &[&str]) {
    for (table, mut rows) in app.dump(client).await {
        if table == "event" {
            // Options are part of what a field is.
            let events: Vec<Value> = serde_json::from_str(&rows).expect("rows");
            let is_definition = |event: &&Value| event["type"].as_str().is_some_and(|kind| kind.starts_with("field."));
            rows = json!(events.iter().filter(|event| !is_definition(event)).collect::<Vec<_>>()).to_string();
        }
        for secret in secrets.iter().filter(|_| table != "metadata_field") {
            assert!(!rows.contains(secret), "{table} shows {secret}: {rows}");
        }
    }
}

#[tokio::test]
async fn values_of_every_type_come_back_and_are_nowhere_in_the_open() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let examples = examples();
    for Example { name, rest, .. } in &examples {
        define(&ana, name, rest).await;
    }
    let row = |at: usize| {
        let values = examples.iter().map(|example| (example.name.to_owned(), example.values[at].clone()));
        let name = ("lastName".to_owned(), json!(["One", "Two"][at]));
        Value::Object(values.chain([name]).collect())
    };
    create(&ana, json!([row(0), row(1), {"lastName": "None"}])).await;

    let selection: Vec<String> =
        examples.iter().map(|example| format!("{} {}", example.name, example.selection)).collect();
    let query = format!("{{ contacts {{ nodes {{ {} }} }} }}", selection.join(" "));
    let nodes = ana.data(&query, Value::Null).await["contacts"]["nodes"].clone();
    for example in &examples {
        for (at, value) in example.values.iter().enumerate() {
            assert_eq!(nodes[at][example.name], *value, "{}", example.name);
        }
        assert_eq!(nodes[2][example.name], Value::Null);
    }

    for Example { name, operand, .. } in &examples {
        assert_eq!(found(&ana, &format!("{{{name}: {{isNull: true}}}}")).await, ["None"], "{name}");
        assert_eq!(found(&ana, &format!("{{not: {{{name}: {{isNull: true}}}}}}")).await, ["One", "Two"], "{name}");
        if operand.is_empty() {
            continue;
        }
        assert_eq!(found(&ana, &format!("{{{name}: {{eq: {operand}}}}}")).await, ["One"], "{name}");
        assert_eq!(found(&ana, &format!("{{{name}: {{neq: {operand}}}}}")).await, ["Two", "None"], "{name}");
        assert_eq!(found(&ana, &format!("{{not: {{{name}: {{eq: {operand}}}}}}}")).await, ["Two", "None"], "{name}");
        if *name != "vip" {
            assert_eq!(found(&ana, &format!("{{{name}: {{in: [{operand}]}}}}")).await, ["One"], "{name}");
            assert_eq!(found(&ana, &format!("{{{name}: {{notIn: [{operand}]}}}}")).await, ["Two", "None"], "{name}");
            assert_eq!(found(&ana, &format!("{{{name}: {{in: []}}}}")).await, [""; 0], "{name}");
        }
    }

    // Written over, cleared, in the bin and out of it: the log says what was done, not what it was.
    let update = "mutation($input: ContactUpdateInput!) { updateContacts(filter: {lastName: {eq: \"Two\"}}, input: $input) { results { outcome userErrors { message } } } }";
    let mut other = row(0);
    other["lastName"] = json!("Two");
    other["pin"] = Value::Null;
    assert_eq!(ana.data(update, json!({"input": other})).await["updateContacts"]["results"][0]["outcome"], "UPDATED");
    let again = ana.data(update, json!({"input": other})).await;
    assert_eq!(again["updateContacts"]["results"][0]["outcome"], "UNCHANGED");
    let secrets: Vec<&str> = examples.iter().flat_map(|example| example.secrets).copied().collect();
    assert_nowhere(&app, &ana, &secrets).await;
    let events = format!(
        "SELECT changed::text, before->>'pin', after->'pin', before->>'salary' FROM {}.event WHERE type = 'contact.updated'",
        schema_of(&ana)
    );
    let events = app.sql(&events).await.expect("events");
    assert_eq!(events.len(), 1);
    assert!(events[0][0].as_deref().is_some_and(|changed| changed.contains("pin") && changed.contains("salary")));
    let marker = Some("{\"encrypted\": true}".to_owned());
    assert_eq!(events[0][1..], [marker.clone(), Some("null".to_owned()), marker]);
}

#[tokio::test]
async fn an_index_finds_the_same() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT, filterable: true").await;
    define(&ana, "born", "type: DATE, filterable: true").await;
    create(&ana, json!([{"lastName": "One", "pin": "a", "born": "2000-01-01"}, {"lastName": "Two", "pin": "b"}, {"lastName": "None"}])).await;
    let state = "{ object(name: \"Contact\") { fields { name indexState } } }";
    for _ in 0..400 {
        let fields = ana.data(state, Value::Null).await["object"]["fields"].clone();
        let of = |name: &str| fields.as_array().expect("fields").iter().find(|field| field["name"] == name).cloned();
        if [of("pin"), of("born")].into_iter().flatten().all(|field| field["indexState"] == "READY") {
            for (filter, names) in [
                ("{pin: {eq: \"a\"}}", vec!["One"]),
                ("{pin: {neq: \"a\"}}", vec!["Two", "None"]),
                ("{born: {in: [\"2000-01-01\"]}}", vec!["One"]),
                ("{pin: {isNull: false}}", vec!["One", "Two"]),
            ] {
                assert_eq!(found(&ana, filter).await, names, "{filter}");
            }
            let indexes = format!(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = '{}' AND indexname LIKE 'cf\\_%'",
                schema_of(&ana)
            );
            let indexes = app.sql(&indexes).await.expect("indexes");
            assert!(
                indexes.len() == 2 && indexes.concat().iter().flatten().all(|index| index.contains("'b'")),
                "{indexes:?}"
            );
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the indexes are not built");
}

#[tokio::test]
async fn nothing_but_equality_is_offered_and_what_is_wrong_is_said_without_the_value() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "pin", "type: TEXT").await;
    define(&ana, "salary", "type: NUMBER").await;
    define(&ana, "debt", "type: CURRENCY").await;
    define(&ana, "born", "type: DATE").await;
    create(&ana, json!([{"lastName": "One", "pin": "Zanzibar"}])).await;
    for query in [
        "{ contacts(filter: {pin: {contains: \"Zan\"}}) { totalCount } }",
        "{ contacts(filter: {salary: {gt: 1}}) { totalCount } }",
        "{ contacts(filter: {debt: {currency: {eq: \"EUR\"}}}) { totalCount } }",
        "{ contacts(orderBy: [{pin: ASC}]) { totalCount } }",
        "{ opportunities(orderBy: [{contact: {pin: ASC}}]) { totalCount } }",
        "{ contactsAggregate(groupBy: [{pin: {}}]) { totalCount } }",
        "{ contactsAggregate(groupBy: [{debtCurrency: {}}]) { totalCount } }",
        "{ contactsAggregate { sum { salary } } }",
        "{ contactsAggregate { max { born } } }",
        "{ contactsAggregate { countDistinct { pin } } }",
    ] {
        let answer = ana.graphql(query, Value::Null).await;
        assert!(is_unknown(&answer), "{query} {}", answer.body);
    }
    // A text that no record can have is no mistake; another kind of value is.
    assert_eq!(found(&ana, &format!("{{pin: {{eq: \"{}\"}}}}", "x".repeat(20_000))).await, [""; 0]);
    let answer = ana
        .graphql(
            "query($day: Date) { contacts(filter: {born: {eq: $day}}) { totalCount } }",
            json!({"day": "1931-02-31"}),
        )
        .await;
    assert_eq!(answer.code(), "BAD_USER_INPUT");
    assert!(!answer.body.to_string().contains("1931"), "{}", answer.body);
    let update = "mutation($input: ContactUpdateInput!) { updateContacts(filter: {}, input: $input) { results { userErrors { code field message } } } }";
    for (input, path) in [
        (json!({"debt": {"value": "736451.255", "currency": "EUR"}}), json!(["debt", "value"])),
        (json!({"debt": {"value": "73645125", "currency": "736451"}}), json!(["debt", "currency"])),
    ] {
        let error =
            ana.data(update, json!({"input": input})).await["updateContacts"]["results"][0]["userErrors"][0].clone();
        assert_eq!(error["field"], path, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.starts_with("Expected an amount")), "{error}");
        assert!(!error.to_string().contains("73645"), "{error}");
    }
    for (rest, field) in [
        ("type: TEXT, encrypted: true, searchable: true", "searchable"),
        ("type: TEXT, encrypted: true, default: \"x\"", "default"),
        ("type: RELATION, target: \"Company\", encrypted: true", "encrypted"),
        ("type: USER, encrypted: true", "encrypted"),
        ("type: JSON, encrypted: true, unique: true", "unique"),
    ] {
        let answer = try_to_define(&ana, "other", rest).await;
        assert_eq!(answer["userErrors"][0]["field"], json!(["input", field]), "{rest} {answer}");
    }
    // The types that conditions on encrypted fields have are nobody's.
    let make = "mutation { createObject(input: {name: \"EncryptedText\", plural: \"encryptedTexts\"}) { userErrors { code } } }";
    assert_eq!(ana.data(make, Value::Null).await["createObject"]["userErrors"][0]["code"], "NAME_TAKEN");
}

#[tokio::test]
async fn options_that_records_have_cannot_be_taken_away() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "colour", "type: SELECT, options: [{value: \"RED\"}, {value: \"BLUE\"}]").await;
    define(&ana, "tags", "type: MULTI_SELECT, options: [{value: \"ODD\"}, {value: \"EVEN\"}]").await;
    create(&ana, json!([{"lastName": "One", "colour": "RED", "tags": ["ODD"]}])).await;
    let keep = async |field: &str, option: &str| {
        let query = format!(
            "mutation {{ updateField(object: \"Contact\", name: \"{field}\", input: {{options: [{{value: \"{option}\"}}]}}) {{ {ERRORS} }} }}"
        );
        ana.data(&query, Value::Null).await["updateField"]["userErrors"].clone()
    };
    assert_eq!(keep("colour", "BLUE").await[0]["message"], "Records have options that would go: RED by 1.");
    assert_eq!(keep("colour", "RED").await, json!([]));
    assert_eq!(keep("tags", "ODD").await[0]["code"], "IN_USE");
}

#[tokio::test]
async fn a_unique_value_is_had_once_and_upserts_find_by_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "tin", "type: TEXT, unique: true").await;
    define(&ana, "pin", "type: TEXT").await;
    let ids = create(&ana, json!([{"lastName": "One", "tin": "Zanzibar", "pin": "p1"}])).await;
    let insert = "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs, atomic: false) { results { outcome userErrors { code field message } } } }";
    let rows = json!([{"lastName": "Two", "tin": "Zanzibar"}, {"lastName": "Three", "tin": "Oruro"}, {"lastName": "Four", "tin": "Oruro"}]);
    let results = ana.data(insert, json!({"inputs": rows})).await["createContacts"]["results"].clone();
    assert_eq!(
        (&results[1]["outcome"], &results[2]["userErrors"][0]["code"]),
        (&json!("CREATED"), &json!("DUPLICATE"))
    );
    let refusal = &results[0]["userErrors"][0];
    assert_eq!((&refusal["code"], &refusal["field"]), (&json!("DUPLICATE"), &json!(["inputs", "0", "tin"])));
    assert_eq!(refusal["message"], format!("Another contact ({}) has the same tin already.", ids[0]));

    let upsert = "mutation($inputs: [ContactCreateInput!]!, $on: [ContactMatchField!]!) { upsertContacts(inputs: $inputs, matchOn: $on) { results { outcome contact { lastName tin pin version } userErrors { code message } } } }";
    let outcomes = async |inputs: Value, on: &str| {
        let results =
            ana.data(upsert, json!({"inputs": inputs, "on": [on]})).await["upsertContacts"]["results"].clone();
        results.as_array().expect("rows").clone()
    };
    let done =
        outcomes(json!([{"lastName": "Uno", "tin": "Zanzibar"}, {"lastName": "Five", "tin": "Potosi"}]), "tin").await;
    assert_eq!((&done[0]["outcome"], &done[1]["outcome"]), (&json!("UPDATED"), &json!("CREATED")), "{done:?}");
    assert_eq!(done[0]["contact"], json!({"lastName": "Uno", "tin": "Zanzibar", "pin": "p1", "version": 2}));
    let same = outcomes(json!([{"lastName": "Uno", "pin": "p1", "tin": "Zanzibar"}]), "pin").await;
    assert_eq!((&same[0]["outcome"], &same[0]["contact"]["version"]), (&json!("UNCHANGED"), &json!(2)));

    // Out of the bin, a value must still be free.
    let delete = "mutation($id: ID!) { deleteContact(id: $id) { userErrors { code } } }";
    ana.data(delete, json!({"id": ids[0]})).await;
    create(&ana, json!([{"lastName": "Heir", "tin": "Zanzibar"}])).await;
    let restore = "mutation($id: ID!) { restoreContact(id: $id) { userErrors { code } } }";
    assert_eq!(ana.data(restore, json!({"id": ids[0]})).await["restoreContact"]["userErrors"][0]["code"], "DUPLICATE");
    assert_nowhere(&app, &ana, &["Zanzibar", "Oruro", "Potosi"]).await;
}

#[tokio::test]
async fn values_that_clash_are_named_by_their_records_alone() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "tin", "type: TEXT").await;
    let ids =
        create(&ana, json!([{"lastName": "One", "tin": "Zanzibar"}, {"lastName": "Two", "tin": "Zanzibar"}])).await;
    let unique =
        "mutation { updateField(object: \"Contact\", name: \"tin\", input: {unique: true}) { userErrors { code } } }";
    assert_eq!(ana.data(unique, Value::Null).await["updateField"]["userErrors"], json!([]));
    let state = "{ object(name: \"Contact\") { fields { name indexState indexClashes { value records } } } }";
    for _ in 0..400 {
        let fields = ana.data(state, Value::Null).await["object"]["fields"].clone();
        let field = fields.as_array().expect("fields").iter().find(|field| field["name"] == "tin").expect("tin");
        if field["indexState"] == "FAILED" {
            assert_eq!(field["indexClashes"], json!([{"value": "(encrypted)", "records": ids}]));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the index is not tried");
}

#[tokio::test]
async fn an_import_fills_it_and_keeps_nothing_of_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "tin", "type: TEXT, unique: true").await;
    define(&ana, "salary", "type: NUMBER").await;
    define(&ana, "colour", "type: SELECT, options: [{value: \"RED\"}]").await;
    let mapping = "[[step]]\nfile = \"people.csv\"\nobject = \"Contact\"\nmatch_on = \"tin\"\n[step.columns]\n\
        lastName = \"name\"\ntin = \"tin\"\nsalary = \"pay\"\ncolour = { column = \"colour\", unmatched = \"empty\" }\n";
    let import = async |content: &str| {
        let start = "mutation($mapping: String!, $content: String!) { startImport(input: { mapping: $mapping, files: [{ name: \"people.csv\", content: $content }] }) { import { id } userErrors { code message } } }";
        let started = ana.data(start, json!({"mapping": mapping, "content": content})).await["startImport"].clone();
        assert_eq!(started["userErrors"], json!([]));
        let id = started["import"]["id"].clone();
        for _ in 0..400 {
            let import =
                ana.data("query($id: ID!) { import(id: $id) { state } }", json!({"id": id})).await["import"].clone();
            if import["state"] != "RUNNING" {
                assert_eq!(import["state"], "SUCCEEDED", "{import}");
                return id;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the import does not end");
    };
    // Options are in the open: none is made of a value.
    let start = "mutation($mapping: String!) { startImport(input: { mapping: $mapping, files: [{ name: \"people.csv\", content: \"name,tin,pay,colour\\n\" }] }) { userErrors { code } } }";
    let making = json!({"mapping": mapping.replace("\"empty\"", "\"create\"")});
    assert_eq!(ana.data(start, making).await["startImport"]["userErrors"][0]["code"], "INVALID_MAPPING");
    import("name,tin,pay,colour\nOne,Zanzibar,918273,RED\nTwo,Oruro,918274x,RED\nThree,Potosi,5,PURPLEISH\n").await;
    assert_eq!(found(&ana, "{tin: {in: [\"Zanzibar\", \"Oruro\", \"Potosi\"]}}").await, ["One", "Three"]);
    let second = import("name,tin,pay,colour\nUno,Zanzibar,918275,RED\n").await;
    assert_eq!(found(&ana, "{salary: {eq: 918275}}").await, ["Uno"]);
    assert_nowhere(&app, &ana, &["Zanzibar", "Oruro", "Potosi", "91827", "PURPLEISH"]).await;

    // Taken back, what is in the log comes back; what is not stays, and that is said.
    let undo = "mutation($id: ID!) { undoImport(id: $id) { import { undo { reverted left reasons { code message } } } userErrors { code message } } }";
    let undone = ana.data(undo, json!({"id": second})).await["undoImport"].clone();
    assert_eq!(undone["userErrors"], json!([]), "{undone}");
    let report = &undone["import"]["undo"];
    assert_eq!((&report["reverted"], &report["reasons"][0]["code"]), (&json!(1), &json!("ENCRYPTED")), "{report}");
    assert_eq!(found(&ana, "{salary: {eq: 918275}}").await, ["One"]);
}

#[tokio::test]
async fn a_member_reads_it_unless_it_is_for_owners_alone() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let ben = app.member_of(&ana, "ben").await;
    define(&ana, "pin", "type: TEXT").await;
    define(&ana, "tin", "type: TEXT, restricted: true").await;
    create(&ana, json!([{"lastName": "One", "pin": "Zanzibar", "tin": "Oruro"}])).await;
    let read = "{ contacts(filter: {pin: {eq: \"Zanzibar\"}}) { nodes { pin } } }";
    assert_eq!(ben.data(read, Value::Null).await["contacts"]["nodes"], json!([{"pin": "Zanzibar"}]));
    for query in ["{ contacts { nodes { tin } } }", "{ contacts(filter: {tin: {eq: \"Oruro\"}}) { totalCount } }"] {
        assert!(is_unknown(&ben.graphql(query, Value::Null).await), "{query}");
    }
    // What a member writes keeps what they do not see.
    let write = "mutation { updateContacts(filter: {}, input: {pin: \"Potosi\"}) { results { outcome } } }";
    assert_eq!(ben.data(write, Value::Null).await["updateContacts"]["results"][0]["outcome"], "UPDATED");
    let both = ana.data("{ contacts { nodes { pin tin } } }", Value::Null).await["contacts"]["nodes"].clone();
    assert_eq!(both, json!([{"pin": "Potosi", "tin": "Oruro"}]));
}
