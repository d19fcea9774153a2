use rapport_domain::record::Outcome;
use serde_json::json;
use uuid::Uuid;

use super::support::{Workspace, funnel, refusals};

#[tokio::test]
async fn a_record_goes_to_the_bin_and_comes_back() {
    let workspace = Workspace::new().await;
    let id = workspace.made("Company", json!({ "name": "Acme" })).await;
    assert_eq!(workspace.delete("Company", id).await.outcome, Outcome::Deleted);
    assert!(workspace.row("Company", id).await["deleted_at"].is_string());
    assert_eq!(refusals(&workspace.delete("Company", id).await), ["NOT_FOUND id"]);
    assert_eq!(workspace.restore("Company", id).await.outcome, Outcome::Restored);
    assert_eq!(workspace.restore("Company", id).await.outcome, Outcome::Unchanged);
    let row = workspace.row("Company", id).await;
    assert_eq!((&row["deleted_at"], &row["version"]), (&json!(null), &json!(3)));
    assert_eq!(workspace.kinds(id).await, ["company.created", "company.deleted", "company.restored"]);
    assert_eq!(refusals(&workspace.restore("Company", Uuid::now_v7()).await), ["NOT_FOUND id"]);
}

#[tokio::test]
async fn destroying_clears_what_points_there() {
    let workspace = Workspace::new().await;
    let company = workspace.made("Company", json!({ "name": "Acme" })).await;
    let child = workspace.made("Company", json!({ "name": "Child", "parentId": company })).await;
    let contact = workspace.made("Contact", json!({ "lastName": "Ortiz", "companyId": company })).await;
    let binned = workspace.made("Contact", json!({ "lastName": "Gone", "companyId": company })).await;
    workspace.delete("Contact", binned).await;
    assert_eq!(refusals(&workspace.as_member().destroy("Company", company).await), ["FORBIDDEN "]);
    assert_eq!(workspace.destroy("Company", company).await.outcome, Outcome::Destroyed);
    assert_eq!(workspace.row("Company", company).await, json!(null));
    assert_eq!(workspace.row("Company", child).await["parent_id"], json!(null));
    for id in [contact, binned] {
        assert_eq!(workspace.row("Contact", id).await["company_id"], json!(null));
    }
    assert_eq!(workspace.kinds(contact).await, ["contact.created", "contact.updated"]);
    assert_eq!(workspace.kinds(company).await, ["company.created", "company.destroyed"]);
    assert_eq!(refusals(&workspace.destroy("Company", company).await), ["NOT_FOUND id"]);
}

#[tokio::test]
async fn what_others_cannot_be_without_stays() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    let refused = workspace.destroy("Pipeline", funnel.pipeline).await;
    assert_eq!(refusals(&refused), ["CONFLICT id"]);
    assert_eq!(refused.user_errors[0].message, "3 stages cannot be without it. Remove them first.");
    let deal = workspace.made("Opportunity", json!({ "name": "Deal", "stageId": funnel.won })).await;
    assert_eq!(workspace.destroy("Stage", funnel.won).await.outcome, Outcome::Destroyed);
    let row = workspace.row("Opportunity", deal).await;
    assert_eq!((&row["stage_id"], &row["status"]), (&json!(null), &json!("WON")));
}
