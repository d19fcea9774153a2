//! A workspace's shape as a file, brought to another: by the command line and through the graph.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Value, json};

use crate::{
    command::rapport,
    support::{Client, TestApp},
};

const OBJECTS: &str = "{ objects { name singular plural label labelPlural description nameField custom canWrite sections { label fields }
    fields { name label description type required unique filterable sortable groupable searchable restricted privacy help
        options { value label color } target many inverse default custom canWrite } } }";
const APPLY: &str = "mutation($template: String!, $dry: Boolean) { applyCatalog(template: $template, dryRun: $dry) {
    changes { action object field description } unchanged metadataVersion userErrors { code field message } } }";
const CLUB: &str = "format = 1\n[[object]]\nname = \"Club\"\nplural = \"clubs\"\nnameField = \"name\"\n\
    [[field]]\nobject = \"Club\"\nname = \"name\"\ntype = \"TEXT\"\n";

fn template(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/templates").join(name)
}

/// The binary on the database of a test.
async fn catalog(app: &TestApp, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("what the test needs");
    let mut command = rapport(folder.path());
    command.env("RAPPORT_DATABASE_URL", app.database.url()).arg("catalog").args(arguments);
    tokio::task::spawn_blocking(move || command.output().expect("what the test needs"))
        .await
        .expect("what the test needs")
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn slug(client: &Client) -> &str {
    client.workspace["slug"].as_str().expect("what the test needs")
}

/// The version of a workspace's metadata as the database has it: nodes may be a second behind.
async fn version(app: &TestApp, client: &Client) -> String {
    let sql = format!("SELECT version FROM {}.metadata_version", crate::support::schema_of(client));
    app.sql(&sql).await.expect("what the test needs").concat().into_iter().flatten().collect()
}

async fn apply(client: &Client, template: &str, dry: bool) -> Value {
    client.data(APPLY, json!({"template": template, "dry": dry})).await["applyCatalog"].take()
}

#[tokio::test]
async fn a_shape_goes_from_one_workspace_to_another_by_the_command_line() {
    let app = TestApp::start().await;
    let (trial, production) = (app.sign_up("trial").await, app.sign_up("production").await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.toml");
    let file = path.to_str().unwrap();
    for name in ["golf-club.toml", "clinic.toml"] {
        let (code, out, err) =
            said(&catalog(&app, &["apply", "--tenant", slug(&trial), template(name).to_str().unwrap()]).await);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    }
    trial.data("mutation { createContact(input: { lastName: \"Secret\" }) { contact { id } } }", Value::Null).await;
    let (code, out, err) = said(&catalog(&app, &["export", "--tenant", slug(&trial), "--output", file]).await);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", ""));
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, out, _) = said(&catalog(&app, &["export", "--tenant", slug(&trial)]).await);
    assert_eq!(out, text.trim_end());
    assert!(!text.contains("Secret"));

    let before = app.dump(&production).await;
    let (code, out, err) = said(&catalog(&app, &["apply", "--tenant", slug(&production), file, "--dry-run"]).await);
    assert_eq!((code, err.as_str()), (Some(0), "Nothing was changed: a dry run."), "{out}");
    assert!(out.contains("+ field Membership.member RELATION → Contact (inverse memberships), required\n"), "{out}");
    assert_eq!(app.dump(&production).await, before);

    let (code, made, err) = said(&catalog(&app, &["apply", "--tenant", slug(&production), file]).await);
    assert_eq!((code, made.as_str(), err.as_str()), (Some(0), out.as_str(), ""));
    let at = version(&app, &production).await;
    let (code, again, _) = said(&catalog(&app, &["apply", "--tenant", slug(&production), file]).await);
    assert_eq!((code, again.lines().count()), (Some(0), 1), "{again}");
    assert_eq!(version(&app, &production).await, at);

    // A node that was there before, and one that looks now.
    let late = app.second_node().await;
    let (one, other) = (trial.at(&late.url("")), production.at(&late.url("")));
    assert_eq!(one.data(OBJECTS, Value::Null).await, other.data(OBJECTS, Value::Null).await);
    let written = other
        .data(
            "mutation { createCourse(input: { name: \"Old\" }) { course { name holes scorecard } userErrors { message } } }",
            Value::Null,
        )
        .await;
    assert_eq!(
        written["createCourse"]["course"],
        json!({"name": "Old", "holes": 18, "scorecard": {"holes": [], "unit": "m"}})
    );
}

#[tokio::test]
async fn the_command_line_says_on_a_line_each_why_a_template_is_refused() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    ana.data(
        "mutation { createField(object: \"Contact\", input: { name: \"score\", type: NUMBER }) { metadataVersion } }",
        Value::Null,
    )
    .await;
    let before = app.dump(&ana).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.toml");
    let file = path.to_str().unwrap();
    let conflict = "[[field]]\nobject = \"Contact\"\nname = \"score\"\ntype = \"TEXT\"\n";
    for (text, wanted) in [
        (
            "format = 2\nrelease = \"2.0.0\"\n".to_owned(),
            "1:1: NEWER_FORMAT format: This template has format 2 and needs release 2.0.0 or newer. This is release 0.1.0, which reads formats up to 1.",
        ),
        (
            format!(
                "{CLUB}[[field]]\nobject = \"Club\"\nname = \"parent\"\ntype = \"RELATION\"\ntarget = \"Club\"\ninverse = \"parent\"\n"
            ),
            "15:1: CYCLE field[1].inverse: Club.parent would be its own inverse.",
        ),
        (
            format!("{CLUB}{conflict}"),
            "13:1: CONFLICT field[1].type: Contact.score is NUMBER here and TEXT in the template.",
        ),
        (
            CLUB.replace("Club\"\nplural", "Query\"\nplural").replace("\"Club\"", "\"Query\""),
            "3:1: NAME_TAKEN object[0].name: The graph has a `Query` already, which this object would be called by as well.",
        ),
    ] {
        std::fs::write(&path, &text).unwrap();
        for arguments in [vec!["--dry-run"], vec![]] {
            let arguments = [vec!["apply", "--tenant", slug(&ana), file], arguments].concat();
            let (code, _, err) = said(&catalog(&app, &arguments).await);
            assert_eq!(err, format!("! {file}:{wanted}\nNothing was changed."));
            assert_eq!(code, Some(1));
        }
    }
    assert_eq!(app.dump(&ana).await, before);
    for arguments in [["apply", "--tenant", "nobody", file], ["apply", "--tenant", slug(&ana), "nowhere.toml"]] {
        let (code, _, err) = said(&catalog(&app, &arguments).await);
        assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
    }
}

