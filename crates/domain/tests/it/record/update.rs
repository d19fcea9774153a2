use rapport_domain::record::{self, Outcome};
use rapport_domain::rights::View;
use serde_json::json;
use uuid::Uuid;

use super::support::{Workspace, map, origin, refusals};

#[tokio::test]
async fn only_what_was_given_changes() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Company", json!({ "name": "Acme", "domain": "acme.com", "foundedYear": 1990 })).await;
    let result = workspace.update("Company", id, json!({ "name": "Acme Corp", "domain": null })).await;
    assert_eq!(result.outcome, Outcome::Updated);
    let row = workspace.row("Company", id).await;
    assert_eq!(
        (&row["name"], &row["domain"], &row["founded_year"], &row["version"]),
        (&json!("Acme Corp"), &json!(null), &json!(1990), &json!(2))
    );
}

#[tokio::test]
async fn nothing_to_change_leaves_no_trace() {
    let workspace = Workspace::new().await;
    let id =
        workspace.made("Company", json!({ "name": "Acme", "annualRevenue": { "value": 5, "currency": "JPY" } })).await;
    let before = workspace.row("Company", id).await;
    let result = workspace
        .update(
            "Company",
            id,
            json!({ "name": "Acme", "annualRevenue": { "value": "5", "currency": "JPY" }, "domain": null }),
        )
        .await;
    assert_eq!(result.outcome, Outcome::Unchanged);
    assert_eq!(workspace.row("Company", id).await, before);
    assert_eq!(workspace.kinds(id).await, ["company.created"]);
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_present_one() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Company", json!({ "name": "Acme" })).await;
    assert_eq!(
        workspace.update_if("Company", id, json!({ "name": "B" }), Some(1)).await.unwrap().outcome,
        Outcome::Updated
    );
    let refused = workspace.update_if("Company", id, json!({ "name": "C" }), Some(1)).await.unwrap();
    assert_eq!(refusals(&refused), ["VERSION_CONFLICT ifVersion"]);
    assert!(refused.user_errors[0].message.contains("version 2"), "{:?}", refused.user_errors);
}

#[tokio::test]
async fn what_is_absent_or_in_the_bin_cannot_be_changed() {
    let workspace = Workspace::new().await;
    let gone = workspace.made("Company", json!({ "name": "Acme" })).await;
    workspace.delete("Company", gone).await;
    for id in [gone, Uuid::now_v7()] {
        assert_eq!(refusals(&workspace.update("Company", id, json!({ "name": "B" })).await), ["NOT_FOUND id"]);
    }
}

#[tokio::test]
async fn required_fields_cannot_be_cleared() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Product", json!({ "name": "Ball" })).await;
    let refused = workspace.update("Product", id, json!({ "name": null, "active": null, "family": null })).await;
    assert_eq!(refusals(&refused), ["REQUIRED name", "REQUIRED active"]);
}

#[tokio::test]
async fn many_are_changed_by_one_input() {
    let workspace = Workspace::new().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(
            workspace
                .made(
                    "Company",
                    json!({ "name": format!("Company {n}"), "industry": if n == 3 { "SOFTWARE" } else { "RETAIL" } }),
                )
                .await,
        );
    }
    ids.push(Uuid::now_v7());
    ids.push(ids[0]);
    let tx = workspace.begin().await;
    let before = tx.statements();
    let results = record::update_many(
        &tx,
        View::of_system(&workspace.catalog),
        workspace.object("Company"),
        &ids,
        &map(&json!({ "industry": "SOFTWARE" })),
        &origin(),
    )
    .await
    .unwrap();
    assert_eq!(tx.statements() - before, 4, "how to plan, load, update, log");
    tx.commit().await.unwrap();
    let outcomes: Vec<_> = results.iter().map(|row| row.outcome).collect();
    use Outcome::{Refused, Unchanged, Updated};
    assert_eq!(outcomes, [Updated, Updated, Updated, Unchanged, Updated, Refused, Unchanged]);
    assert_eq!(workspace.count("company WHERE industry = 'SOFTWARE'").await, 5);
    assert_eq!(workspace.count("event WHERE type = 'company.updated'").await, 4);
}

#[tokio::test]
async fn values_that_a_member_does_not_see_survive_their_changes() {
    let mut workspace = Workspace::new().await;
    workspace.define("Contact", json!({ "name": "salary", "type": "NUMBER", "restricted": true })).await;
    workspace.define("Contact", json!({ "name": "hobby", "type": "TEXT" })).await;
    let id = workspace.made("Contact", json!({ "lastName": "Ortiz", "salary": 5, "hobby": "chess" })).await;
    let member = workspace.as_member();
    assert_eq!(refusals(&member.update("Contact", id, json!({ "salary": 6 })).await), ["UNKNOWN_FIELD salary"]);
    member.update("Contact", id, json!({ "hobby": "golf" })).await;
    let kept: Vec<_> = workspace.row("Contact", id).await["custom"].as_object().unwrap().values().cloned().collect();
    assert!(kept.contains(&json!(5)) && kept.contains(&json!("golf")), "{kept:?}");
}
