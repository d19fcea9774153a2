//! Records shared with people and teams.

use rapport_domain::rights::{Administration, Level, ObjectRights, RoleRights};
use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::{done, refused, staffed, user_id};
use crate::support::{Client, TestApp, schema_of};

const SHARE: &str = "mutation($o: String!, $id: ID!, $u: ID, $t: ID, $a: ShareAccess = READ) { shareRecord(object: $o, id: $id, userId: $u, teamId: $t, access: $a) { share { id user { id name } team { id name } access createdBy { name } } userErrors { code field message } } }";
const UNSHARE: &str = "mutation($o: String!, $id: ID!, $u: ID, $t: ID) { unshareRecord(object: $o, id: $id, userId: $u, teamId: $t) { userErrors { code field message } } }";
const SHARES: &str = "query($o: String!, $id: ID!) { recordShares(object: $o, id: $id) { user { name } team { name } access createdBy { name } createdAt } }";
const GHOST: &str = "01890000-0000-7000-8000-000000000000";

/// Sees and changes their own records alone.
fn own() -> RoleRights {
    let rights = ObjectRights {
        create: true,
        read: Level::Own,
        update: Level::Own,
        delete: Level::Own,
        ..ObjectRights::default()
    };
    let seen = |name: &str| (name.into(), ObjectRights { read: Level::All, ..ObjectRights::default() });
    RoleRights { others: rights, objects: [seen("users"), seen("team")].into(), ..RoleRights::default() }
}

async fn contact(client: &Client, name: &str) -> Value {
    let create = "mutation($n: String!) { createContact(input: {lastName: $n}) { contact { id } userErrors { code field message } } }";
    done(client, create, json!({"n": name})).await["contact"]["id"].clone()
}

async fn seen(client: &Client, id: &Value) -> bool {
    !client.data("query($id: ID!) { contact(id: $id) { id } }", json!({"id": id})).await["contact"].is_null()
}

async fn change(client: &Client, id: &Value) -> Vec<String> {
    let update =
        "mutation($id: ID!) { updateContact(id: $id, input: {title: \"Dr\"}) { userErrors { code field message } } }";
    refused(client, update, json!({"id": id})).await
}

#[tokio::test]
async fn who_may_change_a_record_shares_it() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let role = app.role(&owner, "Own", &own()).await;
    let ben = app.member_with(&owner, "ben", &[role]).await;
    let cleo = app.member_with(&owner, "cleo", &[role]).await;
    let (ben_id, cleo_id) = (user_id(&ben).await, user_id(&cleo).await);
    let id = contact(&ben, "Adler").await;
    assert!(!seen(&cleo, &id).await);

    let share = json!({"o": "Contact", "id": id, "u": cleo_id});
    let shared = done(&ben, SHARE, share.clone()).await["share"].clone();
    assert_eq!(shared["user"], json!({"id": cleo_id, "name": "cleo"}));
    assert_eq!((&shared["access"], &shared["createdBy"]["name"]), (&json!("READ"), &json!("ben")));
    assert!(seen(&cleo, &id).await);
    assert_eq!(change(&cleo, &id).await, ["FORBIDDEN id"]);
    // Who only sees it hands it to nobody, and is not told whom else it is shared with.
    let on = json!({"o": "Contact", "id": id, "u": user_id(&owner).await});
    assert_eq!(refused(&cleo, SHARE, on.clone()).await, ["FORBIDDEN id"]);
    assert_eq!(refused(&cleo, UNSHARE, share.clone()).await, ["FORBIDDEN id"]);
    assert_eq!(cleo.graphql(SHARES, json!({"o": "Contact", "id": id})).await.code(), "FORBIDDEN");

    // Shared a second time, the access changes.
    let mut update = share.clone();
    update["a"] = json!("UPDATE");
    let again = done(&ben, SHARE, update).await["share"].clone();
    assert_eq!((&again["id"], &again["access"]), (&shared["id"], &json!("UPDATE")));
    assert_eq!(change(&cleo, &id).await, [""; 0]);
    let listed = ben.data(SHARES, json!({"o": "Contact", "id": id})).await["recordShares"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!((&listed[0]["user"], &listed[0]["access"]), (&json!({"name": "cleo"}), &json!("UPDATE")));
    // It opens no deletion.
    assert_eq!(
        refused(
            &cleo,
            "mutation($id: ID!) { deleteContact(id: $id) { userErrors { code field message } } }",
            json!({"id": id})
        )
        .await,
        ["FORBIDDEN id"]
    );

    done(&ben, UNSHARE, share.clone()).await;
    assert!(!seen(&cleo, &id).await);
    assert_eq!(refused(&ben, UNSHARE, share).await, ["NOT_FOUND userId"]);
    let kinds = format!(
        "SELECT type FROM {}.event WHERE type LIKE 'contact.%shared' AND actor = '{}' ORDER BY id",
        schema_of(&owner),
        ben_id.as_str().expect("an id")
    );
    let kinds: Vec<String> = app.sql(&kinds).await.expect("events").concat().into_iter().flatten().collect();
    assert_eq!(kinds, ["contact.shared", "contact.shared", "contact.unshared"]);
}

