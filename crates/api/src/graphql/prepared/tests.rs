use serde_json::{Value, json};

use super::*;
use crate::graphql::lower::What;

fn catalog() -> Arc<Catalog> {
    Arc::new(Catalog::base())
}

fn prepared(query: &str) -> Prepared {
    let (schema, inputs) = graph();
    Prepared::new(query, None, &schema, &inputs).expect("a valid document")
}

fn graph() -> (Schema, Inputs) {
    let schema = schema::build(&catalog()).expect("a graph");
    let inputs = Inputs::of(&schema);
    (schema, inputs)
}

fn given(variables: &Value) -> Variables {
    variables.as_object().cloned().unwrap_or_default()
}

fn settle(prepared: &Prepared, variables: &Value) -> Settled {
    let leaves = prepared.leaves().expect("no input objects");
    let variables = prepared.coerce(given(variables), &leaves).expect("values that fit");
    prepared.settle(&variables).expect("conditions")
}

#[test]
fn a_plan_holds_nothing_that_is_not_wanted() {
    let query = "query($x: Boolean!) { contacts { nodes { lastName ...More @include(if: $x) } pageInfo @include(if: $x) { endCursor } } }
        fragment More on Contact { phone company { industry } opportunities { nodes { probability } } }";
    let prepared = prepared(query);
    let lowered = |x: bool| {
        let roots = prepared.lower(&settle(&prepared, &json!({ "x": x })), &catalog()).expect("plans");
        let What::Read { plan, .. } = &roots[0].what else { panic!("not a read") };
        // Before it stands the catalog, which knows all fields.
        format!("{plan:?}").rsplit(", root: ").next().expect("a root").to_owned()
    };
    for only_then in ["\"t.\\\"phone\\\"\"", "industry\\\"\"", "probability\\\"\"", "wants_cursors: true"] {
        assert!(lowered(true).contains(only_then), "{only_then}");
        assert!(!lowered(false).contains(only_then), "{only_then}");
    }
}

#[test]
fn an_operation_without_conditions_is_lowered_once_and_its_document_let_go() {
    let prepared = prepared("{ contacts { totalCount } }");
    let settled = settle(&prepared, &json!({}));
    assert!(prepared.known(&settled).is_none());
    let roots = prepared.lower(&settled, &catalog()).expect("plans");
    let ready = prepared.with(settled.clone(), roots).expect("room for the first");
    assert!(ready.known(&settled).is_some() && ready.document.is_none());
}

#[test]
fn only_so_many_ways_are_kept_and_each_weighs() {
    let query = "query($a: Boolean!, $b: Boolean!, $c: Boolean!, $d: Boolean!, $e: Boolean!, $f: Boolean!) {
        contacts { nodes { id a: id @include(if: $a) b: id @include(if: $b) c: id @skip(if: $c) d: id @skip(if: $d) e: id @skip(if: $e) f: id @skip(if: $f) } } }";
    let of = |way: u32| json!({"a": way & 1 > 0, "b": way & 2 > 0, "c": way & 4 > 0, "d": way & 8 > 0, "e": way & 16 > 0, "f": way & 32 > 0});
    let mut prepared = prepared(query);
    for way in 0..64 {
        let settled = settle(&prepared, &of(way));
        let roots = prepared.lower(&settled, &catalog()).expect("plans");
        let weight = prepared.weight();
        if let Some(more) = prepared.with(settled.clone(), roots) {
            assert!(more.weight() > weight);
            prepared = more;
        }
        assert_eq!(prepared.known(&settled).is_some(), prepared.ways.len() > way as usize, "{way}");
    }
    assert_eq!(prepared.ways.len(), MOST_WAYS);
}

#[test]
fn a_long_operation_keeps_fewer_ways_but_always_one() {
    let query = format!(
        "query($x: Boolean!) {{ contacts {{ totalCount nodes @skip(if: $x) {{ id }} }} }} # {}",
        "-".repeat(20_000)
    );
    let mut prepared = prepared(&query);
    for x in [true, false] {
        let settled = settle(&prepared, &json!({ "x": x }));
        let roots = prepared.lower(&settled, &catalog()).expect("plans");
        if let Some(more) = prepared.with(settled, roots) {
            prepared = more;
        }
    }
    assert_eq!(prepared.ways.len(), 1);
}

fn wrong(prepared: &Prepared, inputs: &Inputs, variables: &Value) -> Vec<String> {
    let refusal = prepared.coerce(given(variables), inputs).err();
    let message = |error: &Value| {
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        assert!(error["locations"][0]["line"].is_u64(), "{error}");
        error["message"].as_str().expect("words").to_owned()
    };
    refusal.map(|refusal| refusal.errors.iter().map(message).collect()).unwrap_or_default()
}

