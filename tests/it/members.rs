//! Members: who is in, who is shut out, and that an owner stays.

use std::time::Duration;

use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, email, schema_of};

const MEMBERS: &str = "query($filter: WorkspaceMemberFilter) { workspaceMembers(filter: $filter) { \
    id name email status roles { key } lastSignInAt joinedAt deactivatedAt } }";

async fn members(of: &Client, filter: Value) -> Vec<Value> {
    let members = of.data(MEMBERS, json!({ "filter": filter })).await["workspaceMembers"].clone();
    members.as_array().expect("a list").clone()
}

async fn user_id(by: &Client, name: &str) -> String {
    let found = members(by, json!({"search": email(name)})).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]["id"].as_str().expect("an id").to_owned()
}

/// `deactivateMember`, `reactivateMember` or `removeMember`.
async fn change(by: &Client, what: &str, user: &str) -> Value {
    let ask = format!(
        "mutation($id: ID!) {{ {what}Member(userId: $id) {{ member {{ status }} userErrors {{ code field }} }} }}"
    );
    by.data(&ask, json!({ "id": user })).await[format!("{what}Member")].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

async fn leave(by: &Client) -> Value {
    by.data("mutation { leaveWorkspace { userErrors { code } } }", Value::Null).await["leaveWorkspace"].clone()
}

async fn refresh(app: &TestApp, client: &Client) -> Answer {
    app.post("/auth/refresh", json!({"refreshToken": client.refresh_token})).await
}

/// Two owners of one workspace.
async fn two_owners() -> (TestApp, Client, Client) {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let ben = app.member_with(&ana, "ben", &[BuiltInRole::Owner.id()]).await;
    (app, ana, ben)
}

#[tokio::test]
async fn members_are_listed_with_what_they_are() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    app.member_with(&owner, "ben", &[BuiltInRole::Rep.id()]).await;
    app.sign_up("stranger").await;
    let all = members(&owner, Value::Null).await;
    let told: Vec<_> = all.iter().map(|it| (&it["name"], &it["email"], &it["status"], &it["roles"])).collect();
    let (ana, ben) = (json!("ana"), json!("ben"));
    let (anas, bens, active) = (json!(email("ana")), json!(email("ben")), json!("ACTIVE"));
    let (owners, reps) = (json!([{"key": "OWNER"}]), json!([{"key": "REP"}]));
    assert_eq!(told, [(&ana, &anas, &active, &owners), (&ben, &bens, &active, &reps)]);
    assert!(all.iter().all(|it| it["lastSignInAt"].is_string() && it["joinedAt"].is_string()));
    assert_eq!(members(&owner, json!({"search": "BEN@"})).await.len(), 1);
    assert_eq!(members(&owner, json!({"status": "DEACTIVATED"})).await.len(), 0);
}

#[tokio::test]
async fn who_is_shut_out_is_out_everywhere_and_comes_back_with_their_roles() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let other = app.second_node().await;
    let ben = app.member_of(&owner, "ben").await;
    let (id, elsewhere) = (user_id(&owner, "ben").await, ben.at(&other.url("")));
    elsewhere.data("{ companies { totalCount } }", Value::Null).await;

    let shut = change(&owner, "deactivate", &id).await;
    assert_eq!(shut, json!({"member": {"status": "DEACTIVATED"}, "userErrors": []}));
    assert_eq!(ben.graphql("{ __typename }", Value::Null).await.status, 401);
    elsewhere.is_refused_within(Duration::from_secs(4)).await;
    assert_eq!(refresh(&app, &ben).await.code(), "INVALID_REFRESH_TOKEN");
    let again = app.sign_in("ben", owner.workspace["slug"].as_str()).await;
    assert_eq!((again.status, again.code()), (403, "WORKSPACE_NOT_FOUND"));
    // Their own workspace is theirs still.
    assert_eq!(app.sign_in("ben", None).await.status, 200);
    let shown = members(&owner, json!({"status": "DEACTIVATED"})).await;
    assert!(shown.len() == 1 && shown[0]["deactivatedAt"].is_string() && shown[0]["roles"] != json!([]), "{shown:?}");
    let user = owner.data("query($id: ID!) { user(id: $id) { active } }", json!({"id": id})).await;
    assert_eq!(user["user"]["active"], false);
    let log = format!(
        "SELECT after->>'active' FROM {}.event WHERE record_id = '{id}' AND type = 'user.updated'",
        schema_of(&owner)
    );
    assert_eq!(app.sql(&log).await.expect("events"), [[Some("false".to_owned())]]);
    // Asked again it changes nothing.
    assert_eq!(change(&owner, "deactivate", &id).await, shut);

    assert_eq!(change(&owner, "reactivate", &id).await["member"]["status"], "ACTIVE");
    let session = app.sign_in("ben", owner.workspace["slug"].as_str()).await;
    let ben = app.client(&session.body);
    ben.data("mutation { createCompany(input: {name: \"Acme\"}) { id } }", Value::Null).await;
}

