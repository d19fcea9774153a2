//! Objects of a workspace's own: all that works for a contact works for their records.

use rapport_domain::{
    plan::Plan,
    query::{Field, Keyed, ListArgs, ListField, Query, Variables},
    rights::Viewer,
};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn object(client: &Client, input: Value) -> Value {
    let mutation = "mutation($input: CreateObjectInput!) { createObject(input: $input) { object { name singular plural nameField custom
        fields { name type } } metadataVersion userErrors { code field message } } }";
    client.data(mutation, json!({"input": input})).await["createObject"].take()
}

async fn field(client: &Client, object: &str, input: Value) -> Value {
    let mutation =
        "mutation($object: String!, $input: CreateFieldInput!) { createField(object: $object, input: $input) {
        field { name type target inverse many } metadataVersion userErrors { code field message } } }";
    client.data(mutation, json!({"object": object, "input": input})).await["createField"].take()
}

fn errors(answer: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let path = |error: &Value| list(&error["field"]).iter().map(text).collect::<Vec<_>>().join(".");
    list(&answer["userErrors"]).iter().map(|error| format!("{} {}", text(&error["code"]), path(error))).collect()
}

/// Memberships of contacts.
async fn memberships(client: &Client) {
    let input = json!({"name": "Membership", "plural": "Memberships", "label": "Membership", "labelPlural": "Memberships", "nameField": "number"});
    let answer = object(client, input).await;
    assert_eq!(errors(&answer), Vec::<String>::new());
    assert_eq!(
        (
            &answer["object"]["singular"],
            &answer["object"]["plural"],
            &answer["object"]["nameField"],
            &answer["object"]["custom"]
        ),
        (&json!("membership"), &json!("memberships"), &json!("number"), &json!(true))
    );
    let relation =
        json!({"name": "member", "label": "Member", "type": "RELATION", "target": "Contact", "inverse": "memberships"});
    let answer = field(client, "Membership", relation).await;
    assert_eq!(errors(&answer), Vec::<String>::new());
    assert_eq!(
        answer["field"],
        json!({"name": "member", "type": "RELATION", "target": "Contact", "inverse": "memberships", "many": false})
    );
    let fee = field(client, "Membership", json!({"name": "fee", "type": "CURRENCY", "filterable": true})).await;
    assert_eq!(errors(&fee), Vec::<String>::new());
}

