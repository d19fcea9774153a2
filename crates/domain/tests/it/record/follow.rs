use rapport_domain::record::{self, Outcome};
use rapport_domain::rights::View;
use serde_json::json;

use super::support::{Workspace, funnel, map, origin, refusals};

#[tokio::test]
async fn an_opportunity_follows_its_stage() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    let deal = workspace.made("Opportunity", json!({ "name": "Deal", "stageId": funnel.open })).await;
    let row = workspace.row("Opportunity", deal).await;
    assert_eq!(
        (&row["pipeline_id"], &row["status"], &row["closed_at"]),
        (&json!(funnel.pipeline), &json!("OPEN"), &json!(null))
    );

    workspace.update("Opportunity", deal, json!({ "stageId": funnel.won })).await;
    let row = workspace.row("Opportunity", deal).await;
    assert_eq!(row["status"], "WON");
    assert!(row["closed_at"].is_string());
    let closed = row["closed_at"].clone();

    workspace.update("Opportunity", deal, json!({ "stageId": funnel.lost, "lostReason": "Price" })).await;
    let row = workspace.row("Opportunity", deal).await;
    assert_eq!((&row["status"], &row["closed_at"]), (&json!("LOST"), &closed));

    workspace.update("Opportunity", deal, json!({ "stageId": funnel.open })).await;
    let row = workspace.row("Opportunity", deal).await;
    assert_eq!((&row["status"], &row["closed_at"]), (&json!("OPEN"), &json!(null)));
    assert_eq!(
        workspace.kinds(deal).await,
        [
            "opportunity.created",
            "opportunity.updated",
            "opportunity.stage_changed",
            "opportunity.won",
            "opportunity.updated",
            "opportunity.stage_changed",
            "opportunity.lost",
            "opportunity.updated",
            "opportunity.stage_changed",
        ]
    );
}

#[tokio::test]
async fn a_deal_that_comes_in_won_keeps_the_time_it_was_closed() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    let deal = workspace
        .made("Opportunity", json!({ "name": "Old", "stageId": funnel.won, "closedAt": "2017-03-01T00:00:00Z" }))
        .await;
    assert_eq!(workspace.row("Opportunity", deal).await["closed_at"], "2017-03-01T00:00:00+00:00");
    assert_eq!(workspace.kinds(deal).await, ["opportunity.created", "opportunity.won"]);
    let now = workspace.made("Opportunity", json!({ "name": "New", "stageId": funnel.won })).await;
    assert!(workspace.row("Opportunity", now).await["closed_at"].is_string());
}

#[tokio::test]
async fn what_follows_can_be_said_but_not_otherwise() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    let other = workspace.made("Pipeline", json!({ "name": "Renewals" })).await;
    let said = json!({ "name": "Deal", "stageId": funnel.open, "pipelineId": funnel.pipeline, "status": "OPEN" });
    let deal = workspace.made("Opportunity", said).await;
    let refused = workspace
        .create("Opportunity", json!({ "name": "Deal", "stageId": funnel.open, "pipelineId": other, "status": "WON" }))
        .await;
    assert_eq!(refusals(&refused), ["MISMATCH pipelineId", "MISMATCH status"]);
    assert_eq!(
        refusals(&workspace.update("Opportunity", deal, json!({ "pipelineId": other })).await),
        ["MISMATCH pipelineId"]
    );
    assert_eq!(
        refusals(&workspace.update("Opportunity", deal, json!({ "status": "LOST" })).await),
        ["MISMATCH status"]
    );
    let free = workspace.made("Opportunity", json!({ "name": "No stage yet", "pipelineId": other })).await;
    assert_eq!(workspace.row("Opportunity", free).await["status"], "OPEN");
}

#[tokio::test]
async fn a_changed_stage_changes_its_opportunities_with_their_events() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    let inputs: Vec<_> = (0..2_500).map(|n| json!({ "name": format!("Deal {n}"), "stageId": funnel.open })).collect();
    let deals = workspace.create_all("Opportunity", &inputs, rapport_domain::record::Mode::Atomic).await;
    let binned = deals[0].id.unwrap();
    workspace.delete("Opportunity", binned).await;

    let result = workspace.update("Stage", funnel.open, json!({ "type": "WON" })).await;
    assert_eq!(result.outcome, Outcome::Updated);
    assert_eq!(
        workspace.count("opportunity WHERE status = 'WON' AND closed_at IS NOT NULL AND version = 2").await,
        2_499
    );
    assert_eq!(workspace.count("event WHERE type = 'opportunity.won'").await, 2_499);

    assert_eq!(workspace.restore("Opportunity", binned).await.outcome, Outcome::Restored);
    assert_eq!(workspace.row("Opportunity", binned).await["status"], "WON");
    let last = workspace.events(binned).await.pop().unwrap();
    assert_eq!((last.kind.as_str(), &last.after["status"]), ("opportunity.won", &json!("WON")));
}

#[tokio::test]
async fn a_new_deal_cannot_miss_a_change_of_its_stage() {
    let workspace = Workspace::new().await;
    let funnel = funnel(&workspace).await;
    for round in 0..10 {
        let (to, name) = if round % 2 == 0 { ("WON", "a") } else { ("OPEN", "b") };
        let create = async {
            let tx = workspace.begin().await;
            let input = [map(&json!({ "name": name, "stageId": funnel.open }))];
            record::create(
                &tx,
                View::of_system(&workspace.catalog),
                workspace.object("Opportunity"),
                &input,
                record::Mode::Atomic,
                &origin(),
            )
            .await
            .unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            tx.commit().await.unwrap();
        };
        tokio::join!(create, workspace.update("Stage", funnel.open, json!({ "type": to })));
        assert_eq!(workspace.count(&format!("opportunity WHERE status <> '{to}'")).await, 0);
    }
}
