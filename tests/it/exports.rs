//! Records as a file: the right ones, whole, in order, and nothing that one may not take out.

use rapport_domain::rights::{FieldAccess, Level, ObjectRights, RoleRights};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

async fn text(client: &Client, path: &str) -> String {
    let response = client.request(Method::GET, path).send().await.expect("an answer");
    let (status, text) = (response.status(), response.text().await.expect("text"));
    assert_eq!(status, 200, "{text}");
    text
}

async fn refused(client: &Client, path: &str) -> (u16, String, String) {
    let answer = Answer::of(client.request(Method::GET, path)).await;
    (answer.status, answer.code().to_owned(), answer.field().to_owned())
}

fn query(parameters: &[(&str, Value)]) -> String {
    let mut url = reqwest::Url::parse("http://x/api/v1/contacts/export").expect("a URL");
    for (name, value) in parameters {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        url.query_pairs_mut().append_pair(name, &text);
    }
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

#[tokio::test]
async fn a_file_has_every_record_once_and_in_order_whatever_the_page() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create =
        "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { outcome } } }";
    for part in 0..3 {
        let inputs: Vec<Value> = (0..700).map(|n| json!({"lastName": format!("N{:05}", part * 700 + n)})).collect();
        ana.data(create, json!({"inputs": inputs})).await;
    }
    let path = query(&[("fields", json!("lastName")), ("orderBy", json!([{"lastName": "DESC"}]))]);
    let file = text(&ana, &path).await;
    let wanted: Vec<String> = (0..2_100).rev().map(|n| format!("N{n:05}")).collect();
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert_eq!((lines[0], lines.len()), ("lastName", 2_102), "a head, the records and the end of the last line");
    assert_eq!(lines[1..2_101], wanted.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test]
async fn values_go_out_whole() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let company = ana.data("mutation { createCompany(input: {name: \"A, \\\"B\\\" & C\", annualRevenue: {value: \"10.50\", currency: \"EUR\"}, address: {city: \"Ulm\"}}) { id } }", Value::Null).await["createCompany"]["id"].clone();
    let create = "mutation($input: ContactCreateInput!) { createContact(input: $input) { userErrors { message } } }";
    ana.data(create, json!({"input": {"firstName": "Zoë", "lastName": "two\nlines", "companyId": company}})).await;
    let path = "/api/v1/companies/export?fields=name,annualRevenue,address";
    let file = text(&ana, path).await;
    let (head, line) = file.split_once("\r\n").expect("lines");
    assert!(
        head.starts_with("name,annualRevenue,annualRevenueCurrency,address.") && head.contains("address.city"),
        "{head}"
    );
    assert!(line.starts_with("\"A, \"\"B\"\" & C\",10.50,EUR,") && line.contains("Ulm"), "{line}");
    let path =
        query(&[("format", json!("jsonl")), ("fields", json!("name,companyId,company.name,company.annualRevenue"))]);
    let line: Value = serde_json::from_str(text(&ana, &path).await.trim_end()).expect("a line of JSON");
    let wanted = json!({"name": "Zoë two\nlines", "companyId": company, "company.name": "A, \"B\" & C",
                        "company.annualRevenue": {"value": "10.50", "currency": "EUR"}});
    assert_eq!(line, wanted);
    let all = text(&ana, "/api/v1/contacts/export").await;
    assert!(all.starts_with("id,") && all.contains("companyId") && all.contains("createdAt"), "{all}");
}

