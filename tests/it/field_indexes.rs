//! Indexes of custom fields: built beside the serving of requests, used by conditions, gone with their field.

use std::time::{Duration, Instant};

use rapport_domain::{
    plan::Plan,
    query::{Arg, Field, Keyed, ListArgs, ListField, Query, Variables},
    rights::Viewer,
};
use serde_json::{Value, json};

use crate::support::{Client, Tape, TestApp, for_tapes};

/// Kinds of fields that can have an index, with values to choose from and conditions to ask.
const KINDS: &[(&str, &[&str], &[&str])] = &[
    ("TEXT", &["\"a\"", "\"A\"", "\"ä\"", "\"b c\"", "\"\""], &["eq", "neq", "lt", "lte", "gt", "gte", "contains"]),
    ("EMAIL", &["\"a@x.org\"", "\"b@x.org\"", "\"B@y.org\""], &["eq", "neq", "startsWith"]),
    ("NUMBER", &["-1", "0", "0.5", "1", "1e9", "12345678901234567"], &["eq", "neq", "lt", "lte", "gt", "gte"]),
    ("DECIMAL", &["\"-0.1\"", "\"0\"", "\"12.50\"", "\"1000000000000\""], &["eq", "neq", "lt", "lte", "gt", "gte"]),
    ("DATE", &["\"0001-01-01\"", "\"1999-12-31\"", "\"2024-02-29\""], &["eq", "neq", "lt", "lte", "gt", "gte"]),
    (
        "DATE_TIME",
        &["\"2024-01-01T00:00:00Z\"", "\"2024-01-01T01:00:00.5+01:00\"", "\"1969-07-20T20:17:40.000001Z\""],
        &["eq", "neq", "lt", "lte", "gt", "gte"],
    ),
    ("RATING", &["1", "3", "5"], &["eq", "neq", "lt", "lte", "gt", "gte"]),
    ("SELECT", &["A", "B", "C"], &["eq", "neq"]),
];

async fn define(client: &Client, name: &str, kind: &str, filterable: bool) {
    let options = if kind == "SELECT" { ", options: [{value: \"B\"}, {value: \"A\"}, {value: \"C\"}]" } else { "" };
    change(
        client,
        &format!(
            "createField(object: \"Contact\", input: {{name: \"{name}\", type: {kind}, filterable: {filterable}{options}}})"
        ),
    )
    .await;
}

async fn change(client: &Client, call: &str) {
    let data = client.data(&format!("mutation {{ a: {call} {{ userErrors {{ code message }} }} }}"), Value::Null).await;
    assert_eq!(data["a"]["userErrors"], json!([]), "{call}");
}

async fn state(client: &Client, field: &str) -> String {
    let data = client.data("{ object(name: \"Contact\") { fields { name indexState } } }", Value::Null).await;
    let fields = data["object"]["fields"].as_array().expect("fields");
    let found = fields.iter().find(|known| known["name"] == *field).unwrap_or_else(|| panic!("no {field}"));
    found["indexState"].as_str().expect("a state").to_owned()
}

