use rapport_domain::record::{Mode, Outcome};
use serde_json::json;

use super::support::{Workspace, refusals};

#[tokio::test]
async fn the_same_batch_twice_changes_nothing() {
    let workspace = Workspace::new().await;
    let inputs: Vec<_> =
        (0..50).map(|n| json!({ "name": format!("Company {n}"), "externalId": format!("c{n}") })).collect();
    let first = workspace.upsert("Company", &inputs, &["externalId"], Mode::Atomic).await;
    assert!(first.iter().all(|row| row.outcome == Outcome::Created));
    let second = workspace.upsert("Company", &inputs, &["externalId"], Mode::Atomic).await;
    assert!(second.iter().all(|row| row.outcome == Outcome::Unchanged));
    assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), second.iter().map(|row| row.id).collect::<Vec<_>>());
    assert_eq!(workspace.count("event WHERE object <> 'User'").await, 50);
}

#[tokio::test]
async fn some_are_updated_and_some_created() {
    let mut workspace = Workspace::new().await;
    workspace.define("Company", json!({ "name": "vat", "type": "TEXT", "unique": true })).await;
    let known = workspace.made("Company", json!({ "name": "Acme", "vat": "DE1" })).await;
    let inputs = [
        json!({ "name": "Acme Corp", "vat": "DE1" }),
        json!({ "name": "Globex", "vat": "DE2" }),
        json!({ "name": "Nobody" }),
    ];
    let results = workspace.upsert("Company", &inputs, &["vat"], Mode::Partial).await;
    assert_eq!(
        results.iter().map(|row| row.outcome).collect::<Vec<_>>(),
        [Outcome::Updated, Outcome::Created, Outcome::Refused]
    );
    assert_eq!(results[0].id, Some(known));
    assert_eq!(refusals(&results[2]), ["REQUIRED vat"]);
    assert_eq!(workspace.row("Company", known).await["name"], "Acme Corp");
}

#[tokio::test]
async fn several_fields_match_together_and_two_records_are_a_conflict() {
    let workspace = Workspace::new().await;
    let company = workspace.made("Company", json!({ "name": "Acme" })).await;
    let one = workspace.made("Contact", json!({ "lastName": "Ortiz", "companyId": company })).await;
    workspace.made("Contact", json!({ "lastName": "Ortiz" })).await;
    let match_both = json!({ "lastName": "Ortiz", "companyId": company, "title": "CEO" });
    let results = workspace.upsert("Contact", &[match_both], &["lastName", "companyId"], Mode::Atomic).await;
    assert_eq!((results[0].outcome, results[0].id), (Outcome::Updated, Some(one)));
    let results = workspace.upsert("Contact", &[json!({ "lastName": "Ortiz" })], &["lastName"], Mode::Atomic).await;
    assert_eq!(refusals(&results[0]), ["CONFLICT "]);
    assert!(results[0].user_errors[0].message.starts_with("Several records match"));
}

#[tokio::test]
async fn records_in_the_bin_are_not_matched() {
    let workspace = Workspace::new().await;
    let gone = workspace.made("Company", json!({ "name": "Acme", "externalId": "a" })).await;
    workspace.delete("Company", gone).await;
    let results = workspace
        .upsert("Company", &[json!({ "name": "Acme", "externalId": "a" })], &["externalId"], Mode::Atomic)
        .await;
    assert_eq!(results[0].outcome, Outcome::Created);
    assert_ne!(results[0].id, Some(gone));
}

#[tokio::test]
async fn what_cannot_be_matched_on_is_said() {
    let workspace = Workspace::new().await;
    for (field, refusal) in [
        ("nope", "UNKNOWN_FIELD matchOn.0"),
        ("id", "READ_ONLY matchOn.0"),
        ("annualRevenue", "INVALID_VALUE matchOn.0"),
    ] {
        let results = workspace.upsert("Company", &[json!({ "name": "A" })], &[field], Mode::Atomic).await;
        assert_eq!(refusals(&results[0]), [refusal]);
    }
    let twice = [json!({ "name": "A" }), json!({ "name": "A", "domain": "a.com" })];
    let results = workspace.upsert("Company", &twice, &["name"], Mode::Partial).await;
    assert_eq!(refusals(&results[1]), ["DUPLICATE name"]);
}
