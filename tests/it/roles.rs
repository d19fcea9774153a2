//! Owners and members: what a member may not see is not there, what a member may not do is refused.

use rapport_domain::{
    plan::{self, Plan},
    query::{
        AggregateArgs, AggregateField, Arg, Field, Function, Keyed, ListArgs, ListField, Measure, MeasureField, Query,
        Variables,
    },
    rights::{Level, ObjectRights, Rights, RoleRights, Viewer},
};
use serde_json::{Value, json};

use crate::{
    sdl::Sdl,
    support::{Client, TestApp},
};

/// An owner and a member of one workspace. Contacts have a field `salary` that only owners see.
async fn staffed() -> (TestApp, Client, Client) {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let member = app.member_of(&owner, "ben").await;
    let define = "mutation { createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER, restricted: true}) { userErrors { message } } }";
    assert_eq!(owner.data(define, Value::Null).await["createField"]["userErrors"], json!([]));
    let create = "mutation { createContact(input: {lastName: \"Pay\", salary: 5000}) { contact { salary } userErrors { message } } }";
    assert_eq!(owner.data(create, Value::Null).await["createContact"]["contact"]["salary"], 5_000);
    (app, owner, member)
}

/// An answer without what is of this request alone.
fn same(body: &Value) -> String {
    let mut body = body.clone();
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["requestId"].take();
    }
    body.to_string()
}

