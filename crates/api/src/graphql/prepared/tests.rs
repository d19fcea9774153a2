use serde_json::json;

use super::*;
use crate::graphql::lower::What;

fn catalog() -> Arc<Catalog> {
    Arc::new(Catalog::base())
}

fn prepared(query: &str, variables: &Value) -> Prepared {
    let schema = schema::build(&catalog()).expect("a graph");
    Prepared::new(query, None, &given(variables), &schema).expect("a valid document")
}

fn given(variables: &Value) -> Variables {
    variables.as_object().cloned().unwrap_or_default()
}

fn settle(prepared: &Prepared, variables: &Value) -> Settled {
    let variables = prepared.coerce(given(variables)).expect("values that fit");
    prepared.settle(&variables).expect("conditions")
}

#[test]
fn a_plan_holds_nothing_that_is_not_wanted() {
    let query = "query($x: Boolean!) { contacts { nodes { lastName ...More @include(if: $x) } pageInfo @include(if: $x) { endCursor } } }
        fragment More on Contact { phone company { industry } opportunities { nodes { probability } } }";
    let prepared = prepared(query, &json!({"x": true}));
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
    let prepared = prepared("{ contacts { totalCount } }", &json!({}));
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
    let mut prepared = prepared(query, &of(0));
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
    let mut prepared = prepared(&query, &json!({"x": true}));
    for x in [true, false] {
        let settled = settle(&prepared, &json!({ "x": x }));
        let roots = prepared.lower(&settled, &catalog()).expect("plans");
        if let Some(more) = prepared.with(settled, roots) {
            prepared = more;
        }
    }
    assert_eq!(prepared.ways.len(), 1);
}
