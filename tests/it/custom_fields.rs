//! Fields of a tenant's own: there as soon as they are defined, and like any other.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const ERRORS: &str = "userErrors { code field message }";

async fn change(client: &Client, call: &str) -> Value {
    let name = call.split('(').next().expect("a name");
    let query = format!(
        "mutation {{ {call} {{ field {{ name label type options {{ value label }} }} metadataVersion {ERRORS} }} }}"
    );
    client.data(&query, Value::Null).await[name].clone()
}

async fn done(client: &Client, call: &str) -> Value {
    let answer = change(client, call).await;
    assert_eq!(answer["userErrors"], json!([]), "{call}");
    answer
}

async fn refused(client: &Client, call: &str) -> String {
    let answer = change(client, call).await;
    assert_eq!(answer["field"], Value::Null, "{call} {answer}");
    answer["userErrors"][0]["code"].as_str().unwrap_or_else(|| panic!("{call} {answer}")).to_owned()
}

async fn define(client: &Client, name: &str, rest: &str) -> Value {
    done(client, &format!("createField(object: \"Contact\", input: {{name: \"{name}\", label: \"{name}\", {rest}}})"))
        .await
}

struct Example {
    rest: &'static str,
    /// Three values in ascending order, as input and as output.
    values: [Value; 3],
    selection: &'static str,
    /// A filter that only the middle one meets.
    only_middle: &'static str,
    bad: Value,
    sorts: bool,
}

fn examples() -> Vec<Example> {
    let select = "type: SELECT, options: [{value: \"B\", label: \"b\"}, {value: \"A\", label: \"a\"}, {value: \"C\", label: \"c\"}]";
    let tags = "type: MULTI_SELECT, options: [{value: \"B\", label: \"b\"}, {value: \"A\", label: \"a\"}, {value: \"C\", label: \"c\"}]";
    let example =
        |rest, values, only_middle, bad| Example { rest, values, selection: "", only_middle, bad, sorts: true };
    vec![
        example("type: TEXT", [json!("ada"), json!("Bert"), json!("cleo")], "{eq: \"Bert\"}", json!(7)),
        example("type: NUMBER", [json!(-1), json!(0.5), json!(1e6)], "{gt: -1, lt: 2}", json!("many")),
        example("type: DECIMAL", [json!("-0.1"), json!("12.345"), json!("100")], "{in: [\"12.345\"]}", json!("12,3")),
        Example {
            selection: "{ value currency }",
            ..example(
                "type: CURRENCY",
                [
                    json!({"value": "1.00", "currency": "EUR"}),
                    json!({"value": "2.50", "currency": "EUR"}),
                    json!({"value": "1000", "currency": "JPY"}),
                ],
                "{eq: 2.5}",
                json!({"value": "1.001", "currency": "EUR"}),
            )
        },
        Example {
            values: [json!(false), json!(true), json!(true)],
            only_middle: "",
            ..example("type: BOOLEAN", [json!(false), json!(true), json!(true)], "", json!("yes"))
        },
        example(
            "type: DATE",
            [json!("1999-12-31"), json!("2024-02-29"), json!("2030-01-01")],
            "{eq: \"2024-02-29\"}",
            json!("2023-02-29"),
        ),
        example(
            "type: DATE_TIME",
            [json!("2024-01-01T00:00:00Z"), json!("2024-01-01T00:00:00.5Z"), json!("2024-06-01T12:00:00Z")],
            "{eq: \"2024-01-01T01:00:00.5+01:00\"}",
            json!("noon"),
        ),
        example(select, [json!("B"), json!("A"), json!("C")], "{eq: A}", json!("D")),
        Example {
            sorts: false,
            ..example(tags, [json!(["B"]), json!(["B", "A"]), json!(["C"])], "{containsAll: [A, B]}", json!(["D"]))
        },
        // Compared in the form that is kept.
        example(
            "type: EMAIL",
            [json!("ada@example.com"), json!("bert@example.com"), json!("cleo@example.com")],
            "{eq: \"bert@Example.COM\"}",
            json!("no address"),
        ),
        example(
            "type: PHONE",
            [json!("+16502530000;ext=123"), json!("+49301234567"), json!("+49301234568")],
            "{in: [\"+49 (0)30 1234567\"]}",
            json!("030 1234567"),
        ),
        example(
            "type: URL",
            [json!("https://a.example"), json!("https://b.example/x"), json!("https://c.example")],
            "{eq: \"b.example/x\"}",
            json!("javascript:alert(1)"),
        ),
        example("type: RATING", [json!(1), json!(3), json!(5)], "{gt: 1, lt: 5}", json!(6)),
        Example {
            selection: "{ city country }",
            sorts: false,
            ..example(
                "type: ADDRESS",
                [
                    json!({"city": "Aachen", "country": "DE"}),
                    json!({"city": "Bonn", "country": "DE"}),
                    json!({"city": "Cork", "country": "IE"}),
                ],
                "{city: {startsWith: \"bo\"}, country: {neq: \"IE\"}, isNull: false}",
                json!({"country": "Atlantis"}),
            )
        },
        Example {
            sorts: false,
            ..example("type: JSON", [json!({"a": [1]}), json!([1, null]), json!("text")], "", json!("\u{0}"))
        },
    ]
}

