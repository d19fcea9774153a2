use async_graphql::{parser::parse_query, registry::MetaType};
use async_graphql_value::Value as Written;
use rapport_domain::catalog::Catalog;
use serde_json::{Value, json};

use super::{super::build, mismatch::Mismatch, *};

fn base() -> Schema {
    build(&Catalog::base()).expect("a graph")
}

/// What is wrong with a value, given as JSON and, where a document can say the same, written in one: both are told alike.
fn found(inputs: &Inputs, ty: &str, value: &Value) -> Option<String> {
    let ty = inputs.ty(ty).expect(ty);
    let shown = |found: Mismatch| format!("{}: {}", found.at, found.problem);
    let found = ty.mismatch(value, &At::root("x")).map(shown);
    assert_eq!(ty.mismatch(&written(value), &At::root("x")).map(shown), found, "{value}");
    found
}

fn written(value: &Value) -> Written {
    Written::from_json(value.clone()).expect("a value")
}

#[test]
fn each_scalar_takes_what_the_language_says() {
    let inputs = Inputs::of(&base());
    let values = [
        json!(true),
        json!(7),
        json!(-2_147_483_648_i64),
        json!(2_147_483_648_i64),
        json!(1.5),
        json!("text"),
        json!("12.50"),
        json!("2026-11-20"),
        json!("2026-11-20T09:30:00Z"),
        json!({"a": 1}),
    ];
    for (ty, takes) in [
        ("Boolean", "1000000000"),
        ("Int", "0110000000"),
        ("Float", "0111100000"),
        ("ID", "0111011110"),
        ("String", "0000011110"),
        ("Decimal", "0111101000"),
        ("Date", "0000000100"),
        ("DateTime", "0000000010"),
        ("JSON", "1111111111"),
    ] {
        for (value, takes) in values.iter().zip(takes.chars()) {
            let expected = (takes == '0').then(|| format!("x: expected type \"{ty}\""));
            assert_eq!(found(&inputs, ty, value), expected, "{ty} {value}");
            assert_eq!(found(&inputs, &format!("[{ty}!]!"), value), expected, "one value for a list of one: {value}");
            let expected = (takes == '0').then(|| format!("x.1: expected type \"{ty}\""));
            assert_eq!(found(&inputs, &format!("[{ty}]"), &json!([null, value])), expected, "[{ty}] {value}");
        }
        assert_eq!(found(&inputs, ty, &json!(null)), None);
        assert_eq!(found(&inputs, &format!("{ty}!"), &json!(null)), Some(format!("x: expected type \"{ty}!\"")));
    }
}

#[test]
fn lists_enums_and_input_objects_take_what_the_language_says() {
    let inputs = Inputs::of(&base());
    for (ty, value) in [
        ("[Int!]", json!(null)),
        ("[Int!]", json!([])),
        ("[Int!]!", json!([1, 2])),
        ("[[Int]]", json!([[1], null, [null, 2]])),
        ("[[Int]]", json!(1)),
        ("Direction", json!("ASC")),
        ("[Direction!]", json!("ASC")),
        ("ContactFilter", json!({})),
        ("ContactFilter", json!({"and": {"lastName": {"in": "x"}}, "email": null})),
        ("[ContactOrder!]", json!({"company": {"name": "ASC"}})),
        ("MoneyInput!", json!({"currency": "EUR", "value": 1})),
        ("OpportunityGroupBy", json!({"closedAt": {}})),
        ("OpportunityGroupBy", json!({"closedAt": {"bucket": null, "timeZone": "UTC"}})),
    ] {
        assert_eq!(found(&inputs, ty, &value), None, "{ty} {value}");
    }
    for (ty, value, expected) in [
        ("[Int!]!", json!(null), "x: expected type \"[Int!]!\""),
        ("[Int!]", json!([1, null]), "x.1: expected type \"Int!\""),
        ("[[Int!]!]", json!([[1], null]), "x.1: expected type \"[Int!]!\""),
        ("[[Int]]", json!([[1], ["1"]]), "x.1.0: expected type \"Int\""),
        ("Int", json!([1]), "x: expected type \"Int\""),
        ("Direction", json!("UP"), "x: \"Direction\" has no value \"UP\""),
        ("Direction", json!(1), "x: expected type \"Direction\""),
        ("Direction", json!({"ASC": true}), "x: expected type \"Direction\""),
        ("[Direction!]", json!(["ASC", false]), "x.1: expected type \"Direction\""),
        ("ContactFilter", json!([]), "x: expected type \"ContactFilter\""),
        ("ContactFilter", json!("x"), "x: expected type \"ContactFilter\""),
        ("ContactFilter", json!({"nothing": null}), "x: \"ContactFilter\" has no field \"nothing\""),
        ("ContactFilter", json!({"": {}}), "x: \"ContactFilter\" has no field \"\""),
        (
            "ContactFilter",
            json!({"or": [{}, {"not": {"email": {"near": 1}}}]}),
            "x.or.1.not.email: \"TextFilter\" has no field \"near\"",
        ),
        ("ContactFilter", json!({"or": [null]}), "x.or.0: expected type \"ContactFilter!\""),
        ("ContactFilter", json!({"lastName": {"eq": 7}}), "x.lastName.eq: expected type \"String\""),
        ("ContactOrder", json!({}), "x: \"ContactOrder\" needs exactly one field, not null"),
        ("ContactOrder", json!({"lastName": null}), "x: \"ContactOrder\" needs exactly one field, not null"),
        (
            "ContactOrder",
            json!({"lastName": "ASC", "email": null}),
            "x: \"ContactOrder\" needs exactly one field, not null",
        ),
        ("ContactOrder", json!({"company": {"name": "UP"}}), "x.company.name: \"Direction\" has no value \"UP\""),
        ("MoneyInput", json!({}), "x: field \"currency\" of type \"String!\" is required"),
        ("MoneyInput", json!({"currency": "EUR"}), "x: field \"value\" of type \"Decimal!\" is required"),
        ("MoneyInput", json!({"currency": null, "value": 1}), "x.currency: expected type \"String!\""),
        (
            "OpportunityGroupBy",
            json!({"closedAt": {"bucket": "DECADE"}}),
            "x.closedAt.bucket: \"Bucket\" has no value \"DECADE\"",
        ),
    ] {
        assert_eq!(found(&inputs, ty, &value).as_deref(), Some(expected), "{ty} {value}");
    }
}

