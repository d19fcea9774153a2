use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::{Scene, act, changed, user_id};
use crate::{
    role_administration::refused,
    support::{Client, email},
};

/// `deactivate`, `reactivate` or `remove` a member.
async fn member(by: &Client, verb: &str, user: &Value) -> Vec<String> {
    let ask = format!("mutation($u: ID!) {{ {verb}Member(userId: $u) {{ userErrors {{ code field message }} }} }}");
    refused(by, &ask, json!({"u": user})).await
}

async fn seen(by: &Client) -> Value {
    by.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"].take()
}

#[tokio::test]
async fn who_arranges_people_does_not_arrange_more_for_themselves() {
    let scene = Scene::start().await;
    let sees = |level: &str| json!({"administration": ["MEMBERS"], "others": {"read": level, "create": true}, "objects": {"users": {"read": "ALL"}, "team": {"read": "ALL"}}});
    let mia = scene.person("mia", sees("TEAM")).await;
    let rep = scene.person("rep", sees("OWN")).await;
    let (user, theirs) = (user_id(&mia).await, user_id(&rep).await);
    let west = scene.record("Team", json!({"name": "West"})).await;
    let coast = scene.record("Team", json!({"name": "Coast"})).await;
    let mine = scene.record("Team", json!({"name": "Mine"})).await;
    scene.update("User", &user, json!({"teamId": mine})).await;
    scene.update("User", &theirs, json!({"teamId": coast})).await;
    super::made(&rep, "Contact", json!({"lastName": "Theirs"})).await;
    assert_eq!(seen(&mia).await, 0);
    for (object, id, input, field) in [
        ("User", &user, json!({"teamId": coast}), "teamId"),
        ("User", &theirs, json!({"teamId": mine, "name": "Rep"}), "teamId"),
        ("Team", &coast, json!({"managerId": user}), "managerId"),
        ("Team", &coast, json!({"parentId": mine}), "parentId"),
    ] {
        assert_eq!(changed(&mia, object, id, input.clone()).await, [format!("BEYOND_YOURS {field}")], "{input}");
        assert_eq!(seen(&mia).await, 0, "{input}");
    }
    // What gives them nothing is theirs to do.
    assert_eq!(changed(&mia, "User", &theirs, json!({"teamId": west})).await, [""; 0]);
    assert_eq!(changed(&mia, "User", &user, json!({"name": "Mia"})).await, [""; 0]);
    assert_eq!(changed(&rep, "User", &user, json!({"teamId": west})).await, ["BEYOND_YOURS id"], "mia sees more");
    let all = json!({"administration": ["MEMBERS"], "others": {"read": "ALL"}});
    let personnel = scene.person("personnel", all).await;
    let own = user_id(&personnel).await;
    assert_eq!(changed(&personnel, "User", &own, json!({"teamId": coast})).await, [""; 0], "they see all already");
}

#[tokio::test]
async fn a_rule_that_looks_at_ones_own_record_or_team_is_not_met_by_writing_it() {
    let scene = Scene::start().await;
    let rule = json!({"name": {"eq": "$viewer.team.region"}});
    let rights = json!({"administration": ["MEMBERS"], "objects": {"company": {"read": "RULE", "rule": rule}, "users": {"read": "ALL"}, "team": {"read": "ALL"}}});
    let mia = scene.person("mia", rights).await;
    let team = scene.record("Team", json!({"name": "Mine"})).await;
    scene.update("User", &user_id(&mia).await, json!({"teamId": team})).await;
    assert_eq!(changed(&mia, "Team", &team, json!({"region": "Acme"})).await, ["BEYOND_YOURS region"]);
    assert_eq!(changed(&mia, "Team", &team, json!({"name": "Ours"})).await, [""; 0]);
}

#[tokio::test]
async fn who_may_do_more_is_not_for_others_to_change_or_shut_out() {
    let scene = Scene::start().await;
    let rights = json!({"administration": ["MEMBERS"], "others": {"read": "ALL"}});
    let mia = scene.person("mia", rights).await;
    let adam = scene.app.member_with(&scene.ana, "adam", &[BuiltInRole::Admin.id()]).await;
    scene.app.member_with(&scene.ana, "otto", &[BuiltInRole::Owner.id()]).await;
    let rita = scene.app.member_with(&scene.ana, "rita", &[BuiltInRole::ReadOnly.id()]).await;
    let (ana, user) = (user_id(&scene.ana).await, user_id(&adam).await);
    for user in [&ana, &user] {
        for verb in ["deactivate", "remove"] {
            assert_eq!(member(&mia, verb, user).await, ["BEYOND_YOURS userId"], "{verb}");
        }
        assert_eq!(changed(&mia, "User", user, json!({"email": "mia@example.com"})).await, ["BEYOND_YOURS id"]);
        assert_eq!(act(&mia, "delete", "User", user).await[0]["code"], "BEYOND_YOURS");
    }
    assert_eq!(member(&scene.ana, "deactivate", &user).await, [""; 0]);
    assert_eq!(member(&mia, "reactivate", &user).await, ["BEYOND_YOURS userId"]);
    assert_eq!(act(&scene.ana, "delete", "User", &user).await, json!([]));
    assert_eq!(act(&mia, "restore", "User", &user).await[0]["code"], "BEYOND_YOURS");
    let user = user_id(&rita).await;
    assert_eq!(changed(&mia, "User", &user, json!({"name": "Rita"})).await, [""; 0]);
    for verb in ["deactivate", "reactivate", "remove"] {
        assert_eq!(member(&mia, verb, &user).await, [""; 0], "{verb}");
    }
}

#[tokio::test]
async fn a_user_in_the_bin_has_no_rights_and_a_team_in_the_bin_gives_none() {
    let scene = Scene::start().await;
    scene.record("Contact", json!({"lastName": "Lovelace"})).await;
    let ben = scene.app.member_with(&scene.ana, "ben", &[BuiltInRole::ReadOnly.id()]).await;
    let user = user_id(&ben).await;
    assert_eq!(seen(&ben).await, 1);
    assert_eq!(act(&scene.ana, "delete", "User", &user).await, json!([]));
    let ask = "{ contacts { totalCount } }";
    assert_eq!(ben.graphql(ask, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let again = scene.app.sign_in("ben", scene.ana.workspace["slug"].as_str()).await;
    assert_eq!(again.status, 200, "they may have other workspaces");
    let again = scene.app.client(&again.body);
    assert_eq!(again.graphql(ask, Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let list = "query($f: WorkspaceMemberFilter) { workspaceMembers(filter: $f) { status } }";
    let told = scene.ana.data(list, json!({"f": {"search": email("ben")}})).await["workspaceMembers"].take();
    assert_eq!(told, json!([{"status": "DEACTIVATED"}]));
    assert_eq!(act(&scene.ana, "restore", "User", &user).await, json!([]));
    assert_eq!(seen(&ben).await, 1);
    let ana = user_id(&scene.ana).await;
    assert_eq!(act(&scene.ana, "delete", "User", &ana).await[0]["code"], "LAST_OWNER");

    let team = scene.record("Team", json!({"name": "West"})).await;
    let cat = scene.person("cat", json!({"others": {"read": "TEAM"}})).await;
    scene.update("User", &user_id(&cat).await, json!({"teamId": team})).await;
    scene.update("User", &ana, json!({"teamId": team})).await;
    assert_eq!(seen(&cat).await, 1);
    assert_eq!(act(&scene.ana, "delete", "Team", &team).await, json!([]));
    assert_eq!(seen(&cat).await, 0);
}