#[tokio::test]
async fn owners_bring_a_shape_through_the_graph() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    let golf = std::fs::read_to_string(template("golf-club.toml")).unwrap();
    let before = app.dump(&ana).await;
    let dry = apply(&ana, &golf, true).await;
    assert_eq!((&dry["userErrors"], &dry["metadataVersion"]), (&json!([]), &json!(1)));
    assert!(dry["changes"].as_array().unwrap().contains(&json!({
        "action": "CREATE", "object": "Membership", "field": "member",
        "description": "field Membership.member RELATION → Contact (inverse memberships), required"
    })));
    assert_eq!(app.dump(&ana).await, before);

    let made = apply(&ana, &golf, false).await;
    assert_eq!((&made["changes"], &made["userErrors"]), (&dry["changes"], &json!([])));
    let exported = ana.data("{ exportCatalog }", Value::Null).await["exportCatalog"].as_str().unwrap().to_owned();
    assert_eq!(apply(&ben, &exported, false).await["userErrors"], json!([]));
    assert_eq!(ana.data(OBJECTS, Value::Null).await, ben.data(OBJECTS, Value::Null).await);
    let again = apply(&ben, &exported, false).await;
    assert_eq!(again["changes"], json!([]));
    // Indexes that are built meanwhile raise it; a template that changes nothing does not.
    let now: i64 = version(&app, &ben).await.parse().unwrap();
    assert!(again["metadataVersion"].as_i64().unwrap() <= now);
    assert_eq!(ben.data("{ exportCatalog }", Value::Null).await["exportCatalog"], exported);

    // What the other has beside is told of and stays.
    ben.data("mutation { createField(object: \"Contact\", input: { name: \"shoeSize\", type: NUMBER }) { metadataVersion } }", Value::Null).await;
    let beside = apply(&ben, &exported, false).await;
    assert_eq!(
        beside["changes"],
        json!([{"action": "LEAVE", "object": "Contact", "field": "shoeSize", "description": "field Contact.shoeSize is not in the template"}])
    );
}

#[tokio::test]
async fn a_template_that_is_refused_through_the_graph_leaves_nothing() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let before = app.dump(&ana).await;
    let refused = apply(&ana, "format = 2", false).await;
    assert_eq!(refused["userErrors"][0]["code"], "NEWER_FORMAT");
    assert_eq!(refused["userErrors"][0]["field"], json!(["template", "format"]));
    // The second object would be called as an operation of the first is typed.
    let clash = format!("{CLUB}[[object]]\nname = \"ClubFilter\"\nplural = \"clubFilters\"\nnameField = \"id\"\n");
    let refused = apply(&ana, &clash, false).await;
    assert_eq!(refused["userErrors"][0]["code"], "NAME_TAKEN");
    assert_eq!(refused["userErrors"][0]["field"], json!(["template", "object", "1", "name"]));
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Line 11, column 1: "), "{message}");
    assert_eq!(app.dump(&ana).await, before);

    let ben = app.member_of(&ana, "ben").await;
    let forbidden = ben.graphql("{ exportCatalog }", Value::Null).await;
    assert_eq!(forbidden.code(), "FORBIDDEN");
    let unknown = ben.graphql("mutation { applyCatalog(template: \"\") { metadataVersion } }", Value::Null).await;
    assert_eq!(unknown.code(), "GRAPHQL_VALIDATION_FAILED");
}
