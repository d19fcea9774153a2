use rapport_domain::record::{Mode, Outcome};
use serde_json::json;

use super::support::{Workspace, refusals};

#[tokio::test]
async fn a_unique_value_is_taken_by_a_live_record_only() {
    let workspace = Workspace::new().await;
    let first = workspace.made("Product", json!({ "name": "Ball", "code": "B-1" })).await;
    let refused = workspace.create("Product", json!({ "name": "Ball", "code": "B-1" })).await;
    assert_eq!(refusals(&refused), ["DUPLICATE code"]);
    assert_eq!(refused.user_errors[0].message, format!("Another product ({first}) has the code \"B-1\" already."));
    workspace.delete("Product", first).await;
    let second = workspace.made("Product", json!({ "name": "Ball", "code": "B-1" })).await;
    assert_eq!(refusals(&workspace.restore("Product", first).await), ["DUPLICATE code"]);
    workspace.update("Product", second, json!({ "code": "B-2" })).await;
    assert_eq!(workspace.restore("Product", first).await.outcome, Outcome::Restored);
    assert_eq!(refusals(&workspace.update("Product", second, json!({ "code": "B-1" })).await), ["DUPLICATE code"]);
}

#[tokio::test]
async fn a_custom_field_can_be_unique_without_an_index() {
    let mut workspace = Workspace::new().await;
    for (kind, a, b) in [
        ("TEXT", json!("x"), json!("X")),
        ("NUMBER", json!(1.0), json!(1.5)),
        ("DECIMAL", json!("1.50"), json!("1.51")),
        ("DATE", json!("2026-01-01"), json!("2026-01-02")),
        ("DATE_TIME", json!("2026-01-01T00:00:00Z"), json!("2026-01-01T00:00:01Z")),
        ("EMAIL", json!("a@b.com"), json!("a@c.com")),
    ] {
        let name = format!("key{}", kind.replace('_', "").to_lowercase());
        workspace.define("Contact", json!({ "name": name, "type": kind, "unique": true })).await;
        let first = workspace.made("Contact", json!({ "lastName": "A", &name: a })).await;
        assert_eq!(
            refusals(&workspace.create("Contact", json!({ "lastName": "B", &name: a })).await),
            [format!("DUPLICATE {name}")]
        );
        let second = workspace.made("Contact", json!({ "lastName": "B", &name: b })).await;
        assert_eq!(
            refusals(&workspace.update("Contact", second, json!({ &name: a })).await),
            [format!("DUPLICATE {name}")]
        );
        assert_eq!(
            workspace.update("Contact", first, json!({ &name: a, "lastName": "C" })).await.outcome,
            Outcome::Updated
        );
        let twice = [json!({ "lastName": "C", &name: null }), json!({ "lastName": "C" })];
        assert!(
            workspace
                .create_all("Contact", &twice, Mode::Atomic)
                .await
                .iter()
                .all(|row| row.outcome == Outcome::Created)
        );
    }
}

#[tokio::test]
async fn one_batch_cannot_bring_a_value_twice() {
    let mut workspace = Workspace::new().await;
    workspace.define("Product", json!({ "name": "ean", "type": "TEXT", "unique": true })).await;
    let inputs = [
        json!({ "name": "A", "ean": "1" }),
        json!({ "name": "B", "ean": "1" }),
        json!({ "name": "C", "code": "x" }),
        json!({ "name": "D", "code": "x" }),
    ];
    let results = workspace.create_all("Product", &inputs, Mode::Partial).await;
    assert_eq!(
        results.iter().map(|row| refusals(row).join("")).collect::<Vec<_>>(),
        ["", "DUPLICATE ean", "", "DUPLICATE code"]
    );
}

#[tokio::test]
async fn an_atomic_batch_says_which_row_is_taken() {
    let workspace = Workspace::new().await;
    workspace.made("Company", json!({ "name": "Acme", "externalId": "a" })).await;
    let inputs = [json!({ "name": "New", "externalId": "b" }), json!({ "name": "Old", "externalId": "a" })];
    let results = workspace.create_all("Company", &inputs, Mode::Atomic).await;
    assert_eq!(results[0].outcome, Outcome::NotApplied);
    assert_eq!(refusals(&results[1]), ["DUPLICATE externalId"]);
    assert_eq!((workspace.count("company").await, workspace.count("event WHERE object <> 'User'").await), (1, 1));
}