#[tokio::test]
async fn who_is_removed_leaves_their_records_and_nothing_that_opens_any() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let ben = app.member_of(&owner, "ben").await;
    ben.data("mutation { createCompany(input: {name: \"Acme\"}) { id } }", Value::Null).await;
    let id = user_id(&owner, "ben").await;
    let shared =
        owner.data("mutation { createContact(input: {lastName: \"Ortiz\"}) { contact { id } } }", Value::Null).await;
    let shared = shared["createContact"]["contact"]["id"].clone();
    let share = "mutation($id: ID!, $user: ID!) { shareRecord(object: \"Contact\", id: $id, userId: $user) { userErrors { code } } }";
    let done = owner.data(share, json!({"id": shared, "user": id})).await;
    assert_eq!(done["shareRecord"]["userErrors"], json!([]));
    assert_eq!(change(&owner, "remove", &id).await, json!({"member": null, "userErrors": []}));
    let log = "{ auditEvents(filter: {type: \"contact.unshared\"}) { nodes { recordId before actor { name } } } }";
    let told = owner.data(log, Value::Null).await["auditEvents"]["nodes"].clone();
    assert_eq!((&told[0]["recordId"], &told[0]["actor"]["name"]), (&shared, &json!("ana")), "{told}");
    assert!(told[0]["before"].to_string().contains(&id), "{told}");
    assert_eq!(ben.graphql("{ __typename }", Value::Null).await.status, 401);
    assert_eq!(refresh(&app, &ben).await.code(), "INVALID_REFRESH_TOKEN");
    let kept = owner.data("{ companies { nodes { createdBy { name active } } } }", Value::Null).await;
    assert_eq!(kept["companies"]["nodes"], json!([{"createdBy": {"name": "ben", "active": false}}]));
    let rows = app.sql(&format!("SELECT FROM {}.role_assignment WHERE subject = '{id}'", schema_of(&owner))).await;
    assert_eq!(rows.expect("rows").len(), 0);
    assert_eq!(members(&owner, Value::Null).await.len(), 1);
    for what in ["remove", "deactivate", "reactivate"] {
        assert_eq!(code(&change(&owner, what, &id).await), "NOT_FOUND", "{what}");
    }
}

#[tokio::test]
async fn members_leave_of_their_own_will_and_the_only_owner_does_not() {
    let (app, ana, ben) = two_owners().await;
    let cem = app.member_of(&ana, "cem").await;
    assert_eq!(leave(&cem).await["userErrors"], json!([]));
    assert_eq!(cem.graphql("{ __typename }", Value::Null).await.status, 401);
    let (ana_id, ben_id) = (user_id(&ana, "ana").await, user_id(&ana, "ben").await);
    assert_eq!(code(&change(&ana, "deactivate", &ana_id).await), "YOURSELF");
    assert_eq!(change(&ana, "deactivate", &ben_id).await["userErrors"], json!([]));
    // The other one cannot come in: he is none that counts.
    assert_eq!(code(&leave(&ana).await), "LAST_OWNER");
    assert_eq!(code(&change(&ana, "remove", &ana_id).await), "LAST_OWNER");
    let inactive = "mutation($id: ID!) { updateUser(id: $id, input: {active: false}) { userErrors { code } } }";
    assert_eq!(ana.data(inactive, json!({"id": ana_id})).await["updateUser"]["userErrors"][0]["code"], "LAST_OWNER");
    assert_eq!(members(&ana, json!({"status": "ACTIVE"})).await.len(), 1);
    assert_eq!(change(&ana, "reactivate", &ben_id).await["userErrors"], json!([]));
    assert_eq!(leave(&ana).await["userErrors"], json!([]));
    drop((ben, app));
}

