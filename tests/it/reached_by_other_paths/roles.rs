use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use super::{Scene, new_role, set_roles, user_id};
use crate::role_administration::{done, refused};

#[tokio::test]
async fn a_rule_looks_at_nothing_that_its_author_does_not_read() {
    let scene = Scene::start().await;
    scene.secret("Contact", "ssn", "").await;
    let all = json!({"create": true, "read": "ALL", "update": "ALL"});
    let max = scene.person("max", json!({"administration": ["ROLES"], "others": all})).await;
    for read in ["NONE", "RULE"] {
        let rule = json!({"ssn": {"startsWith": "1"}});
        let by_letter =
            json!({"name": "Letter", "objects": [{"object": "Contact", "read": read, "update": "RULE", "rule": rule}]});
        assert_eq!(new_role(&max, by_letter).await, ["BEYOND_YOURS input"], "read {read}");
    }

    // A list shows the relation at its other side.
    let hidden = json!({"contact": {"company_id": "NONE"}});
    let zoe = scene.person("zoe", json!({"administration": ["ROLES"], "others": all, "fields": hidden})).await;
    let rule = json!({"contacts": {"some": {"lastName": {"eq": "Lovelace"}}}});
    let by_list = json!({"name": "List", "objects": [{"object": "Company", "read": "RULE", "rule": rule}]});
    assert_eq!(new_role(&zoe, by_list.clone()).await, ["BEYOND_YOURS input"]);
    assert_eq!(new_role(&max, by_list).await, [""; 0]);
    let of_company = zoe.data("{ object(name: \"Company\") { fields { name } } }", Value::Null).await;
    assert!(!of_company.to_string().contains("\"contacts\"") && of_company.to_string().contains("\"opportunities\""));
    for ask in [
        "{ companies { nodes { contacts { totalCount } } } }",
        "{ companies(filter: {contacts: {some: {}}}) { totalCount } }",
    ] {
        let code = zoe.graphql(ask, Value::Null).await.code().to_owned();
        assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&&*code), "{ask} {code}");
    }

    // Who the viewer is, is no field of users.
    let blind = json!({"administration": ["ROLES"], "objects": {"company": {"read": "ALL"}}});
    let una = scene.person("una", blind).await;
    let rule = |path: &str| json!({"name": path, "objects": [{"object": "Company", "read": "RULE", "rule": {"externalId": {"eq": path}}}]});
    assert_eq!(new_role(&una, rule("$viewer.id")).await, [""; 0]);
    assert_eq!(new_role(&una, rule("$viewer.email")).await, ["BEYOND_YOURS input"]);
}

#[tokio::test]
async fn a_role_that_does_not_show_an_object_says_nothing_of_it() {
    let scene = Scene::start().await;
    let ada = scene.record("Contact", json!({"lastName": "Lovelace"})).await;
    let ben =
        scene.person("ben", json!({"objects": {"contact": {"read": "NONE", "update": "ALL", "create": true}}})).await;
    let user = user_id(&ben).await;
    let role = done(&scene.ana, "mutation { createRole(input: {name: \"Blind\", objects: [{object: \"Contact\", update: ALL}]}) { role { id } userErrors { code field message } } }", Value::Null).await["role"]["id"].clone();
    let read_only = json!(BuiltInRole::ReadOnly.id());
    assert_eq!(set_roles(&scene.ana, &user, &[read_only, role]).await, [""; 0]);
    let update = "mutation($id: ID!) { updateContact(id: $id, input: {title: \"Countess\"}) { id } }";
    assert_eq!(ben.graphql(update, json!({"id": ada})).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let ask =
        "query($id: ID!, $u: ID!) { access(object: \"Contact\", id: $id, userId: $u) { actions { action allowed } } }";
    let told = scene.ana.data(ask, json!({"id": ada, "u": user})).await["access"]["actions"].take();
    assert_eq!((&told[0]["allowed"], &told[1]["allowed"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn roles_together_give_no_more_than_their_giver_has() {
    let scene = Scene::start().await;
    scene.secret("Contact", "salary", "").await;
    let own = json!({"administration": ["ROLES"], "others": {"read": "ALL"}, "objects": {"contact": {"read": "OWN"}}, "restrictedFields": "READ"});
    let max = scene.person("max", own).await;
    let rob = scene.app.member_with(&scene.ana, "rob", &[BuiltInRole::ReadOnly.id()]).await;
    let (rob, read_only) = (user_id(&rob).await, json!(BuiltInRole::ReadOnly.id()));
    let role = |name: &str, access: &str| {
        json!({"name": name, "objects": [{"object": "Contact", "read": "OWN"}], "fields": [
        {"object": "Contact", "field": "salary", "access": access}, {"object": "Contact", "field": "phone", "access": "READ"}]})
    };
    let make =
        "mutation($i: CreateRoleInput!) { createRole(input: $i) { role { id } userErrors { code field message } } }";
    let paid = done(&max, make, json!({"i": role("Paid", "READ")})).await["role"]["id"].clone();
    assert_eq!(set_roles(&max, &rob, &[read_only.clone(), paid.clone()]).await, ["BEYOND_YOURS roleIds"]);
    // Those who read it in every record may.
    assert_eq!(set_roles(&scene.ana, &rob, &[read_only.clone(), paid.clone()]).await, [""; 0]);
    assert_eq!(set_roles(&scene.ana, &rob, std::slice::from_ref(&read_only)).await, [""; 0]);

    // The same by a change of a role that somebody has beside another.
    let plain = done(&max, make, json!({"i": role("Plain", "NONE")})).await["role"]["id"].clone();
    assert_eq!(set_roles(&max, &rob, &[read_only, plain.clone()]).await, [""; 0]);
    let update = "mutation($id: ID!, $i: UpdateRoleInput!) { updateRole(id: $id, input: $i) { userErrors { code field message } } }";
    let fields = json!({"fields": role("", "READ")["fields"]});
    assert_eq!(refused(&max, update, json!({"id": plain, "i": fields})).await, ["BEYOND_YOURS input"]);
    let delete = "mutation($id: ID!, $with: ID) { deleteRole(id: $id, replaceWith: $with) { userErrors { code field message } } }";
    assert_eq!(refused(&max, delete, json!({"id": plain, "with": paid})).await, ["BEYOND_YOURS replaceWith"]);
}

#[tokio::test]
async fn a_name_that_somebody_gave_themselves_is_no_pattern() {
    let scene = Scene::start().await;
    scene.record("Contact", json!({"lastName": "One", "title": "VIP of Carla"})).await;
    scene.record("Contact", json!({"lastName": "Two", "title": "100%"})).await;
    let rule = json!({"title": {"ilike": "$viewer.name"}});
    let sees = json!({"objects": {"contact": {"read": "RULE", "rule": rule}, "users": {"read": "ALL"}}});
    let carla = scene.person("carla", sees).await;
    let user = user_id(&carla).await;
    for (name, found) in [("100%", 1), ("%", 0), ("VIP of _arla", 0), ("vip of carla", 1)] {
        scene.update("User", &user, json!({"name": name})).await;
        let found_by = carla.data("{ contacts { totalCount } }", Value::Null).await;
        assert_eq!(found_by["contacts"]["totalCount"], found, "{name}");
    }
}