#[tokio::test]
async fn records_of_an_own_object_are_written_read_and_counted_like_any() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    let contact = ana
        .data(
            "mutation { createContact(input: { firstName: \"Ruth\", lastName: \"Ames\" }) { contact { id } } }",
            Value::Null,
        )
        .await["createContact"]["contact"]["id"]
        .clone();
    let inputs = json!([
        {"number": "M-1", "memberId": contact, "fee": {"value": "100.00", "currency": "EUR"}, "externalId": "a"},
        {"number": "M-2", "memberId": contact, "fee": {"value": "50.00", "currency": "EUR"}},
        {"number": "M-3"},
    ]);
    let created = ana
        .data(
            "mutation($inputs: [MembershipCreateInput!]!) { createMemberships(inputs: $inputs) { results { outcome membership { id number } userErrors { code message } } } }",
            json!({"inputs": inputs}),
        )
        .await;
    let results = created["createMemberships"]["results"].as_array().unwrap().clone();
    assert!(results.iter().all(|row| row["outcome"] == "CREATED"), "{results:?}");

    let read = ana
        .data(
            "{ memberships(filter: { member: { lastName: { eq: \"Ames\" } }, fee: { gte: \"60\" } }) { nodes { number member { name memberships { totalCount } } memberId } totalCount }
               contacts(filter: { memberships: { some: { number: { startsWith: \"M-2\" } } } }) { nodes { lastName memberships(orderBy: [{ fee: ASC }]) { nodes { number fee { value } } } } }
               all: memberships(orderBy: [{ member: { lastName: ASC } }, { number: DESC }]) { edges { cursor node { number owner { name } } } }
               membershipsAggregate(groupBy: [{ member: {} }]) { groups { key { member { lastName } } count sum { fee { value currency } } } } }",
            Value::Null,
        )
        .await;
    assert_eq!(
        read["memberships"],
        json!({"nodes": [{"number": "M-1", "member": {"name": "Ruth Ames", "memberships": {"totalCount": 2}}, "memberId": contact}], "totalCount": 1})
    );
    assert_eq!(
        read["contacts"]["nodes"],
        json!([{"lastName": "Ames", "memberships": {"nodes": [{"number": "M-2", "fee": {"value": "50.00"}}, {"number": "M-1", "fee": {"value": "100.00"}}]}}])
    );
    let numbers: Vec<_> =
        read["all"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["number"].clone()).collect();
    assert_eq!(numbers, ["M-2", "M-1", "M-3"]);
    let groups = &read["membershipsAggregate"]["groups"];
    assert!(groups.as_array().unwrap().contains(
        &json!({"key": {"member": {"lastName": "Ames"}}, "count": 2, "sum": {"fee": {"value": "150.00", "currency": "EUR"}}})
    ));

    // Update, upsert, the bin, and for good.
    let id = results[0]["membership"]["id"].clone();
    let changed = ana
        .data(
            "mutation($id: ID!) { updateMembership(id: $id, input: { number: \"M-10\" }, ifVersion: 1) { membership { number version } userErrors { code } }
               upsertMemberships(inputs: [{ externalId: \"a\", number: \"M-11\" }], matchOn: [externalId]) { results { outcome membership { number version } } }
               deleteMembership(id: $id) { userErrors { code } } }",
            json!({"id": id}),
        )
        .await;
    assert_eq!(changed["updateMembership"]["membership"], json!({"number": "M-10", "version": 2}));
    assert_eq!(
        changed["upsertMemberships"]["results"][0],
        json!({"outcome": "UPDATED", "membership": {"number": "M-11", "version": 3}})
    );
    let query = "{ memberships { totalCount } contacts { nodes { memberships { totalCount } } } }";
    let read = ana.data(query, Value::Null).await;
    assert_eq!(
        read,
        json!({"memberships": {"totalCount": 2}, "contacts": {"nodes": [{"memberships": {"totalCount": 1}}]}})
    );
    let back = ana
        .data("mutation($id: ID!, $contact: ID!) { restoreMembership(id: $id) { membership { number } } destroyContact(id: $contact) { userErrors { code } } }", json!({"id": id, "contact": contact}))
        .await;
    assert_eq!(back["restoreMembership"]["membership"]["number"], "M-11");
    let read = ana.data("{ memberships { nodes { memberId } } }", Value::Null).await;
    assert_eq!(read["memberships"]["nodes"], json!([{"memberId": null}, {"memberId": null}, {"memberId": null}]));

    let wrong = ana
        .data("mutation($id: ID!) { createMembership(input: { number: \"x\", memberId: $id }) { userErrors { code field } } }", json!({"id": contact}))
        .await;
    assert_eq!(wrong["createMembership"]["userErrors"], json!([{"code": "NOT_FOUND", "field": ["memberId"]}]));
}

#[tokio::test]
async fn two_objects_share_a_table_and_nothing_else() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (name, plural) in [("Horse", "horses"), ("Stable", "stables")] {
        assert_eq!(errors(&object(&ana, json!({"name": name, "plural": plural})).await), Vec::<String>::new());
    }
    let written = ana
        .data("mutation { createHorse(input: { name: \"Bo\", externalId: \"1\" }) { horse { id } } createStable(input: { name: \"Bo\", externalId: \"1\" }) { stable { id } userErrors { message } } }", Value::Null)
        .await;
    let (horse, stable) = (&written["createHorse"]["horse"]["id"], &written["createStable"]["stable"]["id"]);
    assert!(horse.is_string() && stable.is_string() && horse != stable);
    let read = ana
        .data(
            "query($horse: ID!) { horse(id: $horse) { name } stable(id: $horse) { name } horses { totalCount } }",
            json!({"horse": horse}),
        )
        .await;
    assert_eq!(read, json!({"horse": {"name": "Bo"}, "stable": null, "horses": {"totalCount": 1}}));
    let wrong = ana
        .data("mutation($horse: ID!) { updateStable(id: $horse, input: { name: \"x\" }) { userErrors { code } } deleteStable(id: $horse) { userErrors { code } } destroyStable(id: $horse) { userErrors { code } } }", json!({"horse": horse}))
        .await;
    for act in ["updateStable", "deleteStable", "destroyStable"] {
        assert_eq!(wrong[act]["userErrors"][0]["code"], "NOT_FOUND", "{act}");
    }
}

#[tokio::test]
async fn an_object_goes_and_comes_back_with_its_records() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    ana.data("mutation { createMembership(input: { number: \"M-1\" }) { userErrors { code } } }", Value::Null).await;
    let act = |act: &'static str, more: &'static str| {
        let ana = &ana;
        async move {
            let mutation = format!(
                "mutation {{ {act}(name: \"Membership\"{more}) {{ object {{ name }} userErrors {{ code field message }} }} }}"
            );
            ana.data(&mutation, Value::Null).await[act].take()
        }
    };
    let usage = ana.data("{ objectUsage(name: \"Membership\") { kind object field breaks } fieldUsage(object: \"Membership\", name: \"member\") { kind object field breaks } }", Value::Null).await;
    assert_eq!(
        usage["objectUsage"],
        json!([{"kind": "INVERSE", "object": "Contact", "field": "memberships", "breaks": true}, {"kind": "RECORDS", "object": "Membership", "field": null, "breaks": false}])
    );
    assert_eq!(
        usage["fieldUsage"],
        json!([{"kind": "INVERSE", "object": "Contact", "field": "memberships", "breaks": true}, {"kind": "INDEX", "object": "Membership", "field": "member", "breaks": false}])
    );
    assert_eq!(errors(&act("deleteObject", "").await), ["NOT_ARCHIVED name"]);
    assert_eq!(errors(&act("archiveObject", "").await), ["IN_USE name"]);
    assert_eq!(errors(&act("archiveObject", ", onUse: CASCADE").await), Vec::<String>::new());
    let gone = ana.graphql("{ memberships { totalCount } }", Value::Null).await;
    assert_eq!(gone.code(), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(
        ana.graphql("{ contacts { nodes { memberships { totalCount } } } }", Value::Null).await.code(),
        "GRAPHQL_VALIDATION_FAILED"
    );
    let archived = ana.data("{ archived { objects { name } } }", Value::Null).await;
    assert_eq!(archived["archived"]["objects"], json!([{"name": "Membership"}]));
    assert_eq!(
        errors(&object(&ana, json!({"name": "Membership", "plural": "memberships"})).await),
        ["NAME_TAKEN input.name", "NAME_TAKEN input.plural"]
    );
    assert_eq!(errors(&act("restoreObject", "").await), Vec::<String>::new());
    let back =
        ana.data("{ memberships { totalCount } contacts { nodes { memberships { totalCount } } } }", Value::Null).await;
    assert_eq!(back["memberships"]["totalCount"], 1);

    act("archiveObject", ", onUse: CASCADE").await;
    assert_eq!(errors(&act("deleteObject", ", onUse: CASCADE").await), Vec::<String>::new());
    // The name is free again, and nothing of the first one is left.
    assert_eq!(
        errors(&object(&ana, json!({"name": "Membership", "plural": "memberships"})).await),
        Vec::<String>::new()
    );
    let anew =
        ana.data("{ memberships { totalCount } object(name: \"Membership\") { fields { name } } }", Value::Null).await;
    assert_eq!(anew["memberships"]["totalCount"], 0);
    assert!(!anew["object"]["fields"].to_string().contains("member"));
}

#[tokio::test]
async fn names_that_the_graph_cannot_have_are_refused() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    for (input, wanted) in [
        (json!({"name": "contact", "plural": "people"}), "INVALID_NAME input.name"),
        (json!({"name": "Contact", "plural": "people"}), "NAME_TAKEN input.name"),
        (json!({"name": "CONTACT", "plural": "people"}), "NAME_TAKEN input.name"),
        (json!({"name": "Person", "plural": "contacts"}), "NAME_TAKEN input.plural"),
        (json!({"name": "Query", "plural": "queries"}), "NAME_TAKEN input.name"),
        (json!({"name": "Money", "plural": "monies"}), "NAME_TAKEN input.name"),
        (json!({"name": "ContactFilter", "plural": "filters"}), "NAME_TAKEN input.name"),
        (json!({"name": "ContactStatus", "plural": "statuses"}), "NAME_TAKEN input.name"),
        (json!({"name": "Me", "plural": "mes"}), "NAME_TAKEN input.name"),
        (json!({"name": "Thing", "plural": "objects"}), "NAME_TAKEN input.name"),
        (json!({"name": "Sheep", "plural": "sheep"}), "NAME_TAKEN input.plural"),
        (json!({"name": "__Evil", "plural": "evils"}), "INVALID_NAME input.name"),
        (json!({"name": "Naïve", "plural": "naives"}), "INVALID_NAME input.name"),
        (json!({"name": "A".repeat(64), "plural": "as"}), "INVALID_NAME input.name"),
        (json!({"name": "Thing", "plural": "my things"}), "INVALID_NAME input.plural"),
        (json!({"name": "Thing", "plural": "things", "nameField": "id"}), "NAME_TAKEN input.nameField"),
        (json!({"name": "Thing", "plural": "things", "label": "  "}), "REQUIRED input.label"),
        (json!({"name": "membership", "plural": "things"}), "INVALID_NAME input.name"),
    ] {
        assert_eq!(errors(&object(&ana, input.clone()).await), [wanted], "{input}");
    }
    for (input, wanted) in [
        (json!({"name": "club", "type": "RELATION"}), "REQUIRED input.target"),
        (json!({"name": "club", "type": "RELATION", "target": "Nothing"}), "NOT_FOUND input.target"),
        (
            json!({"name": "club", "type": "RELATION", "target": "Contact", "inverse": "email"}),
            "NAME_TAKEN input.inverse",
        ),
        (
            json!({"name": "club", "type": "RELATION", "target": "Contact", "inverse": "memberships"}),
            "NAME_TAKEN input.inverse",
        ),
        (json!({"name": "memberId", "type": "TEXT"}), "NAME_TAKEN input.name"),
        (json!({"name": "MEMBER", "type": "TEXT"}), "INVALID_NAME input.name"),
        (json!({"name": "fEE", "type": "TEXT"}), "NAME_TAKEN input.name"),
        (json!({"name": "club", "type": "TEXT", "target": "Contact"}), "INVALID_VALUE input.target"),
        (json!({"name": "club", "type": "NUMBER", "default": "many"}), "INVALID_VALUE input.default"),
        (
            json!({"name": "club", "type": "RELATION", "target": "Contact", "default": "x"}),
            "INVALID_VALUE input.default",
        ),
        (json!({"name": "club", "type": "TEXT", "many": true}), "INVALID_VALUE input.many"),
        (json!({"name": "club", "type": "RELATION", "target": "Contact", "many": true}), "REQUIRED input.inverse"),
    ] {
        assert_eq!(errors(&field(&ana, "Membership", input.clone()).await), [wanted], "{input}");
    }
}

#[tokio::test]
async fn a_relation_to_many_is_made_from_either_side() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    let many = json!({"name": "clubs", "label": "Clubs", "type": "RELATION", "target": "Membership", "many": true, "inverse": "sponsor", "inverseLabel": "Sponsor"});
    let answer = field(&ana, "Company", many).await;
    assert_eq!(errors(&answer), Vec::<String>::new());
    assert_eq!(
        answer["field"],
        json!({"name": "clubs", "type": "RELATION", "target": "Membership", "inverse": "sponsor", "many": true})
    );
    let user = field(&ana, "Membership", json!({"name": "coach", "type": "USER", "inverse": "coached"})).await;
    assert_eq!(errors(&user), Vec::<String>::new());
    let self_relation = field(
        &ana,
        "Membership",
        json!({"name": "previous", "type": "RELATION", "target": "Membership", "inverse": "next"}),
    )
    .await;
    assert_eq!(errors(&self_relation), Vec::<String>::new());
    let written =
        ana.data("mutation { createCompany(input: { name: \"Acme\" }) { company { id } } }", Value::Null).await;
    let company = &written["createCompany"]["company"]["id"];
    let written = ana
        .data(
            "mutation($company: ID!) { createMembership(input: { number: \"M-1\", sponsorId: $company }) { membership { id sponsor { name } } userErrors { message } } }",
            json!({"company": company}),
        )
        .await;
    assert_eq!(written["createMembership"]["membership"]["sponsor"]["name"], "Acme");
    let read = ana.data("{ companies { nodes { clubs { nodes { number sponsorId } } } } }", Value::Null).await;
    assert_eq!(read["companies"]["nodes"][0]["clubs"]["nodes"], json!([{"number": "M-1", "sponsorId": company}]));
}

#[tokio::test]
async fn every_answer_tells_the_version_of_the_metadata_and_a_late_change_is_refused() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let before = ana.graphql("{ metadataVersion }", Value::Null).await;
    let version = before.body["data"]["metadataVersion"].as_i64().unwrap();
    assert_eq!(before.header("rapport-metadata-version"), version.to_string());
    let input = json!({"name": "course", "type": "SELECT", "options": [{"value": "LINKS"}]});
    field(&ana, "Contact", input).await;
    let first = "mutation($v: Int) { updateField(object: \"Contact\", name: \"course\", ifVersion: $v, input: { options: [{ value: \"LINKS\" }, { value: \"PARK\" }] }) { metadataVersion userErrors { code field } } }";
    let answer = ana.graphql(first, json!({"v": version + 1})).await;
    assert_eq!(answer.body["data"]["updateField"]["userErrors"], json!([]));
    assert_eq!(answer.header("rapport-metadata-version"), (version + 2).to_string());
    // The other admin looked before.
    let second = ana.data(first, json!({"v": version + 1})).await;
    assert_eq!(second["updateField"]["userErrors"], json!([{"code": "VERSION_CONFLICT", "field": ["ifVersion"]}]));
}

#[tokio::test]
async fn fields_stand_in_sections_and_in_order() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    field(&ana, "Contact", json!({"name": "course", "type": "TEXT", "help": "Where they like to play", "privacy": "PERSONAL", "default": "Links"})).await;
    let arrange = "mutation($sections: [SectionInput!]!) { arrangeFields(object: \"Contact\", sections: $sections) { object { sections { label fields } } userErrors { code field } } }";
    let sections = json!([{"label": "Golf", "fields": ["course"]}, {"label": null, "fields": ["lastName", "email"]}]);
    let answer = ana.data(arrange, json!({"sections": sections})).await;
    assert_eq!(answer["arrangeFields"]["object"]["sections"], sections);
    ana.data("mutation { updateField(object: \"Contact\", name: \"course\", input: { name: \"pitch\" }) { userErrors { code } } }", Value::Null).await;
    let read = ana
        .data("{ object(name: \"Contact\") { sections { fields } fields { name help privacy default } } }", Value::Null)
        .await;
    assert_eq!(read["object"]["sections"][0]["fields"], json!(["pitch"]));
    assert!(read["object"]["fields"].as_array().unwrap().contains(
        &json!({"name": "pitch", "help": "Where they like to play", "privacy": "PERSONAL", "default": "Links"})
    ));
    let created =
        ana.data("mutation { createContact(input: { lastName: \"A\" }) { contact { pitch } } }", Value::Null).await;
    assert_eq!(created["createContact"]["contact"]["pitch"], "Links");
    let wrong = ana.data(arrange, json!({"sections": [{"fields": ["nope", "email", "email"]}]})).await;
    assert_eq!(
        wrong["arrangeFields"]["userErrors"],
        json!([{"code": "UNKNOWN_FIELD", "field": ["sections", "0", "fields", "0"]}, {"code": "DUPLICATE", "field": ["sections", "0", "fields", "2"]}])
    );
}