#[tokio::test]
async fn two_owners_who_go_at_once_leave_one() {
    for round in 0..4 {
        let (app, ana, ben) = two_owners().await;
        let (ana_id, ben_id) = (user_id(&ana, "ana").await, user_id(&ana, "ben").await);
        let go = async |by: &Client, what: &str| {
            let answer =
                by.graphql(&format!("mutation {{ it: {what} {{ userErrors {{ code }} }} }}"), Value::Null).await;
            // Who came second may be out before they are heard.
            (answer.status, answer.body["data"]["it"]["userErrors"].clone())
        };
        let take = |what: &str, whom: &str| format!("{what}Member(userId: \"{whom}\")");
        let leave = "leaveWorkspace".to_owned();
        let (hers, his) = match round {
            0 => (leave.clone(), leave),
            1 => (take("remove", &ben_id), take("remove", &ana_id)),
            2 => (take("deactivate", &ben_id), take("deactivate", &ana_id)),
            _ => (take("remove", &ben_id), leave),
        };
        let (one, other) = tokio::join!(go(&ana, &hers), go(&ben, &his));
        let owners = format!(
            "SELECT u.name FROM {schema}.role_assignment a JOIN {schema}.users u ON u.id = a.subject \
             JOIN control.memberships m ON m.user_id = u.id \
             WHERE a.role_id = '{}' AND u.active AND m.deactivated_at IS NULL",
            BuiltInRole::Owner.id(),
            schema = schema_of(&ana)
        );
        let left = app.sql(&owners).await.expect("rows");
        assert_eq!(left.len(), 1, "round {round}: {one:?} {other:?}");
        let done = [&one, &other].into_iter().filter(|it| **it == (200, json!([]))).count();
        // He may leave while she removes him: then both had their way.
        assert!(done == 1 || (round == 3 && done == 2), "round {round}: {one:?} {other:?}");
    }
}

#[tokio::test]
async fn owners_are_for_owners_to_shut_out() {
    let (app, ana, _ben) = two_owners().await;
    let admin = app.member_with(&ana, "cem", &[BuiltInRole::Admin.id()]).await;
    let (ben_id, cem_id) = (user_id(&ana, "ben").await, user_id(&ana, "cem").await);
    for what in ["deactivate", "remove"] {
        assert_eq!(code(&change(&admin, what, &ben_id).await), "BEYOND_YOURS", "{what}");
    }
    let by_record = "mutation($id: ID!) { updateUser(id: $id, input: {active: false}) { userErrors { code } } \
        deleteUser(id: $id) { userErrors { code } } }";
    let refused = admin.data(by_record, json!({"id": ben_id})).await;
    assert_eq!(refused["updateUser"]["userErrors"][0]["code"], "BEYOND_YOURS");
    assert_eq!(refused["deleteUser"]["userErrors"][0]["code"], "BEYOND_YOURS");
    assert_eq!(members(&ana, json!({"status": "ACTIVE"})).await.len(), 3);
    assert_eq!(change(&ana, "deactivate", &ben_id).await["userErrors"], json!([]));
    assert_eq!(code(&change(&admin, "reactivate", &ben_id).await), "BEYOND_YOURS");
    assert_eq!(members(&ana, json!({"status": "DEACTIVATED"})).await.len(), 1);
    assert_eq!(code(&change(&admin, "deactivate", &cem_id).await), "YOURSELF");
}