#[tokio::test]
async fn a_field_of_any_type_is_written_read_filtered_sorted_and_grouped_at_once() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (at, example) in examples().into_iter().enumerate() {
        let (name, what) = (format!("field{at}"), example.rest);
        define(&ana, &name, what).await;
        let selection = example.selection;
        let create = format!(
            "mutation($inputs: [ContactCreateInput!]!) {{ createContacts(inputs: $inputs) {{ results {{ contact {{ {name} {selection} }} {ERRORS} }} }} }}"
        );
        let inputs: Vec<Value> = example.values.iter().map(|value| json!({"title": what, &name: value})).collect();
        let data = ana.data(&create, json!({"inputs": inputs})).await;
        for (row, value) in data["createContacts"]["results"].as_array().expect("rows").iter().zip(&example.values) {
            assert_eq!(row["userErrors"], json!([]), "{what}");
            assert!(same(&row["contact"][&name], value), "{what}: {} is not {value}", row["contact"]);
        }
        let list = async |arguments: &str| {
            let query = format!(
                "{{ contacts(filter: {{title: {{eq: {what:?}}}{arguments} {{ nodes {{ {name} {selection} }} }} }}"
            );
            let nodes = ana.data(&query, Value::Null).await["contacts"]["nodes"].clone();
            nodes.as_array().expect("nodes").iter().map(|node| node[&name].clone()).collect::<Vec<_>>()
        };
        if !example.only_middle.is_empty() {
            let met = list(&format!(", {name}: {}}})", example.only_middle)).await;
            assert!(met.len() == 1 && same(&met[0], &example.values[1]), "{what} {met:?}");
        }
        assert_eq!(list(&format!(", {name}: {{isNull: true}}}})")).await.len(), 0);
        if example.sorts {
            let mut down = list(&format!("}}, orderBy: [{{{name}: DESC}}])")).await;
            down.reverse();
            assert!(down.iter().zip(&example.values).all(|(got, wanted)| same(got, wanted)), "{what} {down:?}");
            let key = if selection.is_empty() { name.clone() } else { format!("{name}Currency") };
            let query = format!(
                "{{ contactsAggregate(filter: {{title: {{eq: {what:?}}}}}, groupBy: [{{{key}: {{}}}}]) {{ groups {{ key {{ {key} }} count }} }} }}"
            );
            let groups = ana.data(&query, Value::Null).await["contactsAggregate"]["groups"].clone();
            let counts: i64 =
                groups.as_array().expect("groups").iter().filter_map(|group| group["count"].as_i64()).sum();
            assert_eq!(counts, 3, "{what} {groups}");
        }
        // Null clears, and a bad value is refused where it stands.
        let update = format!(
            "mutation($filter: ContactFilter!, $input: ContactUpdateInput!) {{ updateContacts(filter: $filter, input: $input) {{ results {{ outcome contact {{ {name} {selection} }} {ERRORS} }} }} }}"
        );
        let filter = json!({"title": {"eq": what}});
        let bad = ana.graphql(&update, json!({"filter": filter, "input": {&name: example.bad}})).await;
        let place = bad.body["data"]["updateContacts"]["results"][0]["userErrors"][0]["field"].to_string();
        assert!(bad.code() == "BAD_USER_INPUT" || place.contains(&name), "{what} {}", bad.body);
        let cleared = ana.data(&update, json!({"filter": filter, "input": {&name: null}})).await;
        let rows = cleared["updateContacts"]["results"].as_array().expect("rows").clone();
        assert!(rows.len() == 3 && rows.iter().all(|row| row["contact"][&name].is_null()), "{what} {cleared}");
        assert_eq!(list(&format!(", {name}: {{isNull: true}}}})")).await.len(), 3);
    }
}

