use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::{Scene, act};
use crate::{role_administration::done, support::Client};

/// Everyday work with everything, but for these fields.
fn but(fields: &Value) -> Value {
    let all =
        json!({"create": true, "import": true, "read": "ALL", "update": "ALL", "delete": "ALL", "restore": "ALL"});
    json!({"others": all, "fields": fields})
}

async fn is_unknown(client: &Client, queries: &[&str]) {
    for query in queries {
        let answer = client.graphql(query, Value::Null).await;
        assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&answer.code()), "{query} {}", answer.body);
    }
}

/// What stands for a record of the object.
async fn name_field(client: &Client, object: &str) -> Value {
    let ask = format!("{{ object(name: \"{object}\") {{ nameField }} }}");
    client.data(&ask, Value::Null).await["object"]["nameField"].take()
}

#[tokio::test]
async fn a_name_that_is_shown_in_part_is_compared_in_no_way() {
    let scene = Scene::start().await;
    let mut ids = Vec::new();
    for name in ["Zeta", "Alpha", "Midway"] {
        let company = scene.record("Company", json!({"name": name})).await;
        scene.record("Opportunity", json!({"name": name, "companyId": company})).await;
        ids.push(company);
    }
    ids.sort_by_key(Value::to_string);
    let ben = scene.person("ben", but(&json!({"company": {"name": "MASKED"}}))).await;
    for order in ["", ", orderBy: [{key: {company: ASC}}]"] {
        let ask = format!(
            "{{ it: opportunitiesAggregate(groupBy: [{{company: {{}}}}]{order}) {{ groups {{ key {{ company {{ id }} }} }} }} }}"
        );
        let groups = ben.data(&ask, Value::Null).await["it"]["groups"].take();
        let keys: Vec<Value> =
            groups.as_array().expect("groups").iter().map(|it| it["key"]["company"]["id"].clone()).collect();
        assert_eq!(keys, ids, "{order}");
    }
    assert_eq!(name_field(&ben, "Company").await, "id");
}