#[tokio::test]
async fn only_what_one_may_export_goes_out() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let define = "mutation { createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER}) { userErrors { message } } }";
    assert_eq!(ana.data(define, Value::Null).await["createField"]["userErrors"], json!([]));
    let rights = ObjectRights { read: Level::All, export: Level::Own, ..ObjectRights::default() };
    let hidden = [("custom:salary".into(), FieldAccess::None), ("phone".into(), FieldAccess::Masked)];
    let role = RoleRights {
        objects: [
            ("contact".into(), rights),
            ("company".into(), ObjectRights { read: Level::All, ..ObjectRights::default() }),
        ]
        .into(),
        fields: [("contact".into(), hidden.into())].into(),
        ..RoleRights::default()
    };
    let role = app.role(&ana, "Exporter", &role).await;
    let ben = app.member_with(&ana, "ben", &[role]).await;
    let me = ben.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    let create =
        "mutation($inputs: [ContactCreateInput!]!) { createContacts(inputs: $inputs) { results { outcome } } }";
    let inputs =
        json!([{"lastName": "Mine", "ownerId": me, "phone": "+442079460958"}, {"lastName": "Hers", "salary": 1}]);
    ana.data(create, json!({"inputs": inputs})).await;

    assert_eq!(ben.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"], 2);
    assert_eq!(text(&ben, &query(&[("fields", json!("lastName,phone"))])).await, "lastName,phone\r\nMine,•••0958\r\n");
    assert!(!text(&ben, "/api/v1/contacts/export").await.contains("salary"));

    let unknown = |field: &str| (400, "BAD_USER_INPUT".to_owned(), field.to_owned());
    for field in ["salary", "nonsense"] {
        assert_eq!(refused(&ben, &query(&[("fields", json!(field))])).await, unknown("fields"));
        let filter = json!({field: {"gt": 0}});
        assert_eq!(refused(&ben, &query(&[("filter", filter)])).await, unknown(&format!("filter.{field}")));
        assert_eq!(refused(&ben, &query(&[("orderBy", json!([{field: "ASC"}]))])).await.1, "BAD_USER_INPUT");
    }
    assert_eq!(refused(&ben, "/api/v1/companies/export").await.1, "FORBIDDEN");
    assert_eq!(refused(&ben, "/api/v1/opportunities/export").await.1, "NOT_FOUND");
    assert_eq!(refused(&ben, "/api/v1/nonsense/export").await.1, "NOT_FOUND");
    assert_eq!(refused(&ben, &query(&[("format", json!("xlsx"))])).await, unknown("format"));
    assert_eq!(refused(&ben, &query(&[("filter", json!("{"))])).await, unknown("filter"));
    let nobody = Answer::of(app.request(Method::GET, "/api/v1/contacts/export")).await;
    assert_eq!((nobody.status, nobody.code()), (401, "UNAUTHENTICATED"));

    let log = "{ auditEvents(filter: {type: \"contact.exported\"}) { nodes { details } } }";
    let events = ana.data(log, Value::Null).await["auditEvents"]["nodes"].clone();
    assert_eq!(events[1]["details"]["count"], 1, "{events}");
    assert_eq!(events[1]["details"]["fields"], json!(["lastName", "phone"]), "{events}");
}

/// A file larger than what may wait on its way, of which one line was read, and then `act` was done.
async fn cut_off_by(act: impl AsyncFn(&Client, &str)) -> String {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let rights = ObjectRights { read: Level::All, export: Level::All, ..ObjectRights::default() };
    let role = RoleRights { others: rights, ..RoleRights::default() };
    let role = app.role(&ana, "Exporter", &role).await;
    let ben = app.member_with(&ana, "ben", &[role]).await;
    let create =
        "mutation($inputs: [ActivityCreateInput!]!) { createActivities(inputs: $inputs) { results { outcome } } }";
    let text = "a note of some length. ".repeat(400);
    for _ in 0..10 {
        let inputs: Vec<Value> = (0..200).map(|_| json!({"type": "NOTE", "subject": "N", "body": text})).collect();
        ana.data(create, json!({"inputs": inputs})).await;
    }
    let mut file = ben.request(Method::GET, "/api/v1/activities/export").send().await.expect("an answer");
    assert_eq!(file.status(), 200);
    let mut read = file.chunk().await.expect("a piece").expect("a piece").to_vec();
    let me = ben.data("{ me { userId } }", Value::Null).await["me"]["userId"].as_str().expect("an id").to_owned();
    act(&ana, &me).await;
    ana.data(create, json!({"inputs": [{"type": "NOTE", "subject": "Made afterwards"}]})).await;
    while let Ok(Some(piece)) = file.chunk().await {
        read.extend(piece);
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn whoever_loses_their_rights_is_sent_no_more_of_a_file() {
    let whole = cut_off_by(async |_, _| ()).await;
    assert!(whole.contains("Made afterwards"));
    let without_roles = async |ana: &Client, ben: &str| {
        let take = "mutation($id: ID!) { setRoles(userId: $id, roleIds: [\"00000000-0000-7000-8000-000000000005\"]) { userErrors { code } } }";
        assert_eq!(ana.data(take, json!({"id": ben})).await["setRoles"]["userErrors"], json!([]));
    };
    let shut_out = async |ana: &Client, ben: &str| {
        let out = "mutation($id: ID!) { deactivateMember(userId: $id) { userErrors { code } } }";
        assert_eq!(ana.data(out, json!({"id": ben})).await["deactivateMember"]["userErrors"], json!([]));
    };
    for file in [cut_off_by(without_roles).await, cut_off_by(shut_out).await] {
        assert!(file.len() < whole.len() && !file.contains("Made afterwards"), "{} of {}", file.len(), whole.len());
    }
}
