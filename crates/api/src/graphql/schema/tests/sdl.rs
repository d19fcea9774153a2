use std::{fs, path::Path};

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};

use super::{super::base_sdl, *};

/// `RAPPORT_UPDATE=1 cargo test -p rapport-api schema_graphql` writes it anew.
#[test]
fn schema_graphql_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema.graphql");
    let sdl = base_sdl().unwrap();
    #[expect(clippy::disallowed_methods, reason = "not a setting of the product")]
    let update = std::env::var_os("RAPPORT_UPDATE").is_some();
    if update {
        fs::write(&path, &sdl).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == sdl,
        "schema.graphql is out of date: `rapport schema > schema.graphql`, and look at the difference"
    );
}

#[test]
fn the_same_catalog_makes_the_same_text() {
    assert_eq!(base_sdl().unwrap(), base_sdl().unwrap());
}

/// Names, descriptions and references of the base graph, by the language's own parser.
#[test]
fn everything_in_the_graph_is_described() {
    let sdl = base_sdl().unwrap();
    let mut bare = Vec::new();
    for definition in parse_schema(&sdl).unwrap().definitions {
        let TypeSystemDefinition::Type(ty) = definition else { continue };
        let name = ty.node.name.node.to_string();
        let mut note = |described: bool, what: String| {
            if !described {
                bare.push(what);
            }
        };
        note(ty.node.description.is_some(), name.clone());
        match ty.node.kind {
            TypeKind::Object(object) => {
                for field in object.fields {
                    note(field.node.description.is_some(), format!("{name}.{}", field.node.name.node));
                    for argument in field.node.arguments {
                        let place = format!("{name}.{}({})", field.node.name.node, argument.node.name.node);
                        note(argument.node.description.is_some(), place);
                    }
                }
            }
            TypeKind::InputObject(input) => {
                for field in input.fields {
                    note(field.node.description.is_some(), format!("{name}.{}", field.node.name.node));
                }
            }
            TypeKind::Enum(choices) => {
                for value in choices.values {
                    note(value.node.description.is_some(), format!("{name}.{}", value.node.value.node));
                }
            }
            _ => {}
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}

#[test]
fn a_role_sees_only_what_it_may_do() {
    let (owner, member) = (base_sdl().unwrap(), build(&members()).unwrap().sdl());
    for writes_of_owners in ["createPipeline(", "destroyContact(", "updateUser(", "input StageCreateInput"] {
        assert!(owner.contains(writes_of_owners) && !member.contains(writes_of_owners), "{writes_of_owners}");
    }
    for shared in ["createContact(", "restoreContact(", "pipelines(", "signIn(", "type Stage {"] {
        assert!(owner.contains(shared) && member.contains(shared), "{shared}");
    }
}

#[test]
fn a_restricted_field_is_nowhere_in_a_members_graph() {
    let mut secret = field("Company", "margin", "SELECT", &["LOW", "HIGH"]);
    secret.restricted = true;
    let catalog = Catalog::with(&vec![secret].into());
    assert!(build(&catalog).unwrap().sdl().contains("margin: CompanyMargin"));
    let member = build(&for_member(catalog)).unwrap().sdl();
    assert!(!member.to_lowercase().contains("margin"));
}
