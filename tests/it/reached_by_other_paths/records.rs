use serde_json::{Value, json};

use super::{Scene, act, changed, user_id};
use crate::role_administration::{done, refused};

#[tokio::test]
async fn parts_are_written_by_who_may_change_the_whole() {
    let scene = Scene::start().await;
    let rep = json!({"create": true, "import": true, "read": "ALL", "update": "OWN", "delete": "OWN"});
    let ben = scene.person("ben", json!({"others": rep})).await;
    let hers = scene.record("Opportunity", json!({"name": "Hers"})).await;
    let his = super::made(&ben, "Opportunity", json!({"name": "His"})).await;
    let refusal = ["FORBIDDEN opportunityId"];
    assert_eq!(changed(&ben, "Opportunity", &hers, json!({"name": "Mine"})).await, ["FORBIDDEN id"]);
    let create =
        "mutation($o: ID!) { createLineItem(input: {opportunityId: $o}) { userErrors { code field message } } }";
    assert_eq!(refused(&ben, create, json!({"o": hers})).await, refusal);
    let item = super::made(&ben, "LineItem", json!({"opportunityId": his, "externalId": "L-1"})).await;
    assert_eq!(changed(&ben, "LineItem", &item, json!({"opportunityId": hers})).await, refusal);
    let upsert = "mutation($o: ID!, $e: String!) { upsertLineItems(inputs: [{externalId: $e, opportunityId: $o}], matchOn: [externalId]) { results { userErrors { code field } } } }";
    for external in ["L-1", "L-2"] {
        let told =
            ben.data(upsert, json!({"o": hers, "e": external})).await["upsertLineItems"]["results"][0]["userErrors"]
                .take();
        assert_eq!(told, json!([{"code": "FORBIDDEN", "field": ["inputs", "0", "opportunityId"]}]), "{external}");
    }
    // A share to be read is not enough, one to be changed is.
    let share = "mutation($o: ID!, $u: ID!, $a: ShareAccess!) { shareRecord(object: \"Opportunity\", id: $o, userId: $u, access: $a) { userErrors { code field message } } }";
    let user = user_id(&ben).await;
    for (access, told) in [("READ", &refusal[..]), ("UPDATE", &[])] {
        done(&scene.ana, share, json!({"o": hers, "u": user, "a": access})).await;
        assert_eq!(refused(&ben, create, json!({"o": hers})).await, told, "{access}");
    }
}

#[tokio::test]
async fn nobody_makes_a_record_their_own_to_do_more_with_it() {
    let scene = Scene::start().await;
    let lead = json!({"create": true, "read": "ALL", "update": "ALL", "delete": "OWN", "export": "OWN"});
    let ben = scene.person("ben", json!({"others": lead})).await;
    let (ana, user) = (user_id(&scene.ana).await, user_id(&ben).await);
    let hers = scene.record("Opportunity", json!({"name": "Hers", "ownerId": ana})).await;
    assert_eq!(changed(&ben, "Opportunity", &hers, json!({"ownerId": user})).await, ["BEYOND_YOURS ownerId"]);
    let many = "mutation($u: ID!) { updateOpportunities(filter: {name: {eq: \"Hers\"}}, input: {ownerId: $u}) { results { outcome userErrors { code } } } }";
    let told = ben.data(many, json!({"u": user})).await["updateOpportunities"]["results"].take();
    assert_eq!(told, json!([{"outcome": "REFUSED", "userErrors": [{"code": "BEYOND_YOURS"}]}]));
    assert_eq!(act(&ben, "delete", "Opportunity", &hers).await[0]["code"], "FORBIDDEN");
    // What is theirs they hand on, and what gives them nothing they change.
    let his = super::made(&ben, "Opportunity", json!({"name": "His", "ownerId": user})).await;
    for owner in [&ana, &Value::Null] {
        assert_eq!(changed(&scene.ana, "Opportunity", &his, json!({"ownerId": user})).await, [""; 0]);
        assert_eq!(changed(&ben, "Opportunity", &his, json!({"ownerId": owner})).await, [""; 0]);
    }

    let rep = json!({"read": "OWN", "update": "OWN", "delete": "OWN"});
    let cat = scene.person("cat", json!({"others": rep, "objects": {"users": {"read": "ALL"}}})).await;
    let user = user_id(&cat).await;
    let share = "mutation($o: ID!, $u: ID!) { shareRecord(object: \"Opportunity\", id: $o, userId: $u, access: UPDATE) { userErrors { code field message } } }";
    done(&scene.ana, share, json!({"o": hers, "u": user})).await;
    assert_eq!(changed(&cat, "Opportunity", &hers, json!({"name": "Ours"})).await, [""; 0]);
    assert_eq!(changed(&cat, "Opportunity", &hers, json!({"ownerId": user})).await, ["BEYOND_YOURS ownerId"]);
}

#[tokio::test]
async fn a_guess_at_a_hidden_relation_is_never_right() {
    let scene = Scene::start().await;
    let work = json!({"create": true, "read": "ALL", "update": "ALL"});
    let ben =
        scene.person("ben", json!({"others": work, "objects": {"company": {"create": true, "read": "OWN"}}})).await;
    let hidden = scene.record("Company", json!({"name": "Hidden"})).await;
    let other = scene.record("Company", json!({"name": "Other"})).await;
    let deal = scene.record("Opportunity", json!({"name": "Deal", "companyId": hidden})).await;
    for guess in [&hidden, &other, &json!("00000000-0000-7000-8000-0000000000ff")] {
        assert_eq!(changed(&ben, "Opportunity", &deal, json!({"companyId": guess})).await, ["NOT_FOUND companyId"]);
    }
    // What is in view, and in the bin by now, may stay where it is.
    let mine = super::made(&ben, "Company", json!({"name": "Mine"})).await;
    assert_eq!(changed(&ben, "Opportunity", &deal, json!({"companyId": mine})).await, [""; 0]);
    assert_eq!(act(&scene.ana, "delete", "Company", &mine).await, json!([]));
    assert_eq!(changed(&ben, "Opportunity", &deal, json!({"companyId": mine, "name": "Same"})).await, [""; 0]);
    let fresh = scene.record("Opportunity", json!({"name": "Fresh"})).await;
    assert_eq!(changed(&ben, "Opportunity", &fresh, json!({"companyId": mine})).await, ["NOT_FOUND companyId"]);
}
