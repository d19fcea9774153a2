//! Every role that comes with Rapport, on every object, with every operation: what the product does, held against a file
//! that people can read. `UPDATE_GOLDEN=1` writes it anew.

use std::{fmt::Write as _, fs};

use rapport_tenancy::BuiltInRole;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/rights.txt");

/// An object as the matrix needs it: a record of it, and a change.
struct Kind {
    object: &'static str,
    one: &'static str,
    many: &'static str,
    /// Whether a record has an owner, or is a part of one that has.
    owned: bool,
    changed: &'static str,
}

const fn kind(object: &'static str, one: &'static str, many: &'static str, owned: bool, changed: &'static str) -> Kind {
    Kind { object, one, many, owned, changed }
}

const KINDS: [Kind; 11] = [
    kind("Company", "company", "companies", true, "name"),
    kind("Contact", "contact", "contacts", true, "lastName"),
    kind("Opportunity", "opportunity", "opportunities", true, "name"),
    kind("LineItem", "lineItem", "lineItems", true, "description"),
    kind("Activity", "activity", "activities", true, "subject"),
    kind("Project", "project", "projects", true, "name"),
    kind("Product", "product", "products", false, "name"),
    kind("Pipeline", "pipeline", "pipelines", false, "name"),
    kind("Stage", "stage", "stages", false, "name"),
    kind("User", "user", "users", false, "name"),
    kind("Team", "team", "teams", false, "name"),
];

async fn create(client: &Client, of: &Kind, input: &Value) -> Value {
    let create = format!(
        "mutation($input: {0}CreateInput!) {{ it: create{0}(input: $input) {{ id userErrors {{ code message }} }} }}",
        of.object
    );
    client.graphql(&create, json!({"input": input})).await.body
}

async fn made(ana: &Client, of: &Kind, input: &Value) -> String {
    let body = create(ana, of, input).await;
    body["data"]["it"]["id"].as_str().unwrap_or_else(|| panic!("{} {body}", of.object)).to_owned()
}

/// What makes a record of the object that somebody has.
async fn input(ana: &Client, of: &Kind, owner: Option<&str>) -> Value {
    let mut input = json!({});
    match of.object {
        "Activity" => input["type"] = json!("NOTE"),
        "Stage" => {
            input["type"] = json!("OPEN");
            input["pipelineId"] = made(ana, &KINDS[7], &json!({"name": "Sales"})).await.into();
        }
        "LineItem" => {
            input["opportunityId"] = made(ana, &KINDS[2], &json!({"name": "Whole", "ownerId": owner})).await.into();
        }
        _ => {}
    }
    input[of.changed] = json!("Before");
    if of.owned && of.object != "LineItem" {
        input["ownerId"] = json!(owner);
    }
    input
}

/// `y` done, `F` refused as forbidden, `n` as not there, `.` not in the graph, `-` nothing that is shared.
fn outcome(body: &Value) -> char {
    if !body["errors"].is_null() {
        let code = body["errors"][0]["extensions"]["code"].as_str();
        assert!(matches!(code, Some("GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT")), "{body}");
        return '.';
    }
    match body["data"]["it"]["userErrors"][0]["code"].as_str() {
        None if body["data"]["it"].is_object() => 'y',
        Some("FORBIDDEN") => 'F',
        Some("NOT_FOUND") => 'n',
        Some("NOT_SHAREABLE") => '-',
        _ => panic!("{body}"),
    }
}

async fn act(client: &Client, of: &Kind, verb: &str, id: &str) -> char {
    let input = if verb == "update" { format!(", input: {{{}: \"After\"}}", of.changed) } else { String::new() };
    let query =
        format!("mutation {{ it: {verb}{}(id: \"{id}\"{input}) {{ userErrors {{ code message }} }} }}", of.object);
    outcome(&client.graphql(&query, Value::Null).await.body)
}

/// Whether the record is there, one by one and in a list.
async fn seen(client: &Client, of: &Kind, id: &str) -> [char; 2] {
    let one = client.graphql(&format!("{{ it: {}(id: \"{id}\") {{ id }} }}", of.one), Value::Null).await.body;
    let list = format!("{{ it: {}(filter: {{id: {{eq: \"{id}\"}}}}) {{ totalCount }} }}", of.many);
    let list = client.graphql(&list, Value::Null).await.body;
    let told = |body: &Value, there: bool| {
        if body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED" {
            '.'
        } else if there {
            'y'
        } else {
            'n'
        }
    };
    [told(&one, one["data"]["it"]["id"] == id), told(&list, list["data"]["it"]["totalCount"] == 1)]
}

/// Whether the record is in a file of its object.
async fn exported(client: &Client, of: &Kind, id: &str) -> char {
    let path = format!("/api/v1/{}/export?fields=id", of.many);
    let response = client.request(Method::GET, &path).send().await.expect("an answer");
    match response.status().as_u16() {
        200 if response.text().await.expect("a file").contains(id) => 'y',
        200 => 'n',
        403 => 'F',
        404 => '.',
        status => panic!("{status}"),
    }
}

/// Whether an import of such records starts.
async fn imported(client: &Client, of: &Kind) -> char {
    let mapping = format!(
        "[[step]]\nfile = \"a.csv\"\nobject = \"{}\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"id\"\n",
        of.object
    );
    let start = "mutation($mapping: String!) { it: startImport(input: { mapping: $mapping, dryRun: true, files: [{ name: \"a.csv\", content: \"id\\n1\\n\" }] }) {
        userErrors { code message } } }";
    outcome(&client.graphql(start, json!({"mapping": mapping})).await.body)
}

