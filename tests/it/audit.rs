//! The audit log as people read it: who signed in, who wrote, who read what is sensitive, and from where.

mod people;

use std::{path::Path, process::Output, time::Duration};

use rapport_domain::rights::{Administration, Level, ObjectRights, RoleRights};
use rapport_tenancy::testing::MASTER_KEY;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, schema_of};

const EVENTS: &str = "query($filter: AuditEventFilter, $first: Int, $after: String) { auditEvents(filter: $filter, first: $first, after: $after) { \
    nodes { id type object recordId version changed before after details address userAgent requestId occurredAt \
            actor { kind id name through throughId } } pageInfo { hasNextPage endCursor } } }";

async fn events(client: &Client, filter: Value) -> Vec<Value> {
    let data = client.data(EVENTS, json!({"filter": filter, "first": 500})).await;
    data["auditEvents"]["nodes"].as_array().expect("events").clone()
}

async fn types(client: &Client, filter: Value) -> Vec<String> {
    events(client, filter).await.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

/// An owner and a member of one workspace. Contacts have a field `salary` that only owners see, and an encrypted `pin`.
async fn staffed() -> (TestApp, Client, Client) {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let member = app.member_of(&owner, "ben").await;
    for field in [
        "{name: \"salary\", label: \"Salary\", type: NUMBER, restricted: true}",
        "{name: \"pin\", label: \"Pin\", type: TEXT, encrypted: true, filterable: true}",
        "{name: \"faith\", label: \"Faith\", type: TEXT, privacy: SENSITIVE}",
    ] {
        let define =
            format!("mutation {{ createField(object: \"Contact\", input: {field}) {{ userErrors {{ message }} }} }}");
        assert_eq!(owner.data(&define, Value::Null).await["createField"]["userErrors"], json!([]));
    }
    (app, owner, member)
}

async fn contact(client: &Client, input: Value) -> String {
    let create = "mutation($input: ContactCreateInput!) { createContact(input: $input) { contact { id } userErrors { message } } }";
    let made = client.data(create, json!({"input": input})).await;
    made["createContact"]["contact"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

#[tokio::test]
async fn a_write_says_who_did_it_through_what_and_from_where() {
    let (_app, owner, _) = staffed().await;
    let id = contact(&owner, json!({"lastName": "Ortiz", "salary": 5})).await;
    let update = "mutation($id: ID!) { updateContact(id: $id, input: {lastName: \"Ruiz\"}) { contact { lastName } } }";
    let request = owner.request(Method::POST, "/graphql").header("user-agent", "  crm-sync/1.0\t");
    let answer = Answer::of(request.json(&json!({"query": update, "variables": {"id": id}}))).await;
    assert_eq!(answer.status, 200);

    let found = events(&owner, json!({"recordId": id})).await;
    assert_eq!(found.len(), 2);
    let (updated, created) = (&found[0], &found[1]);
    assert_eq!(
        (updated["type"].as_str(), created["type"].as_str()),
        (Some("contact.updated"), Some("contact.created"))
    );
    assert_eq!(updated["before"], json!({"lastName": "Ortiz"}));
    assert_eq!(updated["after"], json!({"lastName": "Ruiz"}));
    assert_eq!(updated["changed"], json!(["lastName"]));
    assert_eq!(updated["userAgent"], "crm-sync/1.0");
    assert_eq!(updated["address"], "127.0.0.1");
    assert_eq!(updated["requestId"], answer.header("x-request-id"));
    let me = owner.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    let actor = &updated["actor"];
    assert_eq!(
        (&actor["kind"], &actor["id"], &actor["name"], &actor["through"]),
        (&json!("USER"), &me, &json!("ana"), &json!("SESSION"))
    );
    assert!(actor["throughId"].is_string());
}

#[tokio::test]
async fn reads_of_sensitive_fields_are_in_the_log_and_others_are_not() {
    let (app, owner, member) = staffed().await;
    let id =
        contact(&owner, json!({"lastName": "Pay", "salary": 5_000, "pin": "1234", "faith": "x", "companyId": null}))
            .await;
    let other = contact(&owner, json!({"lastName": "Other"})).await;
    let company = "mutation($id: ID!) { createCompany(input: {name: \"Acme\"}) { company { id } } updateContact(id: $id, input: {title: \"x\"}) { contact { id } } }";
    let company = owner.data(company, json!({"id": id})).await["createCompany"]["company"]["id"].clone();
    let join =
        "mutation($id: ID!, $company: ID!) { updateContact(id: $id, input: {companyId: $company}) { contact { id } } }";
    owner.data(join, json!({"id": id, "company": company})).await;
    let viewed = json!({"type": "contact.viewed"});
    assert_eq!(types(&owner, viewed.clone()).await, [""; 0]);

    let both = [id.clone(), other.clone()];
    let (both, one, none): (Vec<&str>, Vec<&str>, Vec<&str>) =
        (both.iter().map(String::as_str).collect(), vec![&id], vec![]);
    for (query, fields, conditions, records) in [
        ("{ contacts { nodes { lastName } } }", None, vec![], &none),
        ("{ contacts { totalCount } contactsAggregate { totalCount } }", None, vec![], &none),
        ("{ contacts { nodes { salary pin } } }", Some(vec!["pin", "salary"]), vec![], &both),
        ("{ contacts(first: 1) { nodes { faith } pageInfo { hasNextPage } } }", Some(vec!["faith"]), vec![], &one),
        ("{ contacts(last: 1) { nodes { faith } } }", Some(vec!["faith"]), vec![], &vec![both[1]]),
        ("{ companies { nodes { contacts { nodes { pin } } } } }", Some(vec!["pin"]), vec![], &one),
        ("{ contacts(filter: {salary: {gt: 1}}) { totalCount } }", Some(vec![]), vec!["salary"], &none),
        ("{ contacts(filter: {not: {or: [{pin: {eq: \"9\"}}]}}) { totalCount } }", Some(vec![]), vec!["pin"], &none),
        (
            "{ companies(filter: {contacts: {some: {salary: {gt: 1}}}}) { totalCount } }",
            Some(vec![]),
            vec!["salary"],
            &none,
        ),
        ("{ contacts(orderBy: [{salary: ASC}]) { nodes { id } } }", Some(vec![]), vec!["salary"], &none),
        (
            "{ opportunities(orderBy: [{contact: {salary: ASC}}]) { nodes { id } } }",
            Some(vec![]),
            vec!["salary"],
            &none,
        ),
        ("{ contactsAggregate(groupBy: [{salary: {}}]) { groups { count } } }", Some(vec!["salary"]), vec![], &none),
        ("{ contactsAggregate { sum { salary } } }", Some(vec!["salary"]), vec![], &none),
        (
            "{ contactsAggregate(groupBy: [{status: {}}], orderBy: [{max: {salary: ASC}}]) { groups { count } } }",
            Some(vec!["salary"]),
            vec![],
            &none,
        ),
        ("{ contactsAggregate(filter: {pin: {eq: \"1234\"}}) { totalCount } }", Some(vec![]), vec!["pin"], &none),
        (
            "mutation { updateContacts(filter: {salary: {gt: 1}}, input: {title: \"rich\"}) { results { outcome } } }",
            Some(vec![]),
            vec!["salary"],
            &none,
        ),
    ] {
        let before = events(&owner, viewed.clone()).await.len();
        owner.data(query, Value::Null).await;
        let mut found = events(&owner, viewed.clone()).await;
        found.truncate(found.len() - before);
        let wanted: Vec<Value> = fields
            .iter()
            .map(|fields| json!({"fields": fields, "conditions": conditions, "records": records}))
            .collect();
        let details: Vec<Value> = found.iter().map(|event| event["details"].clone()).collect();
        assert_eq!(details, wanted, "{query}");
    }
    let by_id = format!("{{ contact(id: \"{id}\") {{ secret: pin again: pin }} }}");
    owner.data(&by_id, Value::Null).await;
    let payload = "mutation($id: ID!) { updateContact(id: $id, input: {title: \"y\"}) { contact { salary } } }";
    owner.data(payload, json!({"id": id})).await;
    // All that is known of one record, reads of it included; a reading of another one is not.
    let of_one = types(&owner, json!({"recordId": id, "type": "contact.viewed"})).await.len();
    let of_other = types(&owner, json!({"recordId": other, "type": "contact.viewed"})).await.len();
    assert_eq!((of_one, of_other), (5, 2));
    // A member does not see `salary`: what they see of the rest is noted as well.
    member.data("{ contacts { nodes { faith } } }", Value::Null).await;
    assert_eq!(events(&owner, viewed.clone()).await[0]["actor"]["name"], "ben");
    // What a mutation looked for is in the log also where it was refused, and so undone.
    let before = events(&owner, viewed.clone()).await.len();
    let refused =
        "mutation { updateContacts(filter: {pin: {eq: \"1234\"}}, input: {email: \"no\"}) { results { outcome } } }";
    assert_eq!(owner.data(refused, Value::Null).await["updateContacts"]["results"][0]["outcome"], "REFUSED");
    let found = events(&owner, viewed.clone()).await;
    assert_eq!((found.len(), &found[0]["details"]["conditions"]), (before + 1, &json!(["pin"])));
    // A search that shows it.
    let searchable = "mutation { updateField(object: \"Contact\", name: \"faith\", input: {searchable: true}) { userErrors { message } } }";
    owner.data(searchable, Value::Null).await;
    contact(&owner, json!({"lastName": "Found", "faith": "Zoroaster"})).await;
    let hits = owner.data("{ search(query: \"zoroaster\") { hits { matches { field } } } }", Value::Null).await;
    assert_eq!(hits["search"]["hits"][0]["matches"][0]["field"], "faith");
    assert_eq!(events(&owner, viewed.clone()).await[0]["details"]["fields"], json!(["faith"]));
    owner.data("{ search(query: \"found\") { hits { id } } }", Value::Null).await;
    assert_eq!(events(&owner, viewed.clone()).await.len(), before + 2);
    // Nothing of what was looked for is in the log.
    let log = app.sql(&format!("SELECT details::text FROM {}.event", schema_of(&owner))).await.expect("events");
    assert!(!format!("{log:?}").contains("1234"));
}

#[tokio::test]
async fn the_log_is_for_those_who_have_the_right() {
    let (app, owner, member) = staffed().await;
    let refused = member.graphql(EVENTS, Value::Null).await;
    assert_eq!(refused.code(), "GRAPHQL_VALIDATION_FAILED");
    for path in ["/api/v1/audit.csv", "/api/v1/audit.jsonl"] {
        let answer = Answer::of(member.request(Method::GET, path)).await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
        assert_eq!(app.get(path).await.status, 401);
        let answer = Answer::of(owner.request(Method::GET, &format!("{path}?from=yesterday"))).await;
        assert_eq!((answer.status, answer.code()), (400, "BAD_REQUEST"));
        let answer = Answer::of(owner.request(Method::GET, &format!("{path}?form=2020-01-01T00:00:00Z"))).await;
        assert_eq!((answer.status, answer.code()), (400, "BAD_REQUEST"));
    }
}

#[tokio::test]
async fn pages_and_files_hold_every_event_once() {
    let (_app, owner, _) = staffed().await;
    for at in 0..25 {
        contact(&owner, json!({"lastName": format!("=N{at}, \"q\"")})).await;
    }
    let all: Vec<Value> = events(&owner, json!({})).await.iter().map(|event| event["id"].clone()).collect();
    let (mut paged, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = owner.data(EVENTS, json!({"first": 7, "after": after})).await["auditEvents"].clone();
        paged.extend(page["nodes"].as_array().expect("nodes").iter().map(|event| event["id"].clone()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(paged, all);
    for bad in [json!({"first": 0}), json!({"first": 501}), json!({"after": "x"})] {
        assert_eq!(owner.graphql(EVENTS, bad).await.code(), "BAD_USER_INPUT");
    }

    let get = async |path: &str| {
        owner.request(Method::GET, path).send().await.expect("an answer").text().await.expect("a text")
    };
    let lines = get("/api/v1/audit.jsonl").await;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[0]["type"], "audit.exported");
    assert_eq!(lines[1..].iter().map(|event| event["id"].clone()).collect::<Vec<_>>(), all);
    let csv = get("/api/v1/audit.csv?type=contact.created&object=Contact").await;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().expect("a head").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 25);
    let after = head.iter().position(|name| name == "after").expect("a column");
    assert!(rows[0][after].contains("=N24"), "{:?}", &rows[0]);
    let exported = events(&owner, json!({"type": "audit.exported"})).await;
    assert_eq!(exported[0]["details"]["format"], "CSV");
    assert_eq!(exported[0]["details"]["filter"]["type"], "contact.created");
}

#[tokio::test]
async fn what_was_written_is_sealed_soon_and_verifies() {
    let (app, owner, _) = staffed().await;
    contact(&owner, json!({"lastName": "Ortiz", "salary": 5, "pin": "1"})).await;
    owner.data("{ contacts { nodes { pin } } }", Value::Null).await;
    let count =
        format!("SELECT (SELECT count(*) FROM {0}.event), (SELECT sum(count) FROM {0}.audit_seal)", schema_of(&owner));
    for _ in 0..200 {
        let rows = app.sql(&count).await.expect("counts");
        if rows[0][0] == rows[0][1] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let slug = owner.workspace["slug"].as_str().expect("a slug");
    let scope = app.app.tenancy.system_scope(slug).await.expect("a database").expect("the workspace");
    let report =
        rapport_domain::audit::verify(&app.app.tenancy, &app.app.tenancy.open(&scope)).await.expect("a report");
    assert_eq!((report.faults, report.waiting, report.unsigned), (vec![], 0, 0));
    assert!(report.seals > 0 && report.events > 5);
}

/// The binary on this database.
fn verify(app: &TestApp, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = crate::command::rapport(Path::new("/nowhere"));
    command.env("RAPPORT_DATABASE_URL", app.database.url()).env("RAPPORT_MASTER_KEY", MASTER_KEY);
    let Output { status, stdout, stderr } =
        command.args(["tenant", "verify-audit"]).args(arguments).output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_learns_what_was_done_to_a_log_by_hand() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    contact(&ana, json!({"lastName": "Ortiz"})).await;
    let slug = ana.workspace["slug"].as_str().expect("a slug");
    let (code, said) = verify(&app, &[slug]);
    assert!(code == Some(0) && said.contains("nothing is wrong"), "{said}");

    let change = format!(
        "UPDATE {}.event SET address = '192.0.2.1' WHERE type = 'contact.created' RETURNING id, uid",
        schema_of(&ana)
    );
    let row = app.sql(&change).await.expect("a change").remove(0);
    let (id, uid) = (row[0].clone().expect("an id"), row[1].clone().expect("an id"));
    let (code, said) = verify(&app, &[slug]);
    assert!(code == Some(1) && (said.contains(&format!("event {id} ({uid})"))), "{said}");
    // One bad log does not hide the others.
    let (code, said) = verify(&app, &["--all"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(ben.workspace["slug"].as_str().expect("a slug")) && said.contains("nothing is wrong"),
        "{said}"
    );
    let (code, said) = verify(&app, &["nobody"]);
    assert!(code == Some(1) && said.contains("nobody"), "{said}");
    assert_eq!(verify(&app, &[]).0, Some(2));
}

#[tokio::test]
async fn changes_of_the_metadata_are_in_the_log() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for change in [
        "createObject(input: {name: \"Membership\", plural: \"memberships\"})",
        "createField(object: \"Contact\", input: {name: \"salary\", type: NUMBER, restricted: true})",
        "updateField(object: \"Contact\", name: \"salary\", input: {name: \"pay\", restricted: false})",
        "updateField(object: \"Contact\", name: \"status\", input: {label: \"Standing\"})",
        "arrangeFields(object: \"Contact\", sections: [{label: \"First\", fields: [\"pay\"]}])",
        "archiveField(object: \"Contact\", name: \"pay\")",
        "deleteField(object: \"Contact\", name: \"pay\")",
        "updateField(object: \"Contact\", name: \"nonsense\", input: {label: \"x\"})",
    ] {
        ana.data(&format!("mutation {{ {change} {{ userErrors {{ code }} }} }}"), Value::Null).await;
    }
    let ask = "{ auditEvents { nodes { type actor { name } requestId changed before after details } } }";
    let entries = ana.data(ask, Value::Null).await["auditEvents"]["nodes"].take();
    let entries: Vec<&Value> = entries.as_array().expect("entries").iter().rev().collect();
    let of_metadata = |entry: &&&Value| {
        let kind = entry["type"].as_str().expect("a type");
        kind.starts_with("field.") || kind.starts_with("object.")
    };
    let entries: Vec<&&Value> = entries.iter().filter(of_metadata).collect();
    let kinds: Vec<&str> = entries.iter().filter_map(|entry| entry["type"].as_str()).collect();
    // An object comes with the field that names its records.
    let wanted = [
        "object.created",
        "field.created",
        "field.created",
        "field.updated",
        "field.updated",
        "object.arranged",
        "field.archived",
        "field.deleted",
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(entries[0]["after"]["name"], "Membership");
    assert_eq!(entries[2]["after"]["restricted"], true);
    assert_eq!(entries[2]["details"], json!({"object": "Contact", "field": "salary"}));
    assert_eq!(entries[3]["before"], json!({"name": "salary", "restricted": true}));
    assert_eq!(entries[3]["after"], json!({"name": "pay", "restricted": false}));
    assert_eq!(entries[4]["details"], json!({"object": "Contact", "field": "status"}));
    assert!(entries.iter().all(|entry| entry["actor"]["name"] == "ana" && entry["requestId"].is_string()));
}

/// Somebody who reads the log and all records, and no restricted field.
async fn auditor(app: &TestApp, owner: &Client) -> Client {
    let rights = RoleRights {
        administration: vec![Administration::Audit],
        others: ObjectRights { read: Level::All, ..ObjectRights::default() },
        ..RoleRights::default()
    };
    let role = app.role(owner, "Auditor", &rights).await;
    app.member_with(owner, "cleo", &[role]).await
}

#[tokio::test]
async fn whoever_does_not_see_all_fields_learns_no_value_by_another_name() {
    let (app, owner, _) = staffed().await;
    let auditor = auditor(&app, &owner).await;
    contact(&owner, json!({"lastName": "Ortiz", "salary": 987_654})).await;
    let filter = "/api/v1/contacts/export?filter=%7B%22salary%22%3A%7B%22eq%22%3A987654%7D%7D";
    assert_eq!(Answer::of(owner.request(Method::GET, filter)).await.status, 200);
    let tells = async |client: &Client| {
        let file = client.request(Method::GET, "/api/v1/audit.jsonl").send().await.expect("a file");
        let file = file.text().await.expect("text");
        assert!(file.contains("Ortiz"));
        file.contains("987654")
    };
    let act = async |act: &str| {
        let done = owner.data(&format!("mutation {{ {act} {{ userErrors {{ code }} }} }}"), Value::Null).await;
        assert!(done.to_string().contains("\"userErrors\":[]"), "{act}: {done}");
    };
    assert!(tells(&owner).await && !tells(&auditor).await);
    act("updateField(object: \"Contact\", name: \"salary\", input: {name: \"pay\"})").await;
    act("createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER})").await;
    assert!(tells(&owner).await && !tells(&auditor).await, "the name is another field's");
    act("archiveField(object: \"Contact\", name: \"pay\")").await;
    assert!(!tells(&auditor).await, "the field is archived");
    act("deleteField(object: \"Contact\", name: \"pay\")").await;
    assert!(tells(&owner).await && !tells(&auditor).await, "the field is gone");
}