#[tokio::test]
async fn without_the_right_members_are_neither_seen_nor_changed() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let ben = app.member_of(&owner, "ben").await;
    let id = user_id(&owner, "ana").await;
    assert_eq!(ben.graphql(MEMBERS, Value::Null).await.code(), "FORBIDDEN");
    for what in ["deactivate", "reactivate", "remove"] {
        let ask = format!("mutation {{ {what}Member(userId: \"{id}\") {{ userErrors {{ code }} }} }}");
        assert_eq!(ben.graphql(&ask, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED", "{what}");
    }
    // A neighbour's member is nobody here.
    let neighbour = app.sign_up("gus").await;
    for what in ["deactivate", "reactivate", "remove"] {
        assert_eq!(code(&change(&neighbour, what, &id).await), "NOT_FOUND", "{what}");
        assert_eq!(code(&change(&neighbour, what, "no id").await), "NOT_FOUND", "{what}");
    }
    assert_eq!(members(&owner, json!({"status": "ACTIVE"})).await.len(), 2);
}

#[tokio::test]
async fn whoever_either_side_keeps_out_is_out_until_it_is_ended() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let ben = app.member_of(&owner, "ben").await;
    let id = user_id(&owner, "ben").await;
    // Cut off after the tenant's half.
    let schema = schema_of(&owner);
    app.sql(&format!("UPDATE {schema}.users SET active = false WHERE id = '{id}'")).await.expect("set");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = ben.graphql("{ companies { totalCount } }", Value::Null).await;
    assert_eq!(asked.code(), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(members(&owner, json!({"status": "DEACTIVATED"})).await.len(), 1);
    assert_eq!(change(&owner, "deactivate", &id).await["userErrors"], json!([]));
    assert_eq!(ben.graphql("{ __typename }", Value::Null).await.status, 401);
    // Cut off after the control plane's half.
    app.sql(&format!("UPDATE {schema}.users SET active = true WHERE id = '{id}'")).await.expect("set");
    assert_eq!(members(&owner, json!({"status": "DEACTIVATED"})).await.len(), 1);
    assert_eq!(app.sign_in("ben", owner.workspace["slug"].as_str()).await.code(), "WORKSPACE_NOT_FOUND");
    assert_eq!(change(&owner, "reactivate", &id).await["member"]["status"], "ACTIVE");
}

#[tokio::test]
async fn sessions_are_ended_by_those_who_may_shut_their_people_out_and_the_log_tells_who() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let ben = app.member_with(&ana, "ben", &[BuiltInRole::Admin.id()]).await;
    let (of_ana, of_ben) = (user_id(&ana, "ana").await, user_id(&ana, "ben").await);
    let end = async |by: &Client, user: &str| {
        let ask = "mutation($id: ID!) { revokeMemberSessions(userId: $id) { ended userErrors { code } } }";
        by.data(ask, json!({"id": user})).await["revokeMemberSessions"].clone()
    };
    let refused = end(&ben, &of_ana).await;
    assert_eq!((code(&refused), &refused["ended"]), ("BEYOND_YOURS", &json!(0)));
    assert_eq!(end(&ana, &of_ben).await, json!({"ended": 1, "userErrors": []}));
    app.client(&app.sign_in("ben", ana.workspace["slug"].as_str()).await.body);
    change(&ana, "deactivate", &of_ben).await;

    let log = "{ auditEvents(filter: {type: \"session.revoked\"}) { nodes { details actor { id } address } } }";
    for _ in 0..200 {
        let told = ana.data(log, Value::Null).await["auditEvents"]["nodes"].as_array().expect("events").clone();
        if told.len() == 2 {
            let of: Vec<_> =
                told.iter().map(|event| (&event["details"]["reason"], &event["details"]["user"])).collect();
            let user = json!(of_ben);
            assert_eq!(of, [(&json!("MEMBERSHIP_ENDED"), &user), (&json!("ENDED"), &user)]);
            assert!(told.iter().all(|event| event["actor"]["id"] == *of_ana && event["address"] == "127.0.0.1"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the log does not tell of it");
}