#[test]
fn values_of_variables_are_checked_wherever_they_go() {
    let (_, inputs) = graph();
    let list = prepared(
        "query($filter: ContactFilter, $first: Int, $order: [ContactOrder!]) {
           contacts(filter: $filter, first: $first, orderBy: $order) { totalCount } }",
    );
    assert!(list.leaves().is_none());
    for good in [
        json!({}),
        json!({ "filter": null, "first": null, "unknown": 1 }),
        json!({ "filter": { "status": { "eq": "CUSTOMER" } }, "first": 5, "order": { "lastName": "ASC" } }),
    ] {
        assert_eq!(wrong(&list, &inputs, &good), Vec::<String>::new(), "{good}");
    }
    for (bad, expected) in [
        (json!({ "filter": 7 }), "\"$filter\" has an invalid value at \"filter\": expected type \"ContactFilter\"."),
        (
            json!({ "filter": { "status": { "eq": "X" } } }),
            "\"$filter\" has an invalid value at \"filter.status.eq\": \"ContactStatus\" has no value \"X\".",
        ),
        (
            json!({ "filter": { "email": { "in": ["a", 2] } } }),
            "\"$filter\" has an invalid value at \"filter.email.in.1\": expected type \"String\".",
        ),
        (json!({ "first": 3_000_000_000_i64 }), "\"$first\" has an invalid value at \"first\": expected type \"Int\"."),
        (json!({ "first": "5" }), "\"$first\" has an invalid value at \"first\": expected type \"Int\"."),
        (
            json!({ "order": [{ "lastName": "ASC", "email": "ASC" }] }),
            "\"$order\" has an invalid value at \"order.0\": \"ContactOrder\" needs exactly one field, not null.",
        ),
    ] {
        assert_eq!(wrong(&list, &inputs, &bad), [format!("Variable {expected}")], "{bad}");
    }
    assert_eq!(wrong(&list, &inputs, &json!({ "filter": 7, "first": "5" })).len(), 2);
}

#[test]
fn what_is_required_must_come_and_what_has_a_default_need_not() {
    let one = prepared("query($id: ID!) { contact(id: $id) { id } }");
    let leaves = one.leaves().expect("an id");
    let left_out = "Variable \"$id\" of type \"ID!\" is required, but was left out.";
    assert_eq!(wrong(&one, &leaves, &json!({})), [left_out]);
    let null = "Variable \"$id\" has an invalid value at \"id\": expected type \"ID!\".";
    assert_eq!(wrong(&one, &leaves, &json!({ "id": null })), [null]);
    assert_eq!(wrong(&one, &leaves, &json!({ "id": 7 })), Vec::<String>::new());

    let (_, inputs) = graph();
    let unused_in_effect = prepared(
        "query($f: ContactFilter!, $no: Boolean = false) { me { id } contacts(filter: $f) @include(if: $no) { totalCount } }",
    );
    assert_eq!(wrong(&unused_in_effect, &inputs, &json!({})).len(), 1);

    let defaults = prepared(
        "query($n: Int! = 5, $o: Direction = ASC) { contacts(first: $n, orderBy: [{ lastName: $o }]) { totalCount } }",
    );
    let leaves = defaults.leaves().expect("a number and an enum");
    let seen = defaults.coerce(given(&json!({})), &leaves).expect("defaults");
    assert_eq!(Value::Object(seen), json!({ "n": 5, "o": "ASC" }));
    assert_eq!(wrong(&defaults, &leaves, &json!({ "o": null })), Vec::<String>::new());
    let null = "Variable \"$n\" has an invalid value at \"n\": expected type \"Int!\".";
    assert_eq!(wrong(&defaults, &leaves, &json!({ "n": null })), [null]);
}

#[test]
fn one_value_stands_for_a_list_of_one() {
    let (_, inputs) = graph();
    let list = prepared(
        "query($f: ContactFilter, $o: [ContactOrder!] = { lastName: ASC }) { contacts(filter: $f, orderBy: $o) { totalCount } }",
    );
    let filter =
        json!({ "or": { "not": { "id": { "in": "a" } } }, "lastName": { "in": null }, "email": { "in": ["b"] } });
    let seen = list.coerce(given(&json!({ "f": filter })), &inputs).expect("values that fit");
    let filter =
        json!({ "or": [{ "not": { "id": { "in": ["a"] } } }], "lastName": { "in": null }, "email": { "in": ["b"] } });
    assert_eq!(Value::Object(seen), json!({ "f": filter, "o": [{ "lastName": "ASC" }] }));
}

#[test]
#[ignore = "measures; run it by hand, alone"]
fn what_checking_variables_costs() {
    let (_, inputs) = graph();
    let list = prepared(
        "query($filter: ContactFilter, $first: Int, $order: [ContactOrder!]) {
           contacts(filter: $filter, first: $first, orderBy: $order) { totalCount } }",
    );
    let leaf = prepared("query($id: ID!) { contact(id: $id) { id } }");
    let leaves = leaf.leaves().expect("an id");
    let ids = vec!["00000000-0000-7000-8000-000000000000"; 1_000];
    for (what, prepared, inputs, variables) in [
        (
            "a list with three variables",
            &list,
            &inputs,
            json!({
                "filter": { "status": { "in": ["CUSTOMER"] }, "or": [{ "lastName": { "contains": "x" } }, { "company": { "name": { "eq": "y" } } }] },
                "first": 50,
                "order": [{ "lastName": "ASC" }],
            }),
        ),
        ("one record", &leaf, &*leaves, json!({ "id": ids[0] })),
        ("a thousand ids", &list, &inputs, json!({ "filter": { "id": { "in": ids } } })),
    ] {
        let mut variables = given(&variables);
        let times = 20_000;
        let since = std::time::Instant::now();
        for _ in 0..times {
            variables = prepared.coerce(variables, inputs).expect("values that fit");
        }
        println!("{what}: {} ns", since.elapsed().as_nanos() / times);
    }
}