async fn becomes(client: &Client, field: &str, wanted: &str) {
    let since = Instant::now();
    loop {
        let state = state(client, field).await;
        if state == wanted {
            return;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{field} is {state}, not {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn indexes(app: &TestApp) -> Vec<String> {
    let sql = "SELECT indexrelid::regclass::text FROM pg_index WHERE indexrelid::regclass::text LIKE '%cf\\_%' AND indisvalid ORDER BY 1";
    app.database.owner().await.query(sql, &[]).await.expect("a list").iter().map(|row| row.get(0)).collect()
}

/// Waits until there are so many.
async fn come_to(app: &TestApp, number: usize) -> Vec<String> {
    let since = Instant::now();
    loop {
        let found = indexes(app).await;
        if found.len() == number {
            return found;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{found:?}, not {number}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_changes_no_answer() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (at, (kind, ..)) in KINDS.iter().enumerate() {
        define(&ana, &format!("with{at}"), kind, true).await;
        define(&ana, &format!("without{at}"), kind, false).await;
    }
    let mut tape = Tape::of_seed(7);
    let mut rows = Vec::new();
    for _ in 0..60 {
        let mut row = vec!["lastName: \"x\"".to_owned()];
        for (at, (_, values, _)) in KINDS.iter().enumerate() {
            if tape.chance(75) {
                let value = tape.pick(values);
                row.push(format!("with{at}: {value}, without{at}: {value}"));
            }
        }
        rows.push(format!("{{{}}}", row.join(", ")));
    }
    let create = format!(
        "mutation {{ createContacts(inputs: [{}]) {{ results {{ userErrors {{ message }} }} }} }}",
        rows.join(",")
    );
    let data = ana.data(&create, Value::Null).await;
    assert!(
        data["createContacts"]["results"].as_array().expect("rows").iter().all(|row| row["userErrors"] == json!([]))
    );
    for at in 0..KINDS.len() {
        becomes(&ana, &format!("with{at}"), "READY").await;
        assert_eq!(state(&ana, &format!("without{at}")).await, "NONE");
    }
    let (runtime, client) = (tokio::runtime::Handle::current(), ana.clone());
    tokio::task::spawn_blocking(move || {
        for_tapes(60, 24, |tape| {
            let at = tape.below(KINDS.len());
            let (_, values, operators) = KINDS[at];
            let condition = match tape.below(5) {
                0 => format!("{{in: [{}, {}]}}", tape.pick(values), tape.pick(values)),
                1 => format!("{{notIn: [{}]}}", tape.pick(values)),
                2 => "{isNull: true}".to_owned(),
                _ => format!("{{{}: {}}}", tape.pick(operators), tape.pick(values)),
            };
            let order = tape.pick(&["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"]);
            let negated = tape.chance(30);
            let list = |name: &str| {
                let filter = format!("{name}{at}: {condition}");
                let filter = if negated { format!("not: {{{filter}}}") } else { filter };
                format!("contacts(first: 100, filter: {{{filter}}}, orderBy: [{{{name}{at}: {order}}}]) {{ nodes {{ id }} }}")
            };
            let query = format!("{{ a: {} b: {} }}", list("with"), list("without"));
            let data = runtime.block_on(client.data(&query, Value::Null));
            if data["a"] == data["b"] { Ok(()) } else { Err(format!("{query}\n{data}")) }
        });
    })
    .await
    .expect("equal answers");
}

#[tokio::test]
async fn a_filtered_list_uses_the_index() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "territory", "TEXT", true).await;
    define(&ana, "score", "NUMBER", true).await;
    define(&ana, "renewal", "DATE", true).await;
    let scope = app
        .app
        .tenancy
        .system_scope(ana.workspace["id"].as_str().expect("an id"))
        .await
        .expect("a database")
        .expect("the workspace");
    let owner = app.database.owner().await;
    let fill = format!(
        "INSERT INTO {schema}.contact (id, last_name, custom)
         SELECT gen_random_uuid(), 'x', (SELECT jsonb_object_agg(key, CASE name WHEN 'score' THEN to_jsonb(n) WHEN 'renewal'
           THEN to_jsonb((date '2000-01-01' + n)::text) ELSE to_jsonb('T' || n % 500) END) FROM {schema}.metadata_field)
         FROM generate_series(1, 5000) n",
        schema = scope.schema()
    );
    owner.batch_execute(&fill).await.expect("records");
    change(&ana, "updateField(object: \"Contact\", name: \"score\", input: {filterable: false})").await;
    come_to(&app, 2).await;
    change(&ana, "updateField(object: \"Contact\", name: \"score\", input: {filterable: true})").await;
    for name in ["territory", "score", "renewal"] {
        becomes(&ana, name, "READY").await;
    }
    owner.batch_execute(&format!("ANALYZE {}.contact", scope.schema())).await.expect("statistics");
    let db = app.app.tenancy.open(&scope);
    let catalog = app.app.graph.catalogs.of(&db).await.expect("a catalog").catalog;
    for (filter, found) in [
        (json!({"territory": {"eq": "T7"}}), 10),
        (json!({"territory": {"in": ["T7", "T8"]}}), 20),
        (json!({"score": {"gte": 4991}}), 10),
        (json!({"renewal": {"lt": "2000-01-11"}}), 9),
    ] {
        let args = ListArgs { filter: Arg::Value(filter.clone()), ..ListArgs::default() };
        let id = Keyed { key: "id".into(), what: Field::Value { name: "id".into() } };
        let nodes = Keyed { key: "nodes".into(), what: ListField::Nodes(vec![id]) };
        let query = Query::List { object: "Contact".into(), args, select: vec![nodes] };
        let plan = Plan::compile(&query, catalog.clone()).expect("a plan");
        let scans = format!(
            "SELECT sum(pg_stat_get_xact_numscans(c.oid))::bigint FROM pg_class c WHERE c.relnamespace = '{}'::regnamespace AND c.relname LIKE 'cf\\_%'",
            scope.schema()
        );
        let tx = db.begin().await.expect("a transaction");
        let mut out = Vec::new();
        let origin = rapport_domain::record::Origin::default();
        plan.run(&tx, &Viewer::default(), &Variables::new(), &origin, &mut out).await.expect("an answer");
        let used: i64 = tx.query(&scans, &[]).await.expect("a number")[0].get(0);
        let answer: Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(answer["nodes"].as_array().map(Vec::len), Some(found), "{filter}");
        assert!(used > 0, "{filter} used no index of a custom field");
    }
}

#[tokio::test]
async fn an_index_goes_with_its_field_and_comes_back_with_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "territory", "TEXT", true).await;
    let first = come_to(&app, 1).await;
    change(&ana, "archiveField(object: \"Contact\", name: \"territory\")").await;
    come_to(&app, 0).await;
    change(&ana, "restoreField(object: \"Contact\", name: \"territory\")").await;
    assert_eq!(come_to(&app, 1).await, first);
    becomes(&ana, "territory", "READY").await;
    change(&ana, "updateField(object: \"Contact\", name: \"territory\", input: {filterable: false})").await;
    come_to(&app, 0).await;
    becomes(&ana, "territory", "NONE").await;
    change(&ana, "updateField(object: \"Contact\", name: \"territory\", input: {filterable: true})").await;
    come_to(&app, 1).await;
    change(&ana, "archiveField(object: \"Contact\", name: \"territory\")").await;
    change(&ana, "deleteField(object: \"Contact\", name: \"territory\")").await;
    come_to(&app, 0).await;
}

#[tokio::test]
async fn a_build_that_was_cut_off_is_done_again_by_whoever_serves_the_workspace_next() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "territory", "TEXT", true).await;
    let index = come_to(&app, 1).await.remove(0);
    becomes(&ana, "territory", "READY").await;
    let owner = app.database.owner().await;
    let schema = index.split('.').next().expect("a schema");
    let cut = format!(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass;
         UPDATE {schema}.metadata_field SET index_state = 'BUILDING'; UPDATE {schema}.metadata_version SET version = version + 1"
    );
    owner.batch_execute(&cut).await.expect("an index that is not whole");
    assert_eq!(indexes(&app).await.len(), 0);

    let other = app.second_node().await;
    becomes(&ana.at(&other.url("")), "territory", "READY").await;

    assert_eq!(indexes(&app).await, [index]);
}