#[tokio::test]
async fn a_member_cannot_name_a_restricted_field_in_any_way() {
    let (app, owner, member) = staffed().await;
    for query in [
        "{ contacts { nodes { salary } } }",
        "{ contacts(filter: {salary: {gt: 1}}) { totalCount } }",
        "{ contacts(filter: {not: {or: [{salary: {isNull: true}}]}}) { totalCount } }",
        "{ companies(filter: {contacts: {some: {salary: {gt: 1}}}}) { totalCount } }",
        "{ contacts(orderBy: [{salary: ASC}]) { nodes { id } } }",
        "{ opportunities(orderBy: [{contact: {salary: ASC}}]) { nodes { id } } }",
        "{ contactsAggregate(groupBy: [{salary: {}}]) { groups { count } } }",
        "{ contactsAggregate { sum { salary } } }",
        "{ contactsAggregate { countDistinct { salary } } }",
        "{ contactsAggregate(filter: {salary: {eq: 5000}}) { totalCount } }",
        "mutation { createContact(input: {lastName: \"x\", salary: 1}) { id } }",
        "mutation { updateContacts(filter: {salary: {gt: 1}}, input: {title: \"rich\"}) { results { id } } }",
    ] {
        let seen = owner.graphql(query, Value::Null).await;
        assert!(seen.body.get("errors").is_none(), "{query} {}", seen.body);
        let refused = member.graphql(query, Value::Null).await;
        let code = refused.code();
        assert!(code == "GRAPHQL_VALIDATION_FAILED" || code == "BAD_USER_INPUT", "{query} {}", refused.body);
        assert!(refused.body["data"].is_null());
        let never_was = member.graphql(&query.replace("salary", "salarx"), Value::Null).await;
        assert_eq!(same(&refused.body), same(&never_was.body).replace("salarx", "salary"), "{query}");
    }
    let writes =
        ObjectRights { create: true, import: true, read: Level::All, update: Level::All, ..ObjectRights::default() };
    let role = app.role(&owner, "Importer", &RoleRights { others: writes, ..RoleRights::default() }).await;
    let importer = app.member_with(&owner, "cat", &[role]).await;
    // By variables, where the document names nothing.
    for (query, variables) in [
        ("query($f: ContactFilter) { contacts(filter: $f) { totalCount } }", json!({"f": {"salary": {"gt": 1}}})),
        (
            "query($o: [ContactOrder!]) { contacts(orderBy: $o) { totalCount nodes { id } } }",
            json!({"o": [{"salary": "ASC"}]}),
        ),
        (
            "query($g: [ContactGroupBy!]) { contactsAggregate(groupBy: $g) { groups { count } } }",
            json!({"g": [{"salary": {}}]}),
        ),
    ] {
        // The plan is known from a good request before.
        assert_eq!(member.graphql(query, json!({})).await.status, 200);
        let refused = member.graphql(query, variables.clone()).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{query} {}", refused.body);
        let variables: Value = serde_json::from_str(&variables.to_string().replace("salary", "salarx")).expect("JSON");
        let never_was = member.graphql(query, variables).await;
        assert_eq!(same(&refused.body), same(&never_was.body).replace("salarx", "salary"), "{query}");
    }
    for (query, variables) in [
        (
            "mutation($i: [ContactCreateInput!]!) { upsertContacts(inputs: $i, matchOn: [email]) { results { outcome userErrors { code field message } } } }",
            json!({"i": [{"email": "a@example.com", "lastName": "x", "salary": 1}]}),
        ),
        (
            "mutation($m: String!) { startImport(input: {mapping: $m, files: [{name: \"a.csv\", content: \"a,b\\n1,2\\n\"}]}) { userErrors { code field message } } }",
            json!({"m": "[[step]]\nfile = \"a.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"a\"\nsalary = \"b\"\n"}),
        ),
    ] {
        let never: Value = serde_json::from_str(&variables.to_string().replace("salary", "salarx")).expect("JSON");
        let answers = [importer.graphql(query, variables).await, importer.graphql(query, never).await];
        assert!(answers[0].body.to_string().contains("salary"), "{query} {}", answers[0].body);
        assert_eq!(same(&answers[0].body), same(&answers[1].body).replace("salarx", "salary"), "{query}");
    }
    let (id, update) = (
        owner.data("{ contacts { nodes { id } } }", Value::Null).await["contacts"]["nodes"][0]["id"].clone(),
        "mutation($id: ID!, $i: ContactUpdateInput!) { updateContact(id: $id, input: $i) { userErrors { code field } } }",
    );
    member.data(update, json!({"id": id, "i": {}})).await;
    let refused = member.graphql(update, json!({"id": id, "i": {"salary": 1}})).await;
    let error = &refused.body["data"]["updateContact"]["userErrors"][0];
    let is_refused =
        *error == json!({"code": "UNKNOWN_FIELD", "field": ["salary"]}) || refused.code() == "BAD_USER_INPUT";
    assert!(is_refused, "{}", refused.body);
    let seen = |client: &Client| {
        let request = client.request(reqwest::Method::GET, "/graphql/schema");
        async { request.send().await.expect("an answer").text().await.expect("text") }
    };
    assert!(seen(&owner).await.contains("salary"));
    assert!(!seen(&member).await.contains("salary"));
    let objects = "{ objects { fields { name } } __type(name: \"Contact\") { fields { name } } }";
    assert!(!member.data(objects, Value::Null).await.to_string().contains("salary"));
    drop(app);
}

