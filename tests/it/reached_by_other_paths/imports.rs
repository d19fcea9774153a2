use serde_json::{Value, json};

use super::{Scene, made};
use crate::{role_administration::done, support::Client};

/// Whoever imports everything.
fn importer() -> Value {
    json!({"create": true, "import": true, "read": "ALL", "update": "ALL", "delete": "ALL"})
}

/// A step of rows `k,v` with the natural key `k`; `column` says what `v` fills.
fn mapping(object: &str, column: &str) -> String {
    let step = format!("[[step]]\nfile = \"a.csv\"\nobject = \"{object}\"\nmatch_on = \"externalId\"\n");
    format!("{step}[step.columns]\nexternalId = \"k\"\n{column}")
}

/// An import of one row, run: its id, or the problems of the mapping.
async fn run(by: &Client, mapping: &str, value: &str, dry_run: bool) -> Result<Value, String> {
    let start = "mutation($m: String!, $c: String!, $d: Boolean) { startImport(input: {mapping: $m, dryRun: $d, files: [{name: \"a.csv\", content: $c}]}) { import { id } userErrors { code message } } }";
    let content = format!("k,v\n1,{value}\n");
    let started = by.data(start, json!({"m": mapping, "c": content, "d": dry_run})).await["startImport"].take();
    let id = started["import"]["id"].clone();
    if id.is_null() {
        return Err(started["userErrors"].to_string());
    }
    for _ in 0..400 {
        let ask = "query($id: ID!) { import(id: $id) { state } }";
        if by.data(ask, json!({"id": id})).await["import"]["state"] != "RUNNING" {
            return Ok(id);
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}

/// What became of the row: outcome, and codes and columns of its problems.
async fn row(by: &Client, import: &Value) -> Value {
    let ask = "query($id: ID!) { import(id: $id) { rows { nodes { outcome problems { code column } } } } }";
    by.data(ask, json!({"id": import})).await["import"]["rows"]["nodes"][0].take()
}

#[tokio::test]
async fn an_import_finds_nothing_by_a_name_that_is_shown_in_part() {
    let scene = Scene::start().await;
    let company = scene.record("Company", json!({"name": "Beta BV"})).await;
    scene.record("Contact", json!({"lastName": "Ada", "companyId": company})).await;
    let ben = json!({"others": importer(), "fields": {"company": {"name": "MASKED"}}});
    let ben = scene.person("ben", ben).await;
    let at = |company: &str| {
        let relation = format!("match = \"lastName\"\nwithin = {{ company = \"{company}\" }}\n");
        mapping(
            "Activity",
            &format!(
                "[step.columns.type]\nconstant = \"NOTE\"\n[step.columns.subject]\nconstant = \"Call\"\n[step.columns.contact]\ncolumn = \"v\"\n{relation}"
            ),
        )
    };
    let mine = run(&scene.ana, &at("Beta BV"), "Ada", true).await.expect("an import");
    let told = row(&scene.ana, &mine).await;
    assert_eq!(told["outcome"], "CREATED", "{told}");
    let mut told = Vec::new();
    for company in ["Beta BV", "Nobody"] {
        let theirs = run(&ben, &at(company), "Ada", true).await.expect("an import");
        told.push(row(&ben, &theirs).await);
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0]["outcome"], "CREATED");
    let by_name = mapping("Opportunity", "[step.columns.company]\ncolumn = \"v\"\nmatch = \"name\"\n");
    let told = run(&ben, &by_name, "Beta BV", true).await.expect_err("a mapping that is wrong");
    assert!(told.contains("`name` is shown to you in part") && !told.contains("Did you mean"), "{told}");
}

#[tokio::test]
async fn an_import_adds_no_part_to_what_its_author_may_not_change() {
    let scene = Scene::start().await;
    let rep = json!({"create": true, "import": true, "read": "ALL", "update": "OWN"});
    let ben = scene.person("ben", json!({"others": rep})).await;
    scene.record("Opportunity", json!({"name": "Hers"})).await;
    made(&ben, "Opportunity", json!({"name": "His"})).await;
    let items = mapping("LineItem", "[step.columns.opportunity]\ncolumn = \"v\"\nmatch = \"name\"\n");
    for (name, outcome) in [("Hers", "REFUSED"), ("His", "CREATED")] {
        let import = run(&ben, &items, name, true).await.expect("an import");
        let told = row(&ben, &import).await;
        assert_eq!(told["outcome"], outcome, "{name} {told}");
    }
}

#[tokio::test]
async fn taking_an_import_back_names_nothing_that_is_hidden() {
    let scene = Scene::start().await;
    let create = "mutation { createObject(input: {name: \"SecretAudit\", plural: \"SecretAudits\", label: \"Secret audit\", labelPlural: \"Secret audits\", nameField: \"number\"}) { userErrors { code field message } } }";
    done(&scene.ana, create, Value::Null).await;
    let field = "mutation { createField(object: \"SecretAudit\", input: {name: \"company\", label: \"Company\", type: RELATION, target: \"Company\", inverse: \"audits\"}) { userErrors { code field message } } }";
    done(&scene.ana, field, Value::Null).await;
    let ben = scene.person("ben", json!({"objects": {"company": importer()}})).await;
    let import = run(&ben, &mapping("Company", "name = \"v\"\n"), "Acme", false).await.expect("an import");
    let companies = scene.ana.data("{ companies { nodes { id } } }", Value::Null).await["companies"]["nodes"].take();
    scene.record("SecretAudit", json!({"number": "1", "companyId": companies[0]["id"]})).await;
    let undo = "mutation($id: ID!) { it: undoImport(id: $id) { import { undo { reasons { code message } } } userErrors { code } } }";
    let told = ben.data(undo, json!({"id": import})).await["it"].take();
    let reasons = json!([{"code": "IN_USE", "message": "Other records need it."}]);
    assert_eq!(told["import"]["undo"]["reasons"], reasons, "{told}");
}