#[tokio::test]
async fn a_value_that_is_too_long_for_an_index_fails_the_index_and_nothing_else() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "motto", "TEXT", false).await;
    // What repeats would be compressed.
    let mut tape = Tape::of_seed(3);
    let long: String = (0..9_000).map(|_| char::from(b'!' + u8::try_from(tape.below(90)).expect("small"))).collect();
    let create =
        "mutation($motto: String) { createContact(input: {lastName: \"x\", motto: $motto}) { contact { id } } }";
    ana.data(create, json!({"motto": long})).await;
    change(&ana, "updateField(object: \"Contact\", name: \"motto\", input: {filterable: true})").await;
    becomes(&ana, "motto", "FAILED").await;
    let query = "query($motto: String) { contacts(filter: {motto: {eq: $motto}}) { nodes { lastName } } }";
    let data = ana.data(query, json!({"motto": long})).await;
    assert_eq!(data["contacts"]["nodes"], json!([{"lastName": "x"}]));

    ana.data("mutation { updateContacts(filter: {lastName: {eq: \"x\"}}, input: {motto: \"short\"}) { results { outcome } } }", Value::Null)
        .await;
    change(&ana, "updateField(object: \"Contact\", name: \"motto\", input: {label: \"Motto\"})").await;
    becomes(&ana, "motto", "READY").await;
}

