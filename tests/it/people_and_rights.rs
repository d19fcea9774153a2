//! The guide on people and rights does what it says: each query is asked by the person who is named above it.

use std::{collections::HashMap, fs};

use rapport_tenancy::BuiltInRole;
use serde_json::{Map, Value, json};

use crate::support::{Client, TestApp};

/// What the variables of the guide stand for, as far as it is there.
async fn variables(ana: &Client) -> Map<String, Value> {
    let query = "{ users { nodes { id name } } roles { id name } contacts { nodes { id } } }";
    let data = ana.data(query, Value::Null).await;
    let id = |list: &Value, name: &str| {
        let found = list.as_array().into_iter().flatten().find(|item| item["name"] == name);
        found.map_or(Value::Null, |item| item["id"].clone())
    };
    let mut variables = Map::new();
    for name in ["rae", "max", "cleo"] {
        variables.insert(name.to_owned(), id(&data["users"]["nodes"], name));
    }
    for (variable, role) in [("junior", "Junior rep"), ("credit", "Credit control")] {
        variables.insert(variable.to_owned(), id(&data["roles"], role));
    }
    variables.insert("manager".to_owned(), json!(BuiltInRole::Manager.id()));
    variables.insert("compliance".to_owned(), json!(BuiltInRole::Compliance.id()));
    variables.insert("ada".to_owned(), data["contacts"]["nodes"][0]["id"].clone());
    variables
}

#[tokio::test]
async fn the_guide_shows_three_people_three_records() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let mut people = HashMap::from([("ana", ana.clone())]);
    for name in ["rae", "max", "cleo"] {
        people.insert(name, app.member_with(&ana, name, &[]).await);
    }
    let guide = fs::read_to_string(format!("{}/../docs/people-and-rights.md", env!("CARGO_MANIFEST_DIR")));
    let guide = guide.expect("the guide");
    let (mut answer, mut compared, mut refused) = (None, 0, 0);
    let mut blocks = guide.split("```");
    blocks.next();
    while let (Some(block), Some(_)) = (blocks.next(), blocks.next()) {
        let (language, text) = block.split_once('\n').expect("a block");
        let (kind, name) = language.split_once(' ').unwrap_or((language, ""));
        match kind {
            "graphql" | "refused" => {
                let variables = Value::Object(variables(&ana).await);
                let got = people[name].graphql(text, variables).await;
                if kind == "graphql" {
                    answer = Some((text, got.body));
                } else {
                    assert!(
                        matches!(got.code(), "GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT"),
                        "{text} {}",
                        got.body
                    );
                    refused += 1;
                }
            }
            "json" => {
                let told: Value = serde_json::from_str(text).expect("JSON in the guide");
                let (query, answer) = answer.take().expect("a query before its answer");
                assert_eq!(answer, told, "{query}");
                compared += 1;
            }
            other => panic!("a block of {other} that nobody runs"),
        }
    }
    assert_eq!((compared, refused), (12, 4), "the guide shows as many answers");
}
