//! How many statements a plan sends: one for the root and one for each edge, however many records there are.

use std::sync::Arc;

use rapport_domain::{
    catalog::Catalog,
    plan::Plan,
    query::{Field, Keyed, ListArgs, ListField, Query, Selection, Variables},
    rights::Viewer,
};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

fn keyed<T>(key: &str, what: T) -> Keyed<T> {
    Keyed { key: key.into(), what }
}

fn id() -> Selection {
    keyed("id", Field::Value { name: "id".into() })
}

fn many(name: &str, select: Vec<Selection>) -> Selection {
    let nodes = vec![keyed("nodes", ListField::Nodes(select))];
    keyed(name, Field::Many { name: name.into(), args: ListArgs::default(), select: nodes })
}

fn one(name: &str, select: Vec<Selection>) -> Selection {
    keyed(name, Field::One { name: name.into(), select })
}

fn companies(select: Vec<Selection>, more: Vec<Keyed<ListField>>) -> Query {
    let mut items = vec![keyed("nodes", ListField::Nodes(select))];
    items.extend(more);
    Query::List { object: "Company".into(), args: ListArgs::default(), select: items }
}

/// Statements sent for the query, and its answer.
async fn run(app: &TestApp, client: &Client, query: &Query) -> (u64, Value) {
    let id = client.workspace["id"].as_str().expect("an id");
    let scope = app.app.tenancy.system_scope(id).await.expect("a database").expect("the workspace");
    let db = app.app.tenancy.open(&scope);
    let plan = Plan::compile(query, Arc::new(Catalog::base())).expect("a plan");
    let session = db.session().await.expect("a session");
    let (before, mut out) = (session.statements(), Vec::new());
    let origin = rapport_domain::record::Origin::default();
    plan.run(&session, &Viewer::default(), &Variables::new(), &origin, &mut out).await.expect("an answer");
    (session.statements() - before, serde_json::from_slice(&out).expect("JSON"))
}

async fn add_companies(client: &Client, count: usize) {
    let create = "mutation($company: [CompanyCreateInput!]!) { createCompanies(inputs: $company) { results { id } } }";
    let inputs: Vec<Value> = (0..count).map(|at| json!({"name": format!("company {at}")})).collect();
    let data = client.data(create, json!({"company": inputs})).await;
    let ids: Vec<Value> =
        data["createCompanies"]["results"].as_array().expect("rows").iter().map(|row| row["id"].clone()).collect();
    let contacts: Vec<Value> = ids.iter().flat_map(|id| vec![json!({"lastName": "x", "companyId": id}); 3]).collect();
    let create = "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { id } } }";
    let data = client.data(create, json!({"inputs": contacts})).await;
    let contacts = data["createContacts"]["results"].as_array().expect("rows").clone();
    let deals: Vec<Value> = contacts.iter().map(|row| json!({"name": "deal", "contactId": row["id"]})).collect();
    let create =
        "mutation($inputs: [OpportunityCreateInput!]!) { createOpportunities(inputs: $inputs) { results { id } } }";
    client.data(create, json!({"inputs": deals})).await;
}

#[tokio::test]
async fn one_statement_an_edge_and_level_however_many_parents() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let deals = || many("opportunities", vec![id(), one("stage", vec![id(), one("pipeline", vec![id()])])]);
    let count = || keyed("totalCount", ListField::TotalCount);
    let queries = [
        ("a list", companies(vec![id()], vec![]), 1),
        ("to-one relations are joined", companies(vec![one("parent", vec![one("owner", vec![id()])])], vec![]), 1),
        ("a count is a statement of its own", companies(vec![id()], vec![count()]), 2),
        ("one edge", companies(vec![many("contacts", vec![id()])], vec![]), 2),
        ("two edges", companies(vec![many("contacts", vec![id()]), many("activities", vec![id()])], vec![]), 3),
        ("three levels", companies(vec![many("contacts", vec![id(), deals()])], vec![]), 3),
        (
            "an edge behind a relation",
            companies(vec![one("parent", vec![many("contacts", vec![id()])]), many("contacts", vec![deals()])], vec![]),
            4,
        ),
    ];
    for parents in [2, 20] {
        add_companies(&ana, parents).await;
        for (what, query, most) in &queries {
            let (statements, answer) = run(&app, &ana, query).await;
            assert!(statements <= *most, "{what}: {statements} statements, {most} allowed, {answer}");
        }
    }
    // All that was asked came in those.
    let (_, answer) = run(&app, &ana, &queries[5].1).await;
    let companies = answer["nodes"].as_array().expect("companies");
    assert_eq!(companies.len(), 22);
    for company in companies {
        let contacts = company["contacts"]["nodes"].as_array().expect("contacts");
        assert_eq!(contacts.len(), 3);
        assert!(contacts.iter().all(|contact| contact["opportunities"]["nodes"].as_array().map(Vec::len) == Some(1)));
    }
}

#[tokio::test]
async fn the_records_of_a_batch_are_read_by_one_statement() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    add_companies(&ana, 20).await;
    let (_, answer) = run(&app, &ana, &companies(vec![id()], vec![])).await;
    let ids: Vec<uuid::Uuid> = answer["nodes"]
        .as_array()
        .expect("companies")
        .iter()
        .map(|node| node["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"))
        .collect();
    let workspace = ana.workspace["id"].as_str().expect("an id");
    let scope = app.app.tenancy.system_scope(workspace).await.expect("a database").expect("the workspace");
    let session = app.app.tenancy.open(&scope).session().await.expect("a session");
    let catalog = Arc::new(Catalog::base());
    let company = catalog.object("Company").expect("companies").clone();
    let plan = Plan::of_record(&company, &[id(), many("contacts", vec![id()])], catalog).expect("a plan");

    let origin = rapport_domain::record::Origin::default();
    let records = plan.run_for(&session, &Viewer::default(), &ids, &Variables::new(), &origin).await.expect("records");

    assert_eq!(session.statements(), 2, "one for the companies, one for their contacts");
    assert_eq!(records.len(), 20);
    for id in &ids {
        let record: Value = serde_json::from_slice(&records[id].json).expect("JSON");
        assert_eq!(record["id"], json!(id));
        assert_eq!(record["contacts"]["nodes"].as_array().map(Vec::len), Some(3));
    }
}