#[tokio::test]
async fn a_field_that_cannot_be_unique_says_which_records_clash_and_lets_no_more_in() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (object, create) in [("Contact", "createContact"), ("Horse", "createHorse")] {
        if object == "Horse" {
            change(&ana, "createObject(input: {name: \"Horse\", plural: \"horses\"})").await;
        }
        change(&ana, &format!("createField(object: \"{object}\", input: {{name: \"tag\", type: TEXT}})")).await;
        let name = if object == "Horse" { "name" } else { "lastName" };
        let record = |tag: &str| {
            let mutation = format!(
                "mutation {{ it: {create}(input: {{{name}: \"x\", tag: \"{tag}\"}}) {{ {} {{ id }} userErrors {{ code field }} }} }}",
                object.to_lowercase()
            );
            let ana = &ana;
            async move { ana.data(&mutation, Value::Null).await["it"].take() }
        };
        let mut ids = Vec::new();
        for tag in ["a", "b", "a"] {
            ids.push(record(tag).await[object.to_lowercase()]["id"].clone());
        }
        change(&ana, &format!("updateField(object: \"{object}\", name: \"tag\", input: {{unique: true}})")).await;
        let ask = format!(
            "{{ object(name: \"{object}\") {{ fields {{ name indexState indexError indexClashes {{ value records }} }} }} }}"
        );
        let until = Instant::now() + Duration::from_secs(30);
        let field = loop {
            let fields = ana.data(&ask, Value::Null).await["object"]["fields"].take();
            let field = fields.as_array().unwrap().iter().find(|field| field["name"] == "tag").unwrap().clone();
            if field["indexState"] == "FAILED" || Instant::now() > until {
                break field;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(field["indexClashes"], json!([{"value": "a", "records": [ids[0], ids[2]]}]), "{field}");
        assert_eq!(field["indexError"], "Several records have the same value.");
        assert_eq!(record("b").await["userErrors"], json!([{"code": "DUPLICATE", "field": ["tag"]}]));

        // Put right, and tried again.
        let gone = format!("mutation($id: ID!) {{ delete{object}(id: $id) {{ userErrors {{ code }} }} }}");
        ana.data(&gone, json!({"id": ids[2]})).await;
        change(&ana, &format!("updateField(object: \"{object}\", name: \"tag\", input: {{unique: true}})")).await;
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let fields = ana.data(&ask, Value::Null).await["object"]["fields"].take();
            let field = fields.as_array().unwrap().iter().find(|field| field["name"] == "tag").unwrap().clone();
            if field["indexState"] == "READY" {
                assert_eq!((&field["indexClashes"], &field["indexError"]), (&json!([]), &Value::Null));
                break;
            }
            assert!(Instant::now() < until, "{field}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn there_are_so_many_indexes_and_a_plan_may_say_how_many() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let schema = crate::support::schema_of(&ana);
    app.sql(&format!("INSERT INTO {schema}.entitlement VALUES ('indexes_per_object', 2)")).await.unwrap();
    define(&ana, "one", "TEXT", true).await;
    define(&ana, "two", "NUMBER", true).await;
    define(&ana, "plain", "NUMBER", false).await;
    for call in [
        "createField(object: \"Contact\", input: {name: \"three\", type: TEXT, filterable: true})",
        "updateField(object: \"Contact\", name: \"plain\", input: {filterable: true})",
        "createField(object: \"Contact\", input: {name: \"three\", type: TEXT, unique: true})",
    ] {
        let answer =
            ana.data(&format!("mutation {{ it: {call} {{ userErrors {{ code field }} }} }}"), Value::Null).await;
        let key = if call.contains("unique") { "unique" } else { "filterable" };
        assert_eq!(answer["it"]["userErrors"], json!([{"code": "LIMIT_REACHED", "field": ["input", key]}]), "{call}");
    }
    // One that gives its index up makes room.
    change(&ana, "updateField(object: \"Contact\", name: \"one\", input: {filterable: false})").await;
    change(&ana, "updateField(object: \"Contact\", name: \"plain\", input: {filterable: true})").await;
}

#[tokio::test]
async fn a_list_at_the_other_end_of_an_own_relation_is_read_by_its_index() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    change(&ana, "createObject(input: {name: \"Horse\", plural: \"horses\"})").await;
    change(&ana, "createField(object: \"Horse\", input: {name: \"rider\", type: RELATION, target: \"Contact\", inverse: \"horses\"})").await;
    come_to(&app, 2).await;
    let schema = crate::support::schema_of(&ana);
    app.sql(&format!(
        "INSERT INTO {schema}.contact (id, last_name) SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'C' || n FROM generate_series(1, 2000) AS n;
         INSERT INTO {schema}.custom_record (id, object, custom) SELECT gen_random_uuid(), 'Horse',
           jsonb_build_object('name', 'H' || n, 'rider', '00000000-0000-7000-8000-' || lpad((1 + n % 2000)::text, 12, '0')) FROM generate_series(1, 20000) AS n;
         ANALYZE {schema}.custom_record; ANALYZE {schema}.contact"
    ))
    .await
    .unwrap();
    let plan = app
        .sql(&format!(
            "EXPLAIN SELECT t.id FROM unnest(ARRAY['00000000-0000-7000-8000-000000000007']::uuid[]) AS p(id) CROSS JOIN LATERAL \
             (SELECT t.* FROM (SELECT * FROM {schema}.\"custom_record\" WHERE object = 'Horse') t WHERE ((t.custom->>'rider')::uuid) = p.id AND t.deleted_at IS NULL \
              ORDER BY t.created_at, t.id LIMIT 50) t"
        ))
        .await
        .unwrap();
    let plan: Vec<String> = plan.concat().into_iter().flatten().collect();
    assert!(plan.iter().any(|line| line.contains("cf_")), "{plan:#?}");
    let read = ana
        .data("{ contacts(filter: { lastName: { eq: \"C7\" } }) { nodes { horses { totalCount } } } }", Value::Null)
        .await;
    assert_eq!(read["contacts"]["nodes"][0]["horses"]["totalCount"], 10);
}