#[tokio::test]
async fn a_team_stands_for_its_people() {
    let (app, owner, rep) = staffed(BuiltInRole::ReadOnly).await;
    let role = json!(app.role(&owner, "Own", &own()).await);
    super::given(&owner, &user_id(&rep).await, &[&role]).await;
    let team = done(
        &owner,
        "mutation { createTeam(input: {name: \"North\"}) { team { id } userErrors { code field message } } }",
        Value::Null,
    )
    .await["team"]["id"]
        .clone();
    let id = contact(&owner, "Adler").await;
    let share = json!({"o": "Contact", "id": id, "t": team});
    let shared = done(&owner, SHARE, share.clone()).await["share"].clone();
    assert_eq!((&shared["team"], &shared["user"]), (&json!({"id": team, "name": "North"}), &Value::Null));
    assert!(!seen(&rep, &id).await);
    let join =
        "mutation($id: ID!, $t: ID) { updateUser(id: $id, input: {teamId: $t}) { userErrors { code field message } } }";
    done(&owner, join, json!({"id": user_id(&rep).await, "t": team})).await;
    assert!(seen(&rep, &id).await);
    done(&owner, UNSHARE, share).await;
    assert!(!seen(&rep, &id).await);
}

#[tokio::test]
async fn what_cannot_be_shared_is_refused_and_nothing_is_written() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let role = app.role(&owner, "Own", &own()).await;
    // Sees everything, changes their own, and shares what others have.
    let mut sharing = own();
    sharing.administration = vec![Administration::Roles];
    sharing
        .objects
        .insert("contact".into(), ObjectRights { read: Level::All, update: Level::Own, ..ObjectRights::default() });
    let sharing = app.role(&owner, "Sharing", &sharing).await;
    let ben = app.member_with(&owner, "ben", &[role]).await;
    let dora = app.member_with(&owner, "dora", &[sharing]).await;
    let reader = app.member_with(&owner, "rita", &[BuiltInRole::ReadOnly.id()]).await;
    let (ana_id, ben_id) = (user_id(&owner).await, user_id(&ben).await);
    let (theirs, own) = (contact(&owner, "Adler").await, contact(&ben, "Beck").await);
    let opportunity = done(&owner, "mutation { createOpportunity(input: {name: \"Deal\"}) { opportunity { id } userErrors { code field message } } }", Value::Null).await["opportunity"]["id"].clone();
    let item = "mutation($o: ID!) { createLineItem(input: {opportunityId: $o, description: \"x\"}) { lineItem { id } userErrors { code field message } } }";
    let item = done(&owner, item, json!({"o": opportunity})).await["lineItem"]["id"].clone();
    let before = app.dump(&owner).await;
    let with = |object: &str, id: &Value, user: &Value| json!({"o": object, "id": id, "u": user});
    let ghost = json!(GHOST);
    for (client, variables, wanted) in [
        // Out of reach is not there.
        (&ben, with("Contact", &theirs, &ana_id), "NOT_FOUND id"),
        (&ben, with("Contact", &ghost, &ana_id), "NOT_FOUND id"),
        (&ben, with("Contact", &json!("no id"), &ana_id), "NOT_FOUND id"),
        (&ben, with("Ghost", &own, &ana_id), "NOT_FOUND object"),
        (&ben, with("Contact", &own, &ghost), "NOT_FOUND userId"),
        (&ben, json!({"o": "Contact", "id": own, "t": ben_id}), "NOT_FOUND teamId"),
        (&ben, json!({"o": "Contact", "id": own}), "INVALID_VALUE userId"),
        (&ben, json!({"o": "Contact", "id": own, "u": ana_id, "t": ana_id}), "INVALID_VALUE userId"),
        (&dora, json!({"o": "Contact", "id": theirs, "u": ben_id, "a": "UPDATE"}), "BEYOND_YOURS access"),
        (&owner, with("LineItem", &item, &ben_id), "NOT_SHAREABLE object"),
    ] {
        assert_eq!(refused(client, SHARE, variables.clone()).await, [wanted], "{variables}");
    }
    assert_eq!(ben.data(SHARES, json!({"o": "Contact", "id": theirs})).await["recordShares"], Value::Null);
    assert_eq!(reader.graphql(SHARE, with("Contact", &theirs, &ben_id)).await.code(), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(app.dump(&owner).await, before);
    // To be read, who manages roles shares what they see.
    done(&dora, SHARE, with("Contact", &theirs, &ben_id)).await;
    assert!(seen(&ben, &theirs).await);
    // In the bin it cannot be shared.
    done(
        &owner,
        "mutation($id: ID!) { deleteContact(id: $id) { userErrors { code field message } } }",
        json!({"id": theirs}),
    )
    .await;
    assert_eq!(refused(&owner, SHARE, with("Contact", &theirs, &ben_id)).await, ["NOT_FOUND id"]);
}

#[tokio::test]
async fn a_share_goes_with_the_record_and_with_whom_it_is_for() {
    let (app, owner, member) = staffed(BuiltInRole::Rep).await;
    let count = async || {
        let sql = format!("SELECT count(*)::text FROM {}.record_share", schema_of(&owner));
        app.sql(&sql).await.expect("a count").concat()[0].clone().expect("a count")
    };
    let (id, other) = (contact(&owner, "Adler").await, contact(&owner, "Beck").await);
    let ben = user_id(&member).await;
    for id in [&id, &other] {
        done(&owner, SHARE, json!({"o": "Contact", "id": id, "u": ben})).await;
    }
    let by_id =
        |verb: &str| format!("mutation($id: ID!) {{ {verb}(id: $id) {{ userErrors {{ code field message }} }} }}");
    done(&owner, &by_id("deleteContact"), json!({"id": id})).await;
    done(&owner, &by_id("restoreContact"), json!({"id": id})).await;
    assert_eq!(count().await, "2");
    done(&owner, &by_id("destroyContact"), json!({"id": id})).await;
    assert_eq!(count().await, "1");
    done(&owner, &by_id("destroyUser"), json!({"id": ben})).await;
    assert_eq!(count().await, "0");
    let roles = owner.data("{ roles { memberCount } }", Value::Null).await["roles"].clone();
    assert_eq!(roles.as_array().expect("roles").iter().filter_map(|role| role["memberCount"].as_u64()).sum::<u64>(), 1);
}