fn same(got: &Value, wanted: &Value) -> bool {
    match (got.as_f64(), wanted.as_f64()) {
        (Some(got), Some(wanted)) => got.to_bits() == wanted.to_bits(),
        _ => got == wanted,
    }
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values_and_the_old_name_is_gone() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "nickname", "type: TEXT").await;
    ana.data("mutation { createContact(input: {nickname: \"Ada\"}) { id } }", Value::Null).await;
    let renamed = done(
        &ana,
        "updateField(object: \"Contact\", name: \"nickname\", input: {name: \"callName\", label: \"Call name\"})",
    )
    .await;
    assert_eq!(renamed["field"]["name"], "callName");
    let data = ana.data("{ contacts(filter: {callName: {eq: \"Ada\"}}) { nodes { callName } } }", Value::Null).await;
    assert_eq!(data["contacts"]["nodes"], json!([{"callName": "Ada"}]));
    let old = ana.graphql("{ contacts { nodes { nickname } } }", Value::Null).await;
    assert_eq!(old.code(), "GRAPHQL_VALIDATION_FAILED");
    // The old name is free again, and does not bring old values back.
    define(&ana, "nickname", "type: NUMBER").await;
    let data = ana.data("{ contacts { nodes { callName nickname } } }", Value::Null).await;
    assert_eq!(data["contacts"]["nodes"], json!([{"callName": "Ada", "nickname": null}]));
}

#[tokio::test]
async fn an_archived_field_leaves_the_graph_and_comes_back_with_its_values() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let first = define(&ana, "nickname", "type: TEXT").await["metadataVersion"].as_i64().expect("a version");
    ana.data("mutation { createContact(input: {nickname: \"Ada\"}) { id } }", Value::Null).await;
    let call = |act: &str| format!("{act}(object: \"Contact\", name: \"nickname\")");
    let archived = done(&ana, &call("archiveField")).await;
    assert_eq!(archived["metadataVersion"], first + 1);
    for query in [
        "{ contacts { nodes { nickname } } }",
        "{ contacts(filter: {nickname: {isNull: false}}) { totalCount } }",
        "mutation { createContact(input: {nickname: \"x\"}) { id } }",
    ] {
        let code = ana.graphql(query, Value::Null).await.code().to_owned();
        assert!(code == "GRAPHQL_VALIDATION_FAILED" || code == "BAD_USER_INPUT", "{query} {code}");
    }
    // Said twice it is the same.
    done(&ana, &call("archiveField")).await;
    done(&ana, &call("restoreField")).await;
    let data = ana.data("{ contacts { nodes { nickname } } }", Value::Null).await;
    assert_eq!(data["contacts"]["nodes"], json!([{"nickname": "Ada"}]));
    // Only what is archived can be deleted, and then it is gone.
    assert_eq!(refused(&ana, &call("deleteField")).await, "NOT_ARCHIVED");
    done(&ana, &call("archiveField")).await;
    done(&ana, &call("deleteField")).await;
    assert_eq!(refused(&ana, &call("restoreField")).await, "NOT_FOUND");
}

