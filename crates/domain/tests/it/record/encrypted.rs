//! Encrypted fields in the registry, in templates and in the log.

use rapport_domain::catalog::{registry, template};
use rapport_domain::record::Origin;
use rapport_tenancy::Tenancy;
use serde_json::json;

use super::support::{Workspace, map};

const FIELD: &str = "format = 1\n\n[[field]]\nobject = \"Contact\"\nname = \"pin\"\ntype = \"TEXT\"\n";

#[tokio::test]
async fn a_field_is_encrypted_from_its_creation_on_for_good() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({"name": "pin", "type": "TEXT", "encrypted": true})).await;
    workspace.define("Contact", json!({"name": "nickname", "type": "TEXT"})).await;
    for (name, input, refusal) in [
        ("nickname", json!({"encrypted": true}), "READ_ONLY input.encrypted"),
        ("pin", json!({"encrypted": false}), "READ_ONLY input.encrypted"),
        ("pin", json!({"searchable": true}), "INVALID_VALUE input.searchable"),
        ("pin", json!({"default": "x"}), "INVALID_VALUE input.default"),
    ] {
        let tx = workspace.begin().await;
        let answer =
            registry::update_field(&tx, &Origin::default(), "Contact", name, &map(&input), None).await.unwrap();
        let told: Vec<String> =
            answer.user_errors.iter().map(|error| format!("{} {}", error.code, error.field.join("."))).collect();
        assert_eq!(told, [refusal], "{name} {input}");
    }
}

#[tokio::test]
async fn a_template_says_it_and_cannot_change_it() {
    let encrypted = format!("{FIELD}encrypted = true\n");
    let workspace = Workspace::new().await;
    let apply = async |text: &str| {
        let tx = workspace.begin().await;
        let applied = template::apply(&tx, &Origin::default(), text, &|_| None).await.unwrap();
        if applied.problems.is_empty() {
            tx.commit().await.unwrap();
        }
        applied.problems.iter().map(|problem| format!("{} {}", problem.code, problem.field())).collect::<Vec<_>>()
    };
    assert_eq!(apply(&encrypted).await, [""; 0]);
    assert_eq!(apply(&encrypted).await, [""; 0]);
    let session = workspace.db.session().await.unwrap();
    assert!(template::export(&session).await.unwrap().contains("encrypted = true"));
    assert_eq!(apply(FIELD).await, ["CONFLICT field[0].encrypted"]);
}

#[tokio::test]
async fn the_log_says_that_it_changed_and_not_to_what() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({"name": "pin", "type": "TEXT", "encrypted": true})).await;
    let id = workspace.made("Contact", json!({"lastName": "One", "pin": "Zanzibar"})).await;
    let kept = workspace.row("Contact", id).await["custom"]["pin"].clone();
    workspace.update("Contact", id, json!({"pin": "Zanzibar", "title": "Dr"})).await;
    assert_eq!(workspace.row("Contact", id).await["custom"]["pin"], kept);
    workspace.update("Contact", id, json!({"pin": "Oruro"})).await;
    workspace.update("Contact", id, json!({"pin": null})).await;
    let marker = json!({"encrypted": true});
    let told: Vec<_> =
        workspace.events(id).await.into_iter().map(|event| (event.changed, event.before, event.after)).collect();
    assert_eq!(told[0].2["pin"], marker);
    assert_eq!(told[1].0, ["title"]);
    assert_eq!(told[2], (vec!["pin".to_owned()], json!({"pin": marker}), json!({"pin": marker})));
    assert_eq!(told[3], (vec!["pin".to_owned()], json!({"pin": marker}), json!({"pin": null})));
}

/// Keys that a transaction made are gone with it: nothing may be sealed with what nobody will ever have.
#[tokio::test]
async fn keys_of_a_transaction_that_was_undone_are_forgotten() {
    let mut workspace = Workspace::new().await;
    let tx = workspace.begin().await;
    let input = json!({"name": "pin", "type": "TEXT", "encrypted": true});
    registry::create_field(&tx, &Origin::default(), "Contact", &map(&input)).await.unwrap();
    tx.sealer().await.expect("its own keys");
    tx.rollback().await;
    workspace.define("Contact", input).await;
    let id = workspace.made("Contact", json!({"lastName": "One", "pin": "Zanzibar"})).await;

    // Another process opens it.
    let (place, kept) =
        (workspace.object("Contact").table.clone(), workspace.row("Contact", id).await["custom"]["pin"].clone());
    let other: Tenancy = workspace.other_process().await;
    let scope = other.system_scope(workspace.db.scope().slug()).await.unwrap().unwrap();
    let session = other.open(&scope).session().await.unwrap();
    let place = rapport_tenancy::SecretPlace { object: &place, field: "pin", record: id };
    let opened = session.keyring().await.unwrap().open(place, &serde_json::from_value(kept).unwrap()).unwrap();
    assert_eq!(*opened, b"\"Zanzibar\"");
}