#[tokio::test]
async fn the_compiler_refuses_what_a_role_may_not_name_whoever_asks() {
    let (app, owner, _) = staffed().await;
    let id = owner.workspace["id"].as_str().expect("an id");
    let scope = app.app.tenancy.system_scope(id).await.expect("a database").expect("the workspace");
    let db = app.app.tenancy.open(&scope);
    let all = app.app.graph.catalogs.of(&db).await.expect("a catalog").catalog;
    let few = all.visible_to(&Rights::of_roles([RoleRights::of_member()]));
    let keyed = |what| Keyed { key: "x".into(), what };
    let nodes = |name: &str| {
        vec![Keyed {
            key: "nodes".into(),
            what: ListField::Nodes(vec![Keyed { key: "x".into(), what: Field::Value { name: name.into() } }]),
        }]
    };
    let list = |args, select| Query::List { object: "Contact".into(), args, select };
    let measure = Measure {
        function: Function::Sum,
        fields: vec![Keyed { key: "x".into(), what: MeasureField::Value { name: "salary".into() } }],
    };
    let sum = Query::Aggregate {
        object: "Contact".into(),
        args: AggregateArgs::default(),
        select: vec![keyed(AggregateField::Measure(measure))],
    };
    let value = |value: Value| Arg::Value(value);
    let filtered = ListArgs { filter: value(json!({"salary": {"gt": 1}})), ..ListArgs::default() };
    let sorted = ListArgs { order_by: value(json!([{"salary": "ASC"}])), ..ListArgs::default() };
    let grouped = Query::Aggregate {
        object: "Contact".into(),
        args: AggregateArgs { group_by: value(json!([{"salary": {}}])), ..AggregateArgs::default() },
        select: vec![keyed(AggregateField::Groups(Vec::new()))],
    };
    let queries = [
        list(ListArgs::default(), nodes("salary")),
        list(filtered, nodes("id")),
        list(sorted, nodes("id")),
        sum,
        grouped,
    ];
    for query in queries {
        let session = db.session().await.expect("a session");
        let run = async |catalog| -> Result<(), plan::Error> {
            Plan::compile(&query, catalog)?
                .run(
                    &session,
                    &Viewer::default(),
                    &Variables::new(),
                    &rapport_domain::record::Origin::default(),
                    &mut Vec::new(),
                )
                .await
                .map(drop)
        };
        run(all.clone()).await.expect("an owner may");
        let refused = run(few.clone()).await.expect_err("a member may not");
        assert!(matches!(refused, plan::Error::Unknown(_) | plan::Error::Input { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_member_has_no_mutation_that_is_the_owners() {
    let (app, owner, member) = staffed().await;
    let request = member.request(reqwest::Method::GET, "/graphql/schema");
    let theirs = Sdl::parse(&request.send().await.expect("an answer").text().await.expect("text"));
    let names = |sdl: &Sdl| sdl.fields("Mutation").iter().map(|root| root.name.clone()).collect::<Vec<_>>();
    let theirs = names(&theirs);
    let kept_back = |name: &String| {
        let of_owners = [
            "Pipeline",
            "Stage",
            "User",
            "Team",
            "Field",
            "Object",
            "Catalog",
            "Import",
            "Conversion",
            "Member",
            "Invitation",
            "Role",
            "MemberSession",
            "ApiKey",
        ]
        .iter()
        .any(|object| name.trim_end_matches('s').ends_with(object));
        let opens_session = ["signUp", "signIn", "signOut", "refreshSession", "acceptInvitation"].contains(&&**name);
        (name.starts_with("destroy") || of_owners) && !opens_session
    };
    for name in names(&Sdl::base()) {
        assert_eq!(!theirs.contains(&name), kept_back(&name), "{name}");
    }
    let contact = owner.data("{ contacts { nodes { id } } }", Value::Null).await["contacts"]["nodes"][0]["id"].clone();
    let destroy = "mutation($id: ID!) { destroyContact(id: $id) { id } }";
    assert_eq!(member.graphql(destroy, json!({"id": contact})).await.code(), "GRAPHQL_VALIDATION_FAILED");
    for refused in [
        "mutation { createPipeline(input: {name: \"x\"}) { id } }",
        "mutation { createField(object: \"Contact\", input: {name: \"x\", label: \"x\", type: TEXT}) { metadataVersion } }",
        "mutation { deleteField(object: \"Contact\", name: \"salary\") { metadataVersion } }",
    ] {
        assert_eq!(member.graphql(refused, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED", "{refused}");
    }
    // What members do all day they may do.
    let work = "mutation { createCompany(input: {name: \"Acme\"}) { company { name createdBy { name } } userErrors { message } } }";
    let created = member.data(work, Value::Null).await["createCompany"].clone();
    assert_eq!(created, json!({"company": {"name": "Acme", "createdBy": {"name": "ben"}}, "userErrors": []}));
    drop(app);
}

#[tokio::test]
async fn an_answer_prepared_for_an_owner_is_not_given_to_a_member() {
    let (_app, owner, member) = staffed().await;
    let query = "{ contacts { nodes { lastName salary } } }";
    for _ in 0..2 {
        assert_eq!(owner.data(query, Value::Null).await["contacts"]["nodes"][0]["salary"], 5_000);
        assert_eq!(member.graphql(query, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    }
}