/// Whether the statement counts nothing, in time.
async fn comes_to_nothing(app: &TestApp, sql: &str) {
    for _ in 0..600 {
        if app.sql(sql).await.expect("a count").concat() == [Some("0".to_owned())] {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("something is left: {sql}");
}

#[tokio::test]
async fn what_is_deleted_is_swept_out_of_the_records_and_by_another_node_where_one_died() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    field(&ana, "Contact", json!({"name": "course", "type": "TEXT"})).await;
    let write = "mutation { createContact(input: { lastName: \"Ames\", course: \"Links\" }) { userErrors { code } }
        createMembership(input: { number: \"M-1\" }) { userErrors { code } } }";
    ana.data(write, Value::Null).await;
    let schema = crate::support::schema_of(&ana);
    let values = format!("SELECT count(*) FROM {schema}.contact WHERE custom ? 'course'");
    let records = format!("SELECT count(*) FROM {schema}.custom_record");
    assert_eq!(app.sql(&values).await.unwrap().concat(), [Some("1".to_owned())]);

    ana.data("mutation { archiveField(object: \"Contact\", name: \"course\") { userErrors { code } } }", Value::Null)
        .await;
    assert_eq!(app.sql(&values).await.unwrap().concat(), [Some("1".to_owned())]);
    ana.data("mutation { deleteField(object: \"Contact\", name: \"course\") { userErrors { code } } }", Value::Null)
        .await;
    comes_to_nothing(&app, &values).await;

    // A node that deletes an object and dies at once.
    app.sql(&format!(
        "UPDATE {schema}.metadata_object SET archived_at = now(), deleted_at = now() WHERE name = 'Membership';
         UPDATE {schema}.metadata_field SET archived_at = now(), deleted_at = now() WHERE object = 'Membership';
         UPDATE {schema}.metadata_version SET version = version + 1"
    ))
    .await
    .unwrap();
    let other = app.second_node().await;
    ana.at(&other.url("")).data("{ contacts { totalCount } }", Value::Null).await;
    comes_to_nothing(&app, &records).await;
}

#[tokio::test]
async fn every_node_knows_of_a_new_object_within_a_second() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node().await;
    let there = ana.at(&other.url(""));
    let query = "{ memberships { totalCount } contacts { nodes { memberships { totalCount } } } }";
    assert_eq!(there.graphql(query, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    memberships(&ana).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(there.data(query, Value::Null).await["memberships"]["totalCount"], 0);
}

#[tokio::test]
async fn a_request_that_runs_is_not_disturbed_by_a_change_of_the_metadata() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    memberships(&ana).await;
    ana.data("mutation { createMembership(input: { number: \"M-1\" }) { userErrors { code } } }", Value::Null).await;
    let scope = app.app.tenancy.system_scope(ana.workspace["id"].as_str().unwrap()).await.unwrap().unwrap();
    let db = app.app.tenancy.open(&scope);
    let catalog = app.app.graph.catalogs.of(&db).await.unwrap().catalog;
    let number = Keyed { key: "number".into(), what: Field::Value { name: "number".into() } };
    let nodes = Keyed { key: "nodes".into(), what: ListField::Nodes(vec![number]) };
    let list = Query::List { object: "Membership".into(), args: ListArgs::default(), select: vec![nodes] };
    let plan = Plan::compile(&list, catalog).unwrap();
    // Compiled, not yet run: and the object goes.
    let gone = "mutation { archiveObject(name: \"Membership\", onUse: CASCADE) { userErrors { code } } }";
    assert_eq!(errors(&ana.data(gone, Value::Null).await["archiveObject"]), Vec::<String>::new());
    let mut out = Vec::new();
    let origin = rapport_domain::record::Origin::default();
    let session = db.session().await.unwrap();
    plan.run(&session, &Viewer::default(), &Variables::new(), &origin, &mut out).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), json!({"nodes": [{"number": "M-1"}]}));
}

#[tokio::test]
async fn two_admins_at_once_lose_nothing_of_each_other() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let other = app.second_node().await;
    let there = ana.at(&other.url(""));
    let made = (0..8).map(|n| {
        let client = if n % 2 == 0 { &ana } else { &there };
        async move { field(client, "Contact", json!({"name": format!("field{n}"), "type": "TEXT"})).await }
    });
    let made = futures::future::join_all(made).await;
    let versions: std::collections::BTreeSet<i64> =
        made.iter().map(|answer| answer["metadataVersion"].as_i64().unwrap()).collect();
    assert_eq!((made.iter().flat_map(errors).count(), versions.len()), (0, 8));
    // Each changes another part of the same field.
    let change = |client: Client, input: &'static str| async move {
        let mutation = format!(
            "mutation {{ updateField(object: \"Contact\", name: \"field0\", input: {input}) {{ userErrors {{ code field }} }} }}"
        );
        errors(&client.data(&mutation, Value::Null).await["updateField"])
    };
    let (label, help) = futures::future::join(
        change(ana.at(&app.url("")), "{ label: \"Course\" }"),
        change(there, "{ help: \"Which?\" }"),
    )
    .await;
    assert_eq!((label, help), (Vec::new(), Vec::new()));
    // One node hears of the other's change within a second.
    let whole = json!({"name": "field0", "label": "Course", "help": "Which?"});
    let mut fields = Vec::new();
    for _ in 0..80 {
        let read = ana.data("{ object(name: \"Contact\") { fields { name label help } } }", Value::Null).await;
        fields = read["object"]["fields"].as_array().unwrap().clone();
        if fields.contains(&whole) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(fields.contains(&whole), "{fields:?}");
    assert_eq!(fields.iter().filter(|field| field["name"].as_str().unwrap().starts_with("field")).count(), 8);
}
