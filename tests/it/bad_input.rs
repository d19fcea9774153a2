//! Whatever is sent, the answer is data or an error with a code, and says nothing of what is inside.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::{
    isolation::fill,
    sdl::{Argument, Root, Sdl},
    support::{Answer, Client, Tape, TestApp, for_tapes},
};

/// These end or open sessions: asked without one.
const WITHOUT_SESSION: &[&str] = &["signUp", "signIn", "refreshSession", "signOut"];

/// What a message would say only by accident.
const INTERNAL: &[&str] = &[
    "panicked",
    "unwrap",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "deleted_at",
    "syntax error",
    "relation \"",
    "column \"",
    "rapport_t_",
    "\"t_",
    "tokio",
    "sqlx",
    "sea_orm",
    "postgres",
    "src/",
    ".rs:",
    "SQLSTATE",
    "DbError",
    "Error(",
];

fn proper(answer: &Answer) -> Result<(), String> {
    let text = answer.body.to_string();
    let bad = |why: &str| Err(format!("{why}: {} {}", answer.status, text.chars().take(3_000).collect::<String>()));
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    for error in &errors {
        match error["extensions"]["code"].as_str() {
            None => return bad("an error without a code"),
            Some("INTERNAL_SERVER_ERROR" | "TIMEOUT" | "OVERLOADED") => return bad("our own fault"),
            Some(_) => {}
        }
        let message = error["message"].as_str().unwrap_or_default();
        if message.is_empty() || INTERNAL.iter().any(|word| message.contains(word)) {
            return bad("a message that says too much or nothing");
        }
    }
    if errors.is_empty() && answer.body.get("data").is_none() {
        return bad("neither data nor errors");
    }
    Ok(())
}

fn garbage(tape: &mut Tape) -> Value {
    match tape.below(50) {
        0 => json!(null),
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(2_147_483_648_i64),
        5 => json!(i64::MAX),
        6 => json!(1e308),
        7 => json!(-0.0),
        8 => json!(1.5),
        9 => json!([]),
        10 => json!([null]),
        11 => json!([[]]),
        12 => json!({}),
        13 => json!({"a": {"b": []}}),
        14 => json!("x".repeat(20_000)),
        15 => json!(u64::MAX),
        _ => json!(tape.pick(&[
            "",
            " ",
            "x",
            "\u{0}",
            "a\u{0}b",
            "e\u{301}",
            "\u{1f642}",
            "7",
            "00000000-0000-0000-0000-000000000000",
            "NaN",
            "Infinity",
            "1e400",
            "1e30",
            "-",
            "0000-01-01",
            "9999-12-31",
            "10000-01-01",
            "2024-02-30",
            "-123-01-01",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "2024-06-30T23:59:60Z",
            "2024-01-01T00:00:00+99:99",
            "EUR",
            "XXX",
            "%\\",
            "{",
            "'; --",
            "Mars/Olympus",
            "Europe/Berlin",
            "\u{feff}",
            "\u{202e}",
            "$1",
            "-0",
            "1_000",
            "١٢",
            "999999999999999999999999999999999999999999999999",
            "0.00000000000000000000000000000000000001",
        ])),
    }
}

struct Values<'v> {
    sdl: &'v Sdl,
    ids: Vec<String>,
}