#[tokio::test]
async fn what_is_made_of_a_hidden_field_is_hidden_as_well() {
    let scene = Scene::start().await;
    let pipeline = scene.record("Pipeline", json!({"name": "Sales"})).await;
    let won = scene.record("Stage", json!({"name": "Done", "type": "WON", "pipelineId": pipeline})).await;
    scene.record("Opportunity", json!({"name": "Engine", "stageId": won})).await;
    scene.record("Contact", json!({"firstName": "Ada", "lastName": "Lovelace"})).await;
    let blind =
        scene.person("blind", but(&json!({"contact": {"first_name": "NONE"}, "stage": {"type": "NONE"}}))).await;
    is_unknown(
        &blind,
        &[
            "{ contacts { nodes { name } } }",
            "{ contacts(filter: {name: {startsWith: \"Ada\"}}) { totalCount } }",
            "{ opportunities { nodes { status } } }",
            "{ opportunities(filter: {status: {eq: WON}}) { totalCount } }",
        ],
    )
    .await;
    assert_eq!(name_field(&blind, "Contact").await, "id");
    let half = scene.person("half", but(&json!({"contact": {"first_name": "MASKED"}}))).await;
    let shown = half.data("{ contacts { nodes { name lastName } } }", Value::Null).await["contacts"]["nodes"].take();
    assert_eq!(shown, json!([{"name": "•••lace", "lastName": "Lovelace"}]));
    is_unknown(&half, &["{ contacts(filter: {name: {startsWith: \"Ada\"}}) { totalCount } }"]).await;
    let find = "{ search(query: \"Ada\") { hits { title } } }";
    for (client, hits) in [(&blind, 0), (&half, 0), (&scene.ana, 1)] {
        for _ in 0..400 {
            if scene.ana.data(find, Value::Null).await["search"]["hits"].as_array().is_some_and(|it| !it.is_empty()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let found = client.data(find, Value::Null).await["search"]["hits"].take();
        assert_eq!(found.as_array().map(Vec::len), Some(hits), "{found}");
    }
    // It is no field that a role speaks of.
    let role = json!({"name": "Named", "fields": [{"object": "Contact", "field": "name", "access": "NONE"}]});
    assert_eq!(super::new_role(&scene.ana, role).await, ["READ_ONLY input.fields.0.field"]);
}

#[tokio::test]
async fn sections_name_no_hidden_field() {
    let scene = Scene::start().await;
    scene.secret("Contact", "ssn", "").await;
    let arrange = "mutation { arrangeFields(object: \"Contact\", sections: [{label: \"Person\", fields: [\"lastName\", \"ssn\"]}]) { userErrors { code field message } } }";
    done(&scene.ana, arrange, Value::Null).await;
    let ben = scene.app.member_with(&scene.ana, "ben", &[BuiltInRole::ReadOnly.id()]).await;
    let ask = "{ object(name: \"Contact\") { sections { fields } } }";
    for (client, fields) in [(&scene.ana, json!(["lastName", "ssn"])), (&ben, json!(["lastName"]))] {
        assert_eq!(client.data(ask, Value::Null).await["object"]["sections"], json!([{"fields": fields}]));
    }
}

#[tokio::test]
async fn no_refusal_tells_of_what_is_hidden() {
    let scene = Scene::start().await;
    scene.secret("Contact", "taxId", ", unique: true").await;
    let ben = scene.person("ben", but(&json!({}))).await;
    let one = scene.record("Contact", json!({"lastName": "One", "taxId": "T-SECRET"})).await;
    assert_eq!(act(&ben, "delete", "Contact", &one).await, json!([]));
    scene.record("Contact", json!({"lastName": "Two", "taxId": "T-SECRET"})).await;
    let told = act(&ben, "restore", "Contact", &one).await;
    assert_eq!((&told[0]["code"], &told[0]["field"]), (&json!("CONFLICT"), &json!(["id"])));
    let text = told.to_string();
    assert!(!text.contains("T-SECRET") && !text.to_lowercase().contains("tax"), "{text}");
    assert_eq!(act(&scene.ana, "restore", "Contact", &one).await[0]["code"], "DUPLICATE");

    let create = "mutation { createObject(input: {name: \"SecretAudit\", plural: \"SecretAudits\", label: \"Secret audit\", labelPlural: \"Secret audits\", nameField: \"number\"}) { userErrors { code field message } } }";
    done(&scene.ana, create, Value::Null).await;
    let field = "mutation { createField(object: \"SecretAudit\", input: {name: \"company\", label: \"Company\", type: RELATION, target: \"Company\", inverse: \"audits\", required: true}) { userErrors { code field message } } }";
    done(&scene.ana, field, Value::Null).await;
    let acme = scene.record("Company", json!({"name": "Acme"})).await;
    scene.record("SecretAudit", json!({"number": "1", "companyId": acme})).await;
    let destroyer = json!({"administration": ["DESTROY"], "objects": {"company": {"read": "ALL", "delete": "ALL"}}});
    let cat = scene.person("cat", destroyer).await;
    let told = act(&cat, "destroy", "Company", &acme).await;
    assert_eq!(told[0]["message"], "Other records cannot be without it. Remove them first.");
    assert_eq!(
        act(&scene.ana, "destroy", "Company", &acme).await[0]["message"],
        "1 secret audits cannot be without it. Remove them first."
    );
}

#[tokio::test]
async fn who_shapes_the_workspace_is_told_of_use_and_not_of_numbers() {
    let scene = Scene::start().await;
    let field = "mutation { createField(object: \"Contact\", input: {name: \"grade\", label: \"Grade\", type: SELECT, restricted: true, options: [{value: \"A\"}, {value: \"B\"}]}) { userErrors { code field message } } }";
    done(&scene.ana, field, Value::Null).await;
    scene.record("Contact", json!({"lastName": "One", "grade": "A"})).await;
    let blind = json!({"administration": ["METADATA"], "objects": {"contact": {"read": "ALL"}}});
    let ben = scene.person("ben", blind).await;
    let fewer = "mutation { it: updateField(object: \"Contact\", name: \"grade\", input: {options: [{value: \"B\"}]}) { userErrors { code field message } } }";
    let usage = "{ it: fieldUsage(object: \"Contact\", name: \"grade\") { kind description } }";
    for (client, option, records) in [
        (&ben, "Records have options that would go.", "Records have a value; they keep it until it is deleted."),
        (
            &scene.ana,
            "Records have options that would go: A by 1.",
            "1 records have a value; they keep it until it is deleted.",
        ),
    ] {
        let told = client.data(fewer, Value::Null).await["it"]["userErrors"].take();
        assert_eq!((&told[0]["code"], &told[0]["message"]), (&json!("IN_USE"), &json!(option)));
        let told = client.data(usage, Value::Null).await["it"].take();
        let told = told.as_array().expect("usages").iter().find(|usage| usage["kind"] == "RECORDS").cloned();
        assert_eq!(told.expect("a usage")["description"], records);
    }
}