#[test]
fn values_with_variables_in_them_are_checked_around_these() {
    let inputs = Inputs::of(&base());
    let found = |ty: &str, text: &str| {
        let document = parse_query(format!("{{ a(x: {text}) }}")).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("one");
        let selection = &operation.node.selection_set.node.items[0].node;
        let async_graphql::parser::types::Selection::Field(field) = selection else { panic!("no field") };
        let value = field.node.get_argument("x").expect("it").node.clone();
        inputs.ty(ty).expect(ty).mismatch(&value, &At::root("x")).map(|found| found.at)
    };
    assert_eq!(found("ContactFilter!", "$f"), None);
    assert_eq!(found("ContactFilter", "{ id: { in: [$a, \"b\"] }, not: $n, or: $o }"), None);
    assert_eq!(found("ContactOrder", "{ lastName: $d }"), None);
    assert_eq!(found("JSON", "[{ a: $x }]"), None);
    assert_eq!(found("ContactFilter", "{ id: { in: [$a, true] } }").as_deref(), Some("x.id.in.1"));
    assert_eq!(found("String", "[$a]").as_deref(), Some("x"));
    assert_eq!(found("String", "a").as_deref(), Some("x"));
    assert_eq!(found("Direction", "ASC"), None);
    assert_eq!(found("Boolean", "ASC").as_deref(), Some("x"));
}

#[test]
fn leaves_are_enough_for_scalars_and_enums_and_refuse_the_rest() {
    let inputs = Inputs::of(&base());
    let leaves = inputs.leaves(["[Direction!]!", "Int", "Int!"].into_iter()).expect("no input objects");
    for (ty, value) in [("[Direction!]", json!(["ASC", "UP"])), ("Int", json!("1")), ("Int!", json!(1))] {
        assert_eq!(found(&leaves, ty, &value), found(&inputs, ty, &value));
    }
    assert!(leaves.ty("String").is_none() && leaves.bytes() < 500, "{}", leaves.bytes());
    assert!(inputs.leaves(["Int", "[ContactFilter!]"].into_iter()).is_none());
    assert!(inputs.ty("Contact").is_none() && inputs.ty("Nothing").is_none());
    assert_eq!(inputs.leaves([].into_iter()).expect("nothing").bytes(), 0);
}

#[test]
fn the_inputs_of_a_graph_are_small_beside_it() {
    let schema = base();
    let inputs = Inputs::of(&schema);
    println!("{} bytes for {} types; the schema takes {}", inputs.bytes(), inputs.types.len(), schema.weight());
    assert!(inputs.bytes() < 100 << 10, "{}", inputs.bytes());
    assert!(inputs.bytes() * 20 < schema.weight(), "{}", inputs.bytes());
}

/// Who reads these knows the defaults. Others would have to be filled in.
#[test]
fn only_known_fields_of_inputs_have_a_default() {
    let schema = base();
    let defaults: Vec<String> = schema
        .inner
        .registry()
        .types
        .values()
        .filter_map(|ty| match ty {
            MetaType::InputObject { name, input_fields, .. } => Some((name, input_fields)),
            _ => None,
        })
        .flat_map(|(name, fields)| {
            fields
                .values()
                .filter(|field| field.default_value.is_some())
                .map(move |field| format!("{name}.{}", field.name))
        })
        .collect();
    assert_eq!(defaults, ["DateBucketInput.bucket", "StartImportInput.dryRun"]);
}