async fn shared(client: &Client, of: &Kind, id: &str, with: &str) -> char {
    let share = "mutation($object: String!, $id: ID!, $user: ID!) { it: shareRecord(object: $object, id: $id, userId: $user, access: READ) { userErrors { code message } } }";
    outcome(&client.graphql(share, json!({"object": of.object, "id": id, "user": with})).await.body)
}

/// What becomes of a restricted field: read, as a condition, in a file, written.
async fn restricted(client: &Client, contact: &str) -> String {
    let read = format!("{{ it: contact(id: \"{contact}\") {{ salary }} }}");
    let filtered = "{ it: contacts(filter: { salary: { gt: 0 } }) { totalCount } }";
    let written = format!(
        "mutation {{ it: updateContact(id: \"{contact}\", input: {{ salary: 2 }}) {{ userErrors {{ code message }} }} }}"
    );
    let [read, filtered, written] = [
        outcome(&client.graphql(&read, Value::Null).await.body),
        outcome(&client.graphql(filtered, Value::Null).await.body),
        outcome(&client.graphql(&written, Value::Null).await.body),
    ];
    let file = client.request(Method::GET, "/api/v1/contacts/export?fields=salary").send().await.expect("an answer");
    let file = match file.status().as_u16() {
        200 => 'y',
        400 => '.',
        403 => 'F',
        status => panic!("{status}"),
    };
    format!("read {read} filter {filtered} export {file} write {written}")
}

#[tokio::test]
async fn what_each_role_may_do_is_what_the_file_says() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let object = "mutation { createObject(input: {name: \"Project\", plural: \"projects\", label: \"Project\", labelPlural: \"Projects\"}) { userErrors { message } } }";
    assert_eq!(ana.data(object, Value::Null).await["createObject"]["userErrors"], json!([]));
    let field = "mutation { createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER, restricted: true}) { userErrors { message } } }";
    assert_eq!(ana.data(field, Value::Null).await["createField"]["userErrors"], json!([]));
    let (users, teams) = (&KINDS[9], &KINDS[10]);
    let west = made(&ana, teams, &json!({"name": "West"})).await;
    let mate = made(&ana, users, &json!({"name": "mate", "teamId": west})).await;
    let stranger = made(&ana, users, &json!({"name": "stranger"})).await;

    let mut table = String::from(
        "y done, F refused as forbidden, n as if it were not there, . not in the graph, - never shared by itself\n\
         own: one's own record; team: of somebody in one's team; other: of somebody else; any: of an object whose records have no owner\n",
    );
    for role in BuiltInRole::ALL {
        let name = role.key().to_lowercase().replace('_', "");
        let viewer = app.member_with(&ana, &name, &[role.id()]).await;
        let me =
            viewer.data("{ me { userId } }", Value::Null).await["me"]["userId"].as_str().expect("a user").to_owned();
        let join =
            "mutation($id: ID!, $team: ID!) { updateUser(id: $id, input: {teamId: $team}) { userErrors { message } } }";
        let joined = ana.data(join, json!({"id": me, "team": west})).await;
        assert_eq!(joined["updateUser"]["userErrors"], json!([]));
        let _ = write!(
            table,
            "\n{:12}{:12}{:7}create import get list export update share delete restore destroy\n",
            role.key(),
            "",
            ""
        );
        for of in &KINDS {
            let whose = [("own", Some(&me)), ("team", Some(&mate)), ("other", Some(&stranger))];
            let whose = if of.owned { &whose[..] } else { &[("any", None)] };
            for (at, (of_whom, owner)) in whose.iter().enumerate() {
                let owner = owner.map(String::as_str);
                let input = input(&ana, of, owner).await;
                let id = made(&ana, of, &input).await;
                let (created, imported) = if at == 0 {
                    (outcome(&create(&viewer, of, &input).await), imported(&viewer, of).await)
                } else {
                    (' ', ' ')
                };
                let [get, list] = seen(&viewer, of, &id).await;
                let export = exported(&viewer, of, &id).await;
                let update = act(&viewer, of, "update", &id).await;
                let share = shared(&viewer, of, &id, &stranger).await;
                let delete = act(&viewer, of, "delete", &id).await;
                if delete != 'y' {
                    assert_eq!(act(&ana, of, "delete", &id).await, 'y', "{}", of.object);
                }
                let restore = act(&viewer, of, "restore", &id).await;
                let destroy = act(&viewer, of, "destroy", &id).await;
                let _ = writeln!(
                    table,
                    "{:12}{:12}{of_whom:7}{created:7}{imported:7}{get:4}{list:5}{export:7}{update:7}{share:6}{delete:7}{restore:8}{destroy}",
                    "", of.object
                );
            }
        }
        let contact = input(&ana, &KINDS[1], Some(&me)).await;
        let contact = made(&ana, &KINDS[1], &contact).await;
        let _ = writeln!(
            table,
            "{:12}Contact.salary, restricted, of one's own: {}",
            "",
            restricted(&viewer, &contact).await
        );
    }
    if rapport_api::config::env::var("UPDATE_GOLDEN").is_some() {
        fs::write(FILE, &table).expect("the golden file");
    }
    let golden = fs::read_to_string(FILE).expect("the golden file");
    assert_eq!(table, golden, "look at the difference, then run this test with UPDATE_GOLDEN=1");
}
