use rapport_domain::record::{Mode, Outcome};
use rapport_domain::rights::View;
use serde_json::json;
use uuid::Uuid;

use super::support::{Workspace, maps, origin, refusals};

#[tokio::test]
async fn a_record_is_kept_as_it_was_given() {
    let workspace = Workspace::new().await;
    let company = workspace.made("Company", json!({ "name": "Acme", "annualRevenue": { "value": "1234.5", "currency": "EUR" }, "address": { "city": "Bonn" } })).await;
    let contact = workspace.made("Contact", json!({ "firstName": "Lena", "lastName": "Ortiz", "email": " lena@acme.com ", "companyId": company, "status": "LEAD" })).await;

    let row = workspace.row("Company", company).await;
    assert_eq!(row["annual_revenue_minor"], 123_450);
    assert_eq!(row["annual_revenue_currency"], "EUR");
    assert_eq!(row["address"], json!({ "city": "Bonn" }));
    let row = workspace.row("Contact", contact).await;
    assert_eq!(row["name"], "Lena Ortiz");
    assert_eq!(row["email"], "lena@acme.com");
    assert_eq!(row["company_id"], json!(company));
    assert_eq!(row["version"], 1);
    assert!(row["created_by"].is_string() && row["created_by"] == row["updated_by"]);
    assert_eq!(contact.get_version_num(), 7);
}

#[tokio::test]
async fn a_field_gets_its_default_and_null_is_not_a_default() {
    let workspace = Workspace::new().await;
    let product = workspace.made("Product", json!({ "name": "Ball" })).await;
    assert_eq!(workspace.row("Product", product).await["active"], true);
    let refused = workspace.create("Product", json!({ "name": "Ball", "active": null })).await;
    assert_eq!(refusals(&refused), ["REQUIRED active"]);
}

#[tokio::test]
async fn everything_wrong_with_an_input_is_said_at_once() {
    let workspace = Workspace::new().await;
    let refused = workspace
        .create(
            "Company",
            json!({
                "nmae": "Acme", "id": Uuid::now_v7(), "createdAt": "2026-01-01T00:00:00Z", "contacts": [], "parent": {},
                "industry": "SPACE", "annualRevenue": { "value": "1.005", "currency": "EUR" }, "website": "javascript:alert(1)",
                "employeeCount": "many", "ownerId": "me",
            }),
        )
        .await;
    assert_eq!(
        refusals(&refused),
        [
            "UNKNOWN_FIELD nmae",
            "READ_ONLY id",
            "READ_ONLY createdAt",
            "READ_ONLY contacts",
            "UNKNOWN_FIELD parent",
            "INVALID_OPTION industry",
            "INVALID_VALUE annualRevenue.value",
            "INVALID_VALUE website",
            "INVALID_VALUE employeeCount",
            "INVALID_VALUE ownerId",
            "REQUIRED name",
        ]
    );
    assert!(refused.user_errors[5].message.contains("AGRICULTURE, CONSTRUCTION"));
    assert_eq!(workspace.count("company").await + workspace.count("event WHERE object <> 'User'").await, 0);
}

#[tokio::test]
async fn a_field_whose_value_is_refused_is_not_missing_as_well() {
    let workspace = Workspace::new().await;
    let refused = workspace.create("Company", json!({ "name": 5 })).await;
    assert_eq!(refusals(&refused), ["INVALID_VALUE name"]);
}

#[tokio::test]
async fn what_is_not_there_in_the_bin_or_itself_cannot_be_pointed_to() {
    let workspace = Workspace::new().await;
    let gone = workspace.made("Company", json!({ "name": "Gone" })).await;
    workspace.delete("Company", gone).await;
    for id in [gone, Uuid::now_v7()] {
        let refused = workspace.create("Contact", json!({ "lastName": "Ortiz", "companyId": id })).await;
        assert_eq!(refusals(&refused), ["NOT_FOUND companyId"]);
        assert_eq!(refused.user_errors[0].message, format!("There is no company with the id {id}."));
    }
    assert_eq!(workspace.count("contact").await, 0);
    let acme = workspace.made("Company", json!({ "name": "Acme" })).await;
    assert_eq!(
        refusals(&workspace.update("Company", acme, json!({ "parentId": acme })).await),
        ["INVALID_VALUE parentId"]
    );
}

#[tokio::test]
async fn an_atomic_batch_is_all_or_nothing() {
    let workspace = Workspace::new().await;
    let inputs = [json!({ "name": "A" }), json!({ "name": "" }), json!({ "name": "C" })];
    let results = workspace.create_all("Company", &inputs, Mode::Atomic).await;
    let outcomes: Vec<_> = results.iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotApplied, Outcome::Refused, Outcome::NotApplied]);
    assert!(results.iter().all(|row| row.id.is_none()));
    assert_eq!(results[1].clone().in_batch("inputs", 1).user_errors[0].field, ["inputs", "1", "name"]);
    assert_eq!(workspace.count("company").await + workspace.count("event WHERE object <> 'User'").await, 0);
}

#[tokio::test]
async fn a_partial_batch_does_what_it_can() {
    let workspace = Workspace::new().await;
    let inputs = [
        json!({ "name": "A", "externalId": "1" }),
        json!({ "name": "B", "parentId": Uuid::now_v7() }),
        json!({ "name": "C", "externalId": "1" }),
        json!({ "name": "D" }),
    ];
    let results = workspace.create_all("Company", &inputs, Mode::Partial).await;
    assert_eq!(
        results.iter().map(refusals).collect::<Vec<_>>(),
        [vec![], vec!["NOT_FOUND parentId".to_owned()], vec!["DUPLICATE externalId".into()], vec![]]
    );
    assert_eq!((workspace.count("company").await, workspace.count("event WHERE object <> 'User'").await), (2, 2));
}

#[tokio::test]
async fn a_batch_takes_three_statements_and_one_for_each_object_it_points_to() {
    let workspace = Workspace::new().await;
    let company = workspace.made("Company", json!({ "name": "Acme" })).await;
    let inputs: Vec<_> = (0..500).map(|n| json!({ "lastName": format!("Ortiz {n}"), "companyId": company })).collect();
    let tx = workspace.begin().await;
    let before = tx.statements();
    let object = workspace.object("Contact");
    let results = rapport_domain::record::create(
        &tx,
        View::of_system(&workspace.catalog),
        object,
        &maps(&inputs),
        Mode::Atomic,
        &origin(),
    )
    .await
    .unwrap();
    assert!(results.iter().all(|row| row.outcome == Outcome::Created));
    assert_eq!(tx.statements() - before, 4, "how to plan, companies, contacts, log");
}

#[tokio::test]
async fn members_write_contacts_but_not_stages() {
    let workspace = Workspace::new().await;
    let member = workspace.as_member();
    member.made("Contact", json!({ "lastName": "Ortiz" })).await;
    let refused = member.create("Pipeline", json!({ "name": "Sales" })).await;
    assert_eq!(refusals(&refused), ["FORBIDDEN "]);
    assert_eq!(refused.user_errors[0].message, "You may not create pipelines.");
}