impl Values<'_> {
    /// A value that mostly fits its type, with garbage in places.
    fn random(&self, tape: &mut Tape, ty: &str, depth: usize) -> Value {
        if tape.chance(12) {
            return garbage(tape);
        }
        let ty = ty.trim_end_matches('!');
        if let Some(item) = ty.strip_prefix('[') {
            let item = item.trim_end_matches(']');
            return (0..tape.below(4)).map(|_| self.random(tape, item, depth)).collect();
        }
        if !self.sdl.options(ty).is_empty() {
            return json!(self.sdl.options(ty)[tape.below(self.sdl.options(ty).len())]);
        }
        let fields = self.sdl.inputs(ty);
        if !fields.is_empty() {
            let count = if self.sdl.is_one_of(ty) { 1 } else { tape.below(4) };
            let count = if depth == 0 { count.min(1) } else { count };
            let deep = |field: &Argument| depth > 0 || self.sdl.inputs(&field.ty).is_empty();
            let fields: Vec<_> = fields.iter().filter(|field| deep(field)).collect();
            if fields.is_empty() {
                return json!({});
            }
            let one = |_| {
                let field = fields[tape.below(fields.len())];
                (field.name.clone(), self.random(tape, &field.ty, depth.saturating_sub(1)))
            };
            return (0..count).map(one).collect();
        }
        match ty {
            "ID" => json!(self.ids[tape.below(self.ids.len())]),
            "Int" => json!(tape.pick(&[0, 1, 2, 50])),
            "Float" => json!(tape.pick(&[0.5, 2.0, 1e10])),
            "Boolean" => json!(tape.below(2) == 0),
            "Date" => json!(tape.pick(&["2024-02-29", "0001-01-01", "9999-12-31"])),
            "DateTime" => {
                json!(tape.pick(&["2024-02-29T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]))
            }
            "Decimal" => json!(tape.pick(&["12.50", "-1", "100000000000000000000", "92233720368547758.07"])),
            _ => json!(tape.pick(&["Contact", "name", "lastName", "madeUp", "Europe/Berlin", "EUR", "ada", "TEXT"])),
        }
    }
}

/// The value in the document itself.
fn written(sdl: &Sdl, ty: &str, value: &Value) -> String {
    let inner = ty.trim_end_matches('!');
    match value {
        Value::Array(items) => {
            let item_type = inner.strip_prefix('[').map_or(inner, |item| item.trim_end_matches(']'));
            let items: Vec<String> = items.iter().map(|item| written(sdl, item_type, item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field_type = |name: &str| {
                sdl.inputs(inner)
                    .iter()
                    .find(|field| field.name == name)
                    .map(|field| field.ty.clone())
                    .unwrap_or_default()
            };
            let fields =
                fields.iter().map(|(name, value)| format!("{name}: {}", written(sdl, &field_type(name), value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::String(option) if sdl.options(ty).contains(option) => option.clone(),
        other => other.to_string(),
    }
}

/// Everything of an answer that needs no arguments.
fn selection(sdl: &Sdl, ty: &str) -> String {
    let fields = sdl.fields(ty);
    if fields.is_empty() {
        return String::new();
    }
    let wanted = fields.iter().filter(|field| field.arguments.is_empty()).take(12);
    let one = |field: &Root| {
        let leaf = sdl.fields(&field.ty).is_empty();
        if leaf { field.name.clone() } else { format!("{} {{ __typename }}", field.name) }
    };
    format!("{{ __typename {} }}", wanted.map(one).collect::<Vec<_>>().join(" "))
}

async fn ask(app: &TestApp, client: &Client, root: &Root, query: &str, variables: &Value) -> Result<Value, String> {
    let answer = if WITHOUT_SESSION.contains(&&*root.name) {
        app.post("/graphql", json!({"query": query, "variables": variables})).await
    } else {
        client.graphql(query, variables.clone()).await
    };
    let shown: String = format!("{query}\n{variables}").chars().take(4_000).collect();
    proper(&answer).map_err(|why| format!("{why}\n{shown}"))?;
    Ok(without_request_id(answer.body))
}

fn without_request_id(mut body: Value) -> Value {
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"].as_object_mut().expect("extensions").remove("requestId");
    }
    if body["errors"].is_null() {
        body.as_object_mut().expect("an object").remove("errors");
    }
    body
}

/// The same document as nobody sent it before.
fn fresh(query: &str) -> String {
    static SENT: AtomicUsize = AtomicUsize::new(0);
    format!("{query} # {}", SENT.fetch_add(1, Ordering::Relaxed))
}

/// What `ask` answers to these variables is the same of a new document, of a known one, and after a request that was right.
async fn is_told_alike(
    ask: impl AsyncFn(&str, &Value) -> Result<Value, String>,
    query: &str,
    variables: &Value,
    right: &Value,
) -> Result<Value, String> {
    let query = fresh(query);
    let first = ask(&query, variables).await?;
    // A mutation that ran: the next may find another world.
    if query.starts_with("mutation") && first.get("data").is_some() {
        return Ok(first);
    }
    let again = ask(&query, variables).await?;
    ask(&query, right).await?;
    let then = ask(&query, variables).await?;
    if first == again && first == then {
        return Ok(first);
    }
    let shown: String = variables.to_string().chars().take(2_000).collect();
    Err(format!("{query}\n{shown}\nat first {first}\nagain {again}\nafter a right one {then}"))
}

#[test]
fn garbage_for_any_argument_of_any_operation_is_refused_in_words() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sdl = Sdl::base();
    let (app, client, known) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.sign_up("ana").await;
        let known = fill(&sdl, &client, "hers").await;
        (app, client, known)
    });
    let mut ids: Vec<String> = known.ids.into_values().collect();
    ids.push("00000000-0000-7000-8000-000000000000".to_owned());
    let values = Values { sdl: &sdl, ids };
    let failures = RefCell::new(Vec::new());
    for (kind, operation) in [("Query", "query"), ("Mutation", "mutation")] {
        for root in sdl.fields(kind).iter().filter(|root| !root.arguments.is_empty()) {
            let (name, selection) = (&root.name, selection(&sdl, &root.ty));
            let declared: Vec<_> = root.arguments.iter().map(|one| format!("${}: {}", one.name, one.ty)).collect();
            let passed: Vec<_> = root.arguments.iter().map(|one| format!("{0}: ${0}", one.name)).collect();
            let by_variables =
                format!("{operation}({}) {{ it: {name}({}) {selection} }}", declared.join(", "), passed.join(", "));
            let id = |_: &str, _: &str| json!("00000000-0000-7000-8000-000000000000");
            let required = root.arguments.iter().filter(|argument| argument.is_required());
            let right: Value = required.map(|one| (one.name.clone(), sdl.value("", one, &id))).collect();
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                for_tapes(20, 60, |tape| {
                    let mut arguments = Vec::new();
                    for argument in &root.arguments {
                        if argument.is_required() || tape.chance(60) {
                            arguments.push((argument, values.random(tape, &argument.ty, 3)));
                        }
                    }
                    let variables =
                        arguments.iter().map(|(argument, value)| (argument.name.clone(), value.clone())).collect();
                    let ask_root =
                        async |query: &str, variables: &Value| ask(&app, &client, root, query, variables).await;
                    runtime.block_on(is_told_alike(ask_root, &by_variables, &variables, &right))?;
                    if tape.chance(30) {
                        let literals: Vec<_> = arguments
                            .iter()
                            .map(|(argument, value)| {
                                format!("{}: {}", argument.name, written(&sdl, &argument.ty, value))
                            })
                            .collect();
                        let arguments =
                            if literals.is_empty() { String::new() } else { format!("({})", literals.join(", ")) };
                        let query = format!("{operation} {{ it: {name}{arguments} {selection} }}");
                        runtime.block_on(ask(&app, &client, root, &query, &Value::Null))?;
                    }
                    Ok(())
                });
            }));
            if let Err(panic) = panicked {
                let why = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                failures.borrow_mut().push(format!("{name}: {why}"));
            }
        }
    }
    let failures = failures.into_inner();
    assert!(failures.is_empty(), "{} operations:\n{}", failures.len(), failures.join("\n\n"));
}

#[tokio::test]
async fn what_is_no_document_is_refused_with_a_place() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ contacts { totalCount } } }", "GRAPHQL_PARSE_FAILED"),
        ("\u{0}", "GRAPHQL_PARSE_FAILED"),
        ("SELECT * FROM contact", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { nodes { nothing } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(nothing: 1) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contact { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Nothing) { contacts { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(first: $x) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: contacts { totalCount } a: companies { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query($x: [Nothing] = [1]) { contacts(first: $x) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Int!) { contacts(first: $x) { totalCount } }", "BAD_USER_INPUT"),
    ] {
        let answer = ana.graphql(query, Value::Null).await;
        assert_eq!(answer.code(), code, "{query} {}", answer.body);
        proper(&answer).expect(query);
        assert!(answer.body.get("data").is_none(), "a request error has no data: {}", answer.body);
    }
}

#[tokio::test]
async fn what_is_too_deep_too_long_or_too_much_is_refused_by_its_limit() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let list = "query($f: ContactFilter, $o: [ContactOrder!]) { contacts(filter: $f, orderBy: $o) { totalCount } }";
    let deep = |depth: usize| (0..depth).fold(json!({"lastName": {"eq": "x"}}), |inner, _| json!({"not": inner}));
    let wide = |count: usize| json!({"or": vec![json!({"lastName": {"eq": "x"}}); count]});
    let create =
        "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { outcome } } }";
    for (query, variables, right) in [
        (list, json!({"f": deep(60)}), json!({})),
        (list, json!({"f": wide(600)}), json!({})),
        (list, json!({"o": vec![json!({"lastName": "ASC"}); 9]}), json!({})),
        (create, json!({"inputs": vec![json!({"lastName": "x"}); 1_001]}), json!({"inputs": []})),
    ] {
        let ask = async |query: &str, variables: &Value| {
            let answer = ana.graphql(query, variables.clone()).await;
            proper(&answer).map(|()| without_request_id(answer.body))
        };
        let body = is_told_alike(ask, query, &variables, &right).await.expect("words");
        let shown = body.to_string().chars().take(500).collect::<String>();
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{shown}");
    }
    for (query, variables) in [(list, json!({"f": deep(12)})), (list, json!({"f": wide(200)}))] {
        assert_eq!(ana.data(query, variables).await["contacts"]["totalCount"], 0);
    }
    // Many ids in one operand are one condition.
    let ids = vec!["00000000-0000-7000-8000-000000000000"; 10_000];
    assert_eq!(ana.data(list, json!({"f": {"id": {"in": ids}}})).await["contacts"]["totalCount"], 0);
}

#[tokio::test]
async fn a_wrong_value_of_a_variable_is_told_with_its_place_whether_or_not_the_document_is_known() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let ask = async |query: &str, variables: &Value| {
        let answer = ana.graphql(query, variables.clone()).await;
        proper(&answer).map(|()| without_request_id(answer.body))
    };
    let list = "query($f: ContactFilter, $o: [ContactOrder!], $n: Int) { contacts(filter: $f, orderBy: $o, first: $n) { totalCount } }";
    let create = "mutation($i: ContactCreateInput!) { createContact(input: $i) { id userErrors { code } } }";
    let field =
        "mutation($i: CreateFieldInput!) { createField(object: \"Contact\", input: $i) { userErrors { code } } }";
    let one = "query($id: ID!) { contact(id: $id) { id } }";
    let leaf = "query($o: Direction, $ids: [ID!]) { contacts(filter: {id: {in: $ids}}, orderBy: [{lastName: $o}]) { totalCount } }";
    let right = json!({"lastName": "x"});
    for (query, wrong, right, expected) in [
        (
            list,
            json!({"f": {"nothing": 1}}),
            json!({}),
            "\"$f\" has an invalid value at \"f\": \"ContactFilter\" has no field \"nothing\".",
        ),
        (
            list,
            json!({"o": [{"lastName": "ASC"}, null]}),
            json!({}),
            "\"$o\" has an invalid value at \"o.1\": expected type \"ContactOrder!\".",
        ),
        (
            list,
            json!({"o": {"lastName": "UP"}}),
            json!({}),
            "\"$o\" has an invalid value at \"o.lastName\": \"Direction\" has no value \"UP\".",
        ),
        (list, json!({"n": 1.0}), json!({}), "\"$n\" has an invalid value at \"n\": expected type \"Int\"."),
        (
            create,
            json!({}),
            json!({"i": right}),
            "\"$i\" of type \"ContactCreateInput!\" is required, but was left out.",
        ),
        (
            create,
            json!({"i": null}),
            json!({"i": right}),
            "\"$i\" has an invalid value at \"i\": expected type \"ContactCreateInput!\".",
        ),
        (
            create,
            json!({"i": {"lastName": 7}}),
            json!({"i": right}),
            "\"$i\" has an invalid value at \"i.lastName\": expected type \"String\".",
        ),
        (
            create,
            json!({"i": {"lastNam": "x"}}),
            json!({"i": right}),
            "\"$i\" has an invalid value at \"i\": \"ContactCreateInput\" has no field \"lastNam\".",
        ),
        (
            field,
            json!({"i": {"name": "x"}}),
            json!({"i": {"name": "x", "label": "X", "type": "TEXT"}}),
            "\"$i\" has an invalid value at \"i\": field \"type\" of type \"FieldType!\" is required.",
        ),
        (one, json!({}), json!({"id": "x"}), "\"$id\" of type \"ID!\" is required, but was left out."),
        (one, json!({"id": 1.5}), json!({"id": "x"}), "\"$id\" has an invalid value at \"id\": expected type \"ID\"."),
        (
            leaf,
            json!({"o": 7}),
            json!({"o": "ASC"}),
            "\"$o\" has an invalid value at \"o\": expected type \"Direction\".",
        ),
        (
            leaf,
            json!({"o": "ASC", "ids": [null]}),
            json!({"o": "ASC"}),
            "\"$ids\" has an invalid value at \"ids.0\": expected type \"ID!\".",
        ),
    ] {
        let body = is_told_alike(&ask, query, &wrong, &right).await.expect("one answer");
        assert_eq!(body["errors"][0]["message"], format!("Variable {expected}"), "{wrong} {body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        assert!(body["errors"][0]["locations"].is_array() && body.get("data").is_none(), "{body}");
    }
    // What an operation does not declare is not its concern, and one value stands for a list of one.
    let id = ana.data(create, json!({"i": {"lastName": "Lee"}})).await["createContact"]["id"].clone();
    let found = ana.data(leaf, json!({"o": "ASC", "ids": id, "nobody": {"asked": []}})).await;
    assert_eq!(found["contacts"]["totalCount"], 1);
    let tags = json!({"name": "tags", "label": "Tags", "type": "MULTI_SELECT", "options": {"value": "BIG"}});
    let made = ana.data(field, json!({"i": tags})).await;
    assert_eq!(made["createField"]["userErrors"], json!([]));
    let tagged = ana.data(create, json!({"i": {"lastName": "Lee", "tags": "BIG"}})).await;
    assert_eq!(tagged["createContact"]["userErrors"], json!([]));
}
