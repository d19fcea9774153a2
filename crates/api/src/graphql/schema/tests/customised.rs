use std::collections::HashSet;

use async_graphql::parser::{parse_schema, types::TypeSystemDefinition};
use proptest::prelude::*;

use super::*;

#[test]
fn custom_fields_are_typed_like_standard_ones() {
    let schema = build(&Catalog::with(
        &vec![
            field("Contact", "favouriteCourse", "SELECT", &["LINKS", "PARKLAND"]),
            field("Contact", "languages", "MULTI_SELECT", &["DE", "EN"]),
            field("Contact", "score", "NUMBER", &[]),
            field("Contact", "budget", "CURRENCY", &[]),
        ]
        .into(),
    ))
    .unwrap();
    let sdl = schema.sdl();
    for line in [
        "favouriteCourse: ContactFavouriteCourse\n",
        "favouriteCourse: ContactFavouriteCourseFilter\n",
        "languages: [ContactLanguages!]\n",
        "containsAny: [ContactLanguages!]\n",
        "score: NumberFilter\n",
        "budget: MoneyInput\n",
        "budgetCurrency: GroupOptionsInput\n",
        "type ContactSum {",
    ] {
        assert!(sdl.contains(line), "{line}");
    }
    let document = "{ contacts(filter: { favouriteCourse: { in: [LINKS] }, languages: { containsAll: [DE, EN] } },
                               orderBy: [{ score: DESC_NULLS_LAST }]) { nodes { favouriteCourse languages budget { value } } }
                      contactsAggregate(groupBy: [{ favouriteCourse: {} }, { budgetCurrency: {} }]) {
                        groups { key { favouriteCourse budgetCurrency } avg { score } sum { budget { value currency } } } } }";
    assert_eq!(problems(&schema, document), Vec::<String>::new());
}

#[test]
fn a_select_gives_way_to_a_type_that_has_its_name() {
    let catalog = Catalog::with(
        &vec![
            field("Contact", "filter", "SELECT", &["ON"]),
            field("Contact", "payload", "SELECT", &["ON"]),
            field("Contact", "payloadOption", "SELECT", &["ON"]),
            field("Contact", "statusFilter", "SELECT", &["ON"]),
        ]
        .into(),
    );
    let sdl = build(&catalog).unwrap().sdl();
    for line in [
        "filter: ContactFilterOption\n",
        "payload: ContactPayloadOption\n",
        "payloadOption: ContactPayloadOptionOption\n",
        "statusFilter: ContactStatusFilterOption\n",
        "status: ContactStatus\n",
    ] {
        assert!(sdl.contains(line), "{line}");
    }
}

/// Names that tenants come up with, the unlucky ones first.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "and",
            "or",
            "not",
            "companyId",
            "ownerId",
            "amountCurrency",
            "priceCurrency",
            "filter",
            "order",
            "payload",
            "edge",
            "connection",
            "aggregate",
            "sum",
            "count",
            "key",
            "groupKey",
            "status",
            "statusFilter",
            "typename",
            "nodes",
            "true",
            "null",
            "type",
            "query",
            "createInput",
            "matchField",
            "__typename",
            "",
            "9lives",
            "größe",
            "a b",
            "x\"y",
            "_",
        ])
        .prop_map(str::to_owned),
        "[a-z][a-zA-Z0-9]{0,12}",
    ]
}

fn rows() -> impl Strategy<Value = Vec<FieldRow>> {
    let object = prop::sample::select(vec!["Company", "Contact", "Opportunity", "Stage", "User", "Nobody"]);
    let type_name = prop::sample::select(vec![
        "TEXT",
        "LONG_TEXT",
        "NUMBER",
        "DECIMAL",
        "CURRENCY",
        "BOOLEAN",
        "DATE",
        "DATE_TIME",
        "SELECT",
        "SELECT",
        "MULTI_SELECT",
        "EMAIL",
        "PHONE",
        "URL",
        "RATING",
        "ADDRESS",
        "JSON",
        "UNKNOWN",
    ]);
    let options = prop::collection::vec(
        prop_oneof![
            "[A-Z]{1,3}",
            prop::sample::select(vec!["true", "null", "", "a b", "__X", "é"]).prop_map(str::to_owned)
        ],
        0..4,
    );
    let row = (object, names(), type_name, options, "\\PC{0,20}", any::<[bool; 5]>());
    let row = row.prop_map(
        |(object, name, type_name, options, text, [required, unique, filterable, restricted, described])| {
            let options: Vec<_> = options.iter().map(String::as_str).collect();
            FieldRow {
                label: text.clone(),
                description: described.then_some(text + "\n\\\"\"\""),
                required,
                unique,
                filterable,
                restricted,
                ..field(object, &name, type_name, &options)
            }
        },
    );
    prop::collection::vec(row, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever a tenant defines, there is a graph, its text can be read back and refers to nothing that is not there.
    #[test]
    fn every_catalog_has_a_graph(rows in rows(), owner in any::<bool>()) {
        let catalog = Catalog::with(&rows.into());
        let catalog = if owner { Arc::new(catalog) } else { for_member(catalog) };
        let sdl = build(&catalog).unwrap().sdl();
        let document = parse_schema(&sdl).map_err(|error| TestCaseError::fail(format!("{error}")))?;
        let mut names = HashSet::new();
        for definition in &document.definitions {
            if let TypeSystemDefinition::Type(ty) = definition {
                prop_assert!(names.insert(ty.node.name.node.to_string()), "{} twice", ty.node.name.node);
            }
        }
        for object in catalog.objects() {
            prop_assert!(names.contains(&*object.name));
        }
    }
}