#[tokio::test]
async fn options_are_added_relabelled_and_put_in_another_order() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let option = |value: &str, label: &str| format!("{{value: \"{value}\", label: \"{label}\"}}");
    let options = [option("LOW", "Low"), option("HIGH", "High")].join(", ");
    define(&ana, "level", &format!("type: SELECT, options: [{options}]")).await;
    for level in ["LOW", "HIGH"] {
        ana.data(&format!("mutation {{ createContact(input: {{level: {level}}}) {{ id }} }}"), Value::Null).await;
    }
    let options = [option("HIGH", "Top"), option("MIDDLE", "Middle"), option("LOW", "Low")].join(", ");
    let changed =
        done(&ana, &format!("updateField(object: \"Contact\", name: \"level\", input: {{options: [{options}]}})"))
            .await;
    assert_eq!(changed["field"]["options"][0], json!({"value": "HIGH", "label": "Top"}));
    let data = ana.data("{ contacts(orderBy: [{level: ASC}]) { nodes { level } } }", Value::Null).await;
    assert_eq!(data["contacts"]["nodes"], json!([{"level": "HIGH"}, {"level": "LOW"}]));
    let created =
        ana.data("mutation { createContact(input: {level: MIDDLE}) { contact { level } } }", Value::Null).await;
    assert_eq!(created["createContact"]["contact"]["level"], "MIDDLE");
}

#[tokio::test]
async fn a_bad_definition_is_refused_with_a_code_and_changes_nothing() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "taken", "type: TEXT").await;
    let before = app.dump(&ana).await;
    let create = |object: &str, name: &str, rest: &str| {
        format!("createField(object: \"{object}\", input: {{name: \"{name}\", label: \"x\", {rest}}})")
    };
    for (call, code) in [
        (create("Nothing", "x", "type: TEXT"), "NOT_FOUND"),
        (create("Contact", "taken", "type: TEXT"), "NAME_TAKEN"),
        (create("Contact", "lastName", "type: TEXT"), "NAME_TAKEN"),
        (create("Contact", "companyId", "type: TEXT"), "NAME_TAKEN"),
        (create("Contact", "Upper", "type: TEXT"), "INVALID_NAME"),
        (create("Contact", "a b", "type: TEXT"), "INVALID_NAME"),
        (create("Contact", "__x", "type: TEXT"), "INVALID_NAME"),
        (create("Contact", "", "type: TEXT"), "INVALID_NAME"),
        (create("Contact", "and", "type: TEXT"), "INVALID_NAME"),
        (create("Contact", "choice", "type: SELECT, options: [{value: \"a b\", label: \"x\"}]"), "INVALID_NAME"),
        (create("Contact", "related", "type: ID"), "UNSUPPORTED_TYPE"),
        (create("Contact", "related", "type: RELATION, target: \"Nothing\""), "NOT_FOUND"),
        ("updateField(object: \"Contact\", name: \"nothing\", input: {label: \"x\"})".into(), "NOT_FOUND"),
        ("archiveField(object: \"Contact\", name: \"lastName\")".into(), "READ_ONLY"),
    ] {
        let got = refused(&ana, &call).await;
        // Names that cannot be: either is a good reason.
        let alike = ["NAME_TAKEN", "INVALID_NAME"];
        assert!(got == code || (alike.contains(&code) && alike.contains(&&*got)), "{call}: {got}, not {code}");
    }
    assert_eq!(app.dump(&ana).await, before);
}
