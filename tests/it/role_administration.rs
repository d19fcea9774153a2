//! Roles made, given and taken, records shared: by who may, and nothing beyond what they may themselves.

use futures::future::join;
use rapport_domain::rights::{Administration, Level, ObjectRights, RoleRights};
use rapport_tenancy::BuiltInRole;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, schema_of};

mod access;
mod circles;
mod shares;

/// A workspace, its owner, and a member with a role that comes with Rapport.
pub async fn staffed(role: BuiltInRole) -> (TestApp, Client, Client) {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let member = app.member_with(&owner, "ben", &[role.id()]).await;
    (app, owner, member)
}

pub async fn user_id(client: &Client) -> Value {
    client.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone()
}

/// The refusals of the only mutation of a document, as `CODE path.in.input`.
pub fn refusals(data: &Value) -> Vec<String> {
    let payload = data.as_object().expect("data").values().next().expect("a payload");
    let text = |error: &Value| {
        let path: Vec<&str> = error["field"].as_array().expect("a path").iter().filter_map(Value::as_str).collect();
        format!("{} {}", error["code"].as_str().expect("a code"), path.join(".")).trim_end().to_owned()
    };
    payload["userErrors"].as_array().expect("userErrors").iter().map(text).collect()
}

pub async fn done(client: &Client, document: &str, variables: Value) -> Value {
    let data = client.data(document, variables).await;
    assert_eq!(refusals(&data), [""; 0], "{document} {data}");
    data.as_object().expect("data").values().next().expect("a payload").clone()
}

pub async fn refused(client: &Client, document: &str, variables: Value) -> Vec<String> {
    refusals(&client.data(document, variables).await)
}

const CREATE: &str = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id name version objects { object read rule } fields { object field access } administration } userErrors { code field message } } }";
const UPDATE: &str = "mutation($id: ID!, $input: UpdateRoleInput!, $v: Int) { updateRole(id: $id, input: $input, ifVersion: $v) { role { id name description version objects { object read rule } } userErrors { code field message } } }";
const COPY: &str = "mutation($id: ID!, $name: String!) { copyRole(id: $id, name: $name) { role { id name builtIn description others { read } } userErrors { code field message } } }";
const DELETE: &str = "mutation($id: ID!, $with: ID) { deleteRole(id: $id, replaceWith: $with) { id userErrors { code field message } } }";
const SET: &str = "mutation($user: ID!, $roles: [ID!]!) { setRoles(userId: $user, roleIds: $roles) { roles { key name } userErrors { code field message } } }";

/// A role made through the graph: its id.
pub async fn made(client: &Client, input: Value) -> Value {
    done(client, CREATE, json!({"input": input})).await["role"]["id"].clone()
}

pub async fn given(client: &Client, user: &Value, roles: &[&Value]) {
    done(client, SET, json!({"user": user, "roles": roles})).await;
}

#[tokio::test]
async fn a_role_is_made_given_changed_and_deleted() {
    let (_app, owner, member) = staffed(BuiltInRole::ReadOnly).await;
    let ben = user_id(&member).await;
    done(&owner, "mutation { createContact(input: {firstName: \"Eva\", lastName: \"Adler\", email: \"eva@acme.com\"}) { userErrors { code field message } } }", Value::Null).await;
    let input = json!({
        "name": " Front desk ", "description": "Answers the phone.", "others": {"read": "OWN"},
        "objects": [{"object": "Contact", "read": "ALL", "create": true}],
        "fields": [{"object": "Contact", "field": "email", "access": "NONE"}, {"object": "Contact", "field": "phone", "access": "READ"}],
    });
    let role = done(&owner, CREATE, json!({"input": input})).await["role"].clone();
    assert_eq!((&role["name"], &role["version"]), (&json!("Front desk"), &json!(1)));
    assert_eq!(role["objects"], json!([{"object": "Contact", "read": "ALL", "rule": null}]));
    let id = &role["id"];

    let roles = done(&owner, SET, json!({"user": ben, "roles": [id]})).await["roles"].clone();
    assert_eq!(roles, json!([{"key": null, "name": "Front desk"}]));
    assert_eq!(
        member.data("{ contacts { nodes { lastName } } }", Value::Null).await["contacts"]["nodes"][0]["lastName"],
        "Adler"
    );
    assert_eq!(
        member.graphql("{ contacts { nodes { email } } }", Value::Null).await.code(),
        "GRAPHQL_VALIDATION_FAILED"
    );
    let listed =
        owner.data("{ roles { key name builtIn memberCount members { id name } apiKeyIds } }", Value::Null).await;
    let listed = listed["roles"].as_array().expect("roles").clone();
    assert_eq!(listed.len(), 7);
    assert!(listed[..6].iter().all(|role| role["builtIn"] == true));
    assert_eq!(
        listed[6],
        json!({"key": null, "name": "Front desk", "builtIn": false, "memberCount": 1, "members": [{"id": ben, "name": "ben"}], "apiKeyIds": []})
    );

    // In place at once for who has it.
    let input = json!({"fields": [], "description": null});
    let role = done(&owner, UPDATE, json!({"id": id, "input": input, "v": 1})).await["role"].clone();
    assert_eq!(
        (&role["version"], &role["description"], &role["objects"][0]["read"]),
        (&json!(2), &Value::Null, &json!("ALL"))
    );
    assert_eq!(
        member.data("{ contacts { nodes { email } } }", Value::Null).await["contacts"]["nodes"][0]["email"],
        "eva@acme.com"
    );
    // Nothing to change: no new version.
    assert_eq!(done(&owner, UPDATE, json!({"id": id, "input": {"name": "Front desk"}})).await["role"]["version"], 2);

    assert_eq!(refused(&owner, DELETE, json!({"id": id})).await, ["ROLE_IN_USE id"]);
    let done_ = done(&owner, DELETE, json!({"id": id, "with": BuiltInRole::ReadOnly.id()})).await;
    assert_eq!(done_["id"], *id);
    assert_eq!(
        member.data("{ me { roles { key } } }", Value::Null).await["me"]["roles"],
        json!([{"key": "READ_ONLY"}])
    );
    assert_eq!(owner.data("query($id: ID!) { role(id: $id) { id } }", json!({"id": id})).await["role"], Value::Null);
}

#[tokio::test]
async fn what_comes_with_rapport_is_copied_and_not_changed() {
    let (app, owner, _) = staffed(BuiltInRole::Rep).await;
    let before = app.dump(&owner).await;
    for role in BuiltInRole::ALL {
        let id = json!(role.id());
        assert_eq!(refused(&owner, UPDATE, json!({"id": id, "input": {"name": "Mine"}})).await, ["BUILT_IN id"]);
        assert_eq!(refused(&owner, DELETE, json!({"id": id})).await, ["BUILT_IN id"]);
    }
    assert_eq!(app.dump(&owner).await, before);
    let copy = done(&owner, COPY, json!({"id": BuiltInRole::ReadOnly.id(), "name": "Guests"})).await["role"].clone();
    assert_eq!((&copy["builtIn"], &copy["others"]["read"]), (&json!(false), &json!("ALL")));
    done(&owner, UPDATE, json!({"id": copy["id"], "input": {"others": {"read": "OWN"}}})).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_role_is_said_where_and_nothing_is_written() {
    let (app, owner, member) = staffed(BuiltInRole::Rep).await;
    let kept = made(&owner, json!({"name": "Kept"})).await;
    let before = app.dump(&owner).await;
    let contact = |rights: Value| json!({"name": "New", "objects": [rights]});
    let rule = |rule: Value| contact(json!({"object": "Contact", "read": "RULE", "rule": rule}));
    let field = |object: &str, field: &str, access: &str| json!({"name": "New", "fields": [{"object": object, "field": field, "access": access}]});
    for (input, wanted) in [
        (json!({"name": "  "}), "REQUIRED input.name"),
        (json!({"name": "x".repeat(101)}), "TOO_LONG input.name"),
        (json!({"name": "two\nlines"}), "INVALID_VALUE input.name"),
        (json!({"name": "kEPT"}), "NAME_TAKEN input.name"),
        (json!({"name": "owner"}), "NAME_TAKEN input.name"),
        (json!({"name": "New", "description": "x".repeat(1_001)}), "TOO_LONG input.description"),
        (contact(json!({"read": "ALL"})), "REQUIRED input.objects.0.object"),
        (contact(json!({"object": "Ghost"})), "NOT_FOUND input.objects.0.object"),
        (contact(json!({"object": "contact"})), "NOT_FOUND input.objects.0.object"),
        (
            json!({"name": "New", "objects": [{"object": "Contact"}, {"object": "Contact"}]}),
            "DUPLICATE input.objects.1.object",
        ),
        (json!({"name": "New", "others": {"object": "Contact"}}), "INVALID_VALUE input.others.object"),
        (json!({"name": "New", "others": {"read": "RULE"}}), "INVALID_RULE input.others.rule"),
        (field("Ghost", "x", "READ"), "NOT_FOUND input.fields.0.object"),
        (field("Contact", "ghost", "READ"), "UNKNOWN_FIELD input.fields.0.field"),
        (field("Contact", "createdAt", "NONE"), "READ_ONLY input.fields.0.field"),
        (field("Contact", "status", "MASKED"), "NOT_MASKABLE input.fields.0.access"),
        (field("Opportunity", "amount", "MASKED"), "NOT_MASKABLE input.fields.0.access"),
        (field("Contact", "company", "MASKED"), "NOT_MASKABLE input.fields.0.access"),
        (json!({"name": "New", "restrictedFields": "MASKED"}), "NOT_MASKABLE input.restrictedFields"),
        (contact(json!({"object": "Contact", "read": "RULE"})), "INVALID_RULE input.objects.0.rule"),
        (contact(json!({"object": "Contact", "read": "ALL", "rule": {}})), "INVALID_RULE input.objects.0.rule"),
        (rule(json!("all")), "INVALID_RULE input.objects.0.rule"),
        (rule(json!({"ghost": {"eq": 1}})), "INVALID_RULE input.objects.0.rule.ghost"),
        (rule(json!({"company": {"ghost": {"eq": 1}}})), "INVALID_RULE input.objects.0.rule.company.ghost"),
        (rule(json!({"lastName": {"near": "x"}})), "INVALID_RULE input.objects.0.rule.lastName.near"),
        (rule(json!({"lastName": {"eq": 5}})), "INVALID_RULE input.objects.0.rule.lastName.eq"),
        (rule(json!({"lastName": {"eq": "$viewer.ghost"}})), "INVALID_RULE input.objects.0.rule.lastName.eq"),
        (rule(json!({"lastName": {"eq": "x".repeat(10_001)}})), "INVALID_RULE input.objects.0.rule"),
    ] {
        assert_eq!(refused(&owner, CREATE, json!({"input": input})).await, [wanted], "{input}");
        let name = if wanted.starts_with("NAME_TAKEN") || wanted.ends_with("name") {
            input["name"].clone()
        } else {
            json!("New")
        };
        let mut input = input;
        input["name"] = name;
        let id = if wanted == "NAME_TAKEN input.name" && input["name"] == "kEPT" { None } else { Some(&kept) };
        if let Some(id) = id {
            assert_eq!(refused(&owner, UPDATE, json!({"id": id, "input": input})).await, [wanted], "{input}");
        }
    }
    let ghost = "01890000-0000-7000-8000-000000000000";
    for (document, variables, wanted) in [
        (UPDATE, json!({"id": ghost, "input": {}}), "NOT_FOUND id"),
        (UPDATE, json!({"id": "no id", "input": {}}), "NOT_FOUND id"),
        (UPDATE, json!({"id": kept, "input": {"name": "Else"}, "v": 7}), "VERSION_CONFLICT ifVersion"),
        (COPY, json!({"id": ghost, "name": "Copy"}), "NOT_FOUND id"),
        (COPY, json!({"id": kept, "name": "KEPT"}), "NAME_TAKEN input.name"),
        (DELETE, json!({"id": ghost}), "NOT_FOUND id"),
        (DELETE, json!({"id": kept, "with": kept}), "NOT_FOUND replaceWith"),
        (DELETE, json!({"id": kept, "with": ghost}), "NOT_FOUND replaceWith"),
        (DELETE, json!({"id": kept, "with": BuiltInRole::Owner.id()}), "INVALID_VALUE replaceWith"),
        (SET, json!({"user": ghost, "roles": []}), "NOT_FOUND userId"),
        (SET, json!({"user": user_id(&member).await, "roles": [kept, ghost]}), "NOT_FOUND roleIds.1"),
    ] {
        assert_eq!(refused(&owner, document, variables).await, [wanted], "{document}");
    }
    assert_eq!(app.dump(&owner).await, before);
    // A rule that holds both ways of saying a relation, lists, and the viewer is taken.
    let wanted = json!({"or": [
        {"companyId": {"in": [ghost]}}, {"company": {"owner": {"team": {"id": {"in": "$viewer.teamIds"}}}}},
        {"not": {"activities": {"some": {"subject": {"contains": "x"}}}}}, {"owner": {"id": {"eq": "$viewer.id"}}},
    ]});
    let input = json!({"name": "New", "objects": [{"object": "Contact", "read": "RULE", "rule": wanted}]});
    let made = done(&owner, CREATE, json!({"input": input})).await["role"].clone();
    assert_eq!(made["objects"][0]["rule"], wanted);
}

#[tokio::test]
async fn there_are_only_so_many_roles() {
    let (app, owner, _) = staffed(BuiltInRole::Rep).await;
    let insert = format!(
        "INSERT INTO {}.role (id, name) SELECT gen_random_uuid(), 'Role ' || n FROM generate_series(1, 100) n",
        schema_of(&owner)
    );
    app.sql(&insert).await.expect("roles");
    assert_eq!(refused(&owner, CREATE, json!({"input": {"name": "One more"}})).await, ["LIMIT_REACHED"]);
    assert_eq!(
        refused(&owner, COPY, json!({"id": BuiltInRole::Rep.id(), "name": "One more"})).await,
        ["LIMIT_REACHED"]
    );
}

#[tokio::test]
async fn who_may_not_manage_roles_has_no_such_mutation() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let ids = json!({"id": BuiltInRole::Rep.id(), "user": user_id(&owner).await});
    for role in [BuiltInRole::Manager, BuiltInRole::Rep, BuiltInRole::ReadOnly, BuiltInRole::Compliance] {
        let member = app.member_with(&owner, &role.key().to_lowercase(), &[role.id()]).await;
        let before = app.dump(&owner).await;
        for (document, variables) in [
            (CREATE, json!({"input": {"name": "Mine"}})),
            (COPY, json!({"id": ids["id"], "name": "Mine"})),
            (UPDATE, json!({"id": ids["id"], "input": {}})),
            (DELETE, json!({"id": ids["id"]})),
            (SET, json!({"user": ids["user"], "roles": []})),
        ] {
            assert_eq!(
                member.graphql(document, variables).await.code(),
                "GRAPHQL_VALIDATION_FAILED",
                "{role:?} {document}"
            );
        }
        assert_eq!(member.graphql("{ roles { id } }", Value::Null).await.code(), "FORBIDDEN", "{role:?}");
        assert_eq!(app.dump(&owner).await, before);
    }
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let define = "mutation { createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER, restricted: true}) { userErrors { code field message } } }";
    done(&owner, define, Value::Null).await;
    // Manages roles, and sees their own records with their plain fields.
    let rights = RoleRights {
        administration: vec![Administration::Roles],
        others: ObjectRights { create: true, read: Level::Own, update: Level::Own, ..ObjectRights::default() },
        ..RoleRights::default()
    };
    let clerk_role = json!(app.role(&owner, "Clerk", &rights).await);
    let strong = made(&owner, json!({"name": "Strong", "administration": ["AUDIT"], "others": {"read": "ALL"}})).await;
    let clerk = app.member_with(&owner, "cleo", &[clerk_role.as_str().expect("an id").parse().expect("an id")]).await;
    let rep = app.member_with(&owner, "ben", &[BuiltInRole::ReadOnly.id()]).await;
    let (cleo, ben, ana) = (user_id(&clerk).await, user_id(&rep).await, user_id(&owner).await);
    let before = app.dump(&owner).await;
    let with = |input: Value| json!({"input": input});
    for (document, variables, wanted) in [
        (CREATE, with(json!({"name": "Mine", "administration": ["METADATA"]})), "BEYOND_YOURS input"),
        (CREATE, with(json!({"name": "Mine", "administration": ["ROLES", "DESTROY"]})), "BEYOND_YOURS input"),
        (CREATE, with(json!({"name": "Mine", "restrictedFields": "READ"})), "BEYOND_YOURS input"),
        (
            CREATE,
            with(
                json!({"name": "Mine", "others": {"read": "OWN"}, "fields": [{"object": "Contact", "field": "salary", "access": "READ"}]}),
            ),
            "BEYOND_YOURS input",
        ),
        (CREATE, with(json!({"name": "Mine", "others": {"read": "TEAM"}})), "BEYOND_YOURS input"),
        (
            CREATE,
            with(json!({"name": "Mine", "objects": [{"object": "Contact", "read": "OWN", "delete": "OWN"}]})),
            "BEYOND_YOURS input",
        ),
        (
            CREATE,
            with(
                json!({"name": "Mine", "objects": [{"object": "Contact", "read": "RULE", "rule": {"salary": {"gt": 9_000}}}]}),
            ),
            "BEYOND_YOURS input",
        ),
        (COPY, json!({"id": BuiltInRole::Owner.id(), "name": "Mine"}), "BEYOND_YOURS id"),
        (COPY, json!({"id": strong, "name": "Mine"}), "BEYOND_YOURS id"),
        (UPDATE, json!({"id": clerk_role, "input": {"administration": ["ROLES", "MEMBERS"]}}), "BEYOND_YOURS input"),
        // Nor do they take apart what is above them.
        (UPDATE, json!({"id": strong, "input": {"administration": []}}), "BEYOND_YOURS id"),
        (DELETE, json!({"id": strong}), "BEYOND_YOURS id"),
        (SET, json!({"user": cleo, "roles": [clerk_role, BuiltInRole::Owner.id()]}), "BEYOND_YOURS roleIds.1"),
        (SET, json!({"user": cleo, "roles": [BuiltInRole::Admin.id()]}), "BEYOND_YOURS roleIds.0"),
        (SET, json!({"user": ben, "roles": [BuiltInRole::ReadOnly.id(), strong]}), "BEYOND_YOURS roleIds.1"),
        (SET, json!({"user": ana, "roles": []}), "BEYOND_YOURS roleIds"),
        (DELETE, json!({"id": clerk_role, "with": BuiltInRole::Admin.id()}), "BEYOND_YOURS replaceWith"),
    ] {
        assert_eq!(refused(&clerk, document, variables.clone()).await, [wanted], "{document} {variables}");
    }
    assert_eq!(app.dump(&owner).await, before);

    // What they have they give.
    let own = made(&clerk, json!({"name": "Below", "others": {"read": "OWN"}})).await;
    assert_eq!(refused(&clerk, SET, json!({"user": ben, "roles": [own]})).await, ["BEYOND_YOURS roleIds"]);
    given(&owner, &ben, &[]).await;
    given(&clerk, &ben, &[&own]).await;

    // An admin may do all that an owner may, and makes no owner nor takes one away.
    let admin = app.member_with(&owner, "adam", &[BuiltInRole::Admin.id()]).await;
    let owners = json!(BuiltInRole::Owner.id());
    assert_eq!(refused(&admin, SET, json!({"user": ben, "roles": [owners]})).await, ["BEYOND_YOURS roleIds.0"]);
    assert_eq!(refused(&admin, SET, json!({"user": ana, "roles": []})).await, ["BEYOND_YOURS roleIds"]);
    given(&admin, &ben, &[&strong, &json!(BuiltInRole::Admin.id())]).await;
}

#[tokio::test]
async fn an_owner_is_always_left() {
    let (app, owner, member) = staffed(BuiltInRole::Owner).await;
    let (ana, ben) = (user_id(&owner).await, user_id(&member).await);
    let nothing = |user: &Value| json!({"user": user, "roles": []});
    // Each the other at the same time: one of them is too late.
    for _ in 0..5 {
        let (one, other) = join(owner.graphql(SET, nothing(&ben)), member.graphql(SET, nothing(&ana))).await;
        let left = format!(
            "SELECT count(*)::text FROM {}.role_assignment WHERE role_id = '{}'",
            schema_of(&owner),
            BuiltInRole::Owner.id()
        );
        let left = app.sql(&left).await.expect("a count").concat();
        assert_eq!(left, [Some("1".to_owned())], "{} {}", one.body, other.body);
        let restore = format!(
            "INSERT INTO {}.role_assignment (subject, role_id) VALUES ({}, '{id}'), ({}, '{id}') ON CONFLICT DO NOTHING",
            schema_of(&owner),
            ana.to_string().replace('"', "'"),
            ben.to_string().replace('"', "'"),
            id = BuiltInRole::Owner.id()
        );
        app.sql(&restore).await.expect("owners");
        app.app.graph.catalogs.forget(owner.workspace["id"].as_str().expect("an id").parse().expect("an id"));
    }
    given(&owner, &ben, &[]).await;
    let before = app.dump(&owner).await;
    assert_eq!(refused(&owner, SET, nothing(&ana)).await, ["LAST_OWNER roleIds"]);
    assert_eq!(
        refused(&owner, SET, json!({"user": ana, "roles": [BuiltInRole::Admin.id()]})).await,
        ["LAST_OWNER roleIds"]
    );
    // Nor does the user go.
    for document in [
        "mutation($id: ID!) { deleteUser(id: $id) { userErrors { code field message } } }",
        "mutation($id: ID!) { destroyUser(id: $id) { userErrors { code field message } } }",
        "mutation($id: ID!) { updateUser(id: $id, input: {active: false}) { userErrors { code field message } } }",
    ] {
        assert_eq!(refused(&owner, document, json!({"id": ana})).await, ["LAST_OWNER id"], "{document}");
    }
    assert_eq!(app.dump(&owner).await, before);
    // An owner who is inactive is none that is left.
    given(&owner, &ben, &[&json!(BuiltInRole::Owner.id())]).await;
    done(
        &owner,
        "mutation($id: ID!) { updateUser(id: $id, input: {active: false}) { userErrors { code field message } } }",
        json!({"id": ben}),
    )
    .await;
    assert_eq!(refused(&owner, SET, nothing(&ana)).await, ["LAST_OWNER roleIds"]);
}

#[tokio::test]
async fn a_rule_keeps_what_it_looks_at() {
    let (app, owner, member) = staffed(BuiltInRole::Rep).await;
    let create = "mutation($input: CreateFieldInput!) { createField(object: \"Contact\", input: $input) { userErrors { code field message } } }";
    for field in ["tier", "note"] {
        done(&owner, create, json!({"input": {"name": field, "label": field, "type": "TEXT"}})).await;
    }
    for (name, tier) in [("Adler", "gold"), ("Beck", "tin")] {
        done(&owner, "mutation($n: String!, $t: String!) { createContact(input: {lastName: $n, tier: $t}) { userErrors { code field message } } }", json!({"n": name, "t": tier})).await;
    }
    let rights = json!([{"object": "Contact", "read": "RULE", "rule": {"tier": {"eq": "gold"}}}]);
    let role = made(&owner, json!({"name": "Gold", "objects": rights, "fields": [{"object": "Contact", "field": "note", "access": "READ"}]})).await;
    given(&owner, &user_id(&member).await, &[&role]).await;
    let seen =
        async || member.data("{ contacts { nodes { lastName } } }", Value::Null).await["contacts"]["nodes"].clone();
    assert_eq!(seen().await, json!([{"lastName": "Adler"}]));

    // Another name changes nothing but how the rule is said.
    done(&owner, "mutation { updateField(object: \"Contact\", name: \"tier\", input: {name: \"rank\"}) { userErrors { code field message } } }", Value::Null).await;
    assert_eq!(seen().await, json!([{"lastName": "Adler"}]));
    let objects = owner
        .data("query($id: ID!) { role(id: $id) { objects { rule } fields { field access } } }", json!({"id": role}))
        .await;
    assert_eq!(
        objects["role"],
        json!({"objects": [{"rule": {"rank": {"eq": "gold"}}}], "fields": [{"field": "note", "access": "READ"}]})
    );

    // What uses a field is listed, and a rule keeps it whatever is said.
    let usage = "query($n: String!) { fieldUsage(object: \"Contact\", name: $n) { kind object description breaks } }";
    let used = owner.data(usage, json!({"n": "rank"})).await["fieldUsage"][0].clone();
    assert_eq!(
        used,
        json!({"kind": "RULE", "object": "Contact", "description": "The rule of the role Gold for Contact looks at it.", "breaks": true})
    );
    assert_eq!(owner.data(usage, json!({"n": "note"})).await["fieldUsage"][0]["kind"], "ROLE");
    let archive = "mutation($n: String!, $u: OnUse) { archiveField(object: \"Contact\", name: $n, onUse: $u) { userErrors { code field message } } }";
    let before = app.dump(&owner).await;
    for on_use in ["REFUSE", "CASCADE"] {
        assert_eq!(refused(&owner, archive, json!({"n": "rank", "u": on_use})).await, ["IN_USE name"]);
    }
    let convert = "mutation { convertField(object: \"Contact\", name: \"rank\", input: {type: NUMBER}) { userErrors { code field message } } }";
    assert_eq!(refused(&owner, convert, Value::Null).await, ["IN_USE name"]);
    assert_eq!(app.dump(&owner).await, before);
    // A role that only says what may be done with it does not.
    done(&owner, archive, json!({"n": "note", "u": "REFUSE"})).await;
    done(&owner, UPDATE, json!({"id": role, "input": {"objects": [{"object": "Contact", "read": "ALL"}]}})).await;
    done(&owner, archive, json!({"n": "rank", "u": "REFUSE"})).await;
    assert_eq!(seen().await.as_array().map(Vec::len), Some(2));
    // What it says of an archived field is there again with the field.
    done(&owner, UPDATE, json!({"id": role, "input": {"fields": []}})).await;
    done(
        &owner,
        "mutation { restoreField(object: \"Contact\", name: \"note\") { userErrors { code field message } } }",
        Value::Null,
    )
    .await;
    let fields = owner.data("query($id: ID!) { role(id: $id) { fields { field } } }", json!({"id": role})).await;
    assert_eq!(fields["role"]["fields"], json!([{"field": "note"}]));
}

#[tokio::test]
async fn a_rule_keeps_the_object_that_it_goes_through() {
    let (_app, owner, _) = staffed(BuiltInRole::Rep).await;
    done(&owner, "mutation { createObject(input: {name: \"Club\", plural: \"clubs\", label: \"Club\", labelPlural: \"Clubs\"}) { userErrors { code field message } } }", Value::Null).await;
    done(&owner, "mutation { createField(object: \"Contact\", input: {name: \"club\", label: \"Club\", type: RELATION, target: \"Club\", inverse: \"members\"}) { userErrors { code field message } } }", Value::Null).await;
    let role = made(&owner, json!({"name": "Members", "objects": [
        {"object": "Contact", "read": "RULE", "rule": {"club": {"name": {"eq": "Elm"}}}}, {"object": "Club", "read": "ALL"},
    ]}))
    .await;
    let usage = owner.data("{ objectUsage(name: \"Club\") { kind object } }", Value::Null).await["objectUsage"].clone();
    for wanted in [json!({"kind": "ROLE", "object": "Club"}), json!({"kind": "RULE", "object": "Contact"})] {
        assert!(usage.as_array().expect("usage").contains(&wanted), "{usage}");
    }
    let archive = "mutation { archiveObject(name: \"Club\", onUse: CASCADE) { userErrors { code field message } } }";
    assert_eq!(refused(&owner, archive, Value::Null).await, ["IN_USE name"]);
    done(&owner, UPDATE, json!({"id": role, "input": {"objects": [{"object": "Club", "read": "ALL"}]}})).await;
    done(&owner, archive, Value::Null).await;
    // What the role says of it sleeps, and wakes with it.
    let objects = "query($id: ID!) { role(id: $id) { objects { object } } }";
    assert_eq!(owner.data(objects, json!({"id": role})).await["role"]["objects"], json!([]));
    done(&owner, "mutation { restoreObject(name: \"Club\") { userErrors { code field message } } }", Value::Null).await;
    assert_eq!(owner.data(objects, json!({"id": role})).await["role"]["objects"], json!([{"object": "Club"}]));
}

#[tokio::test]
async fn changes_of_rights_enter_the_log() {
    let (app, owner, member) = staffed(BuiltInRole::Rep).await;
    let role = made(&owner, json!({"name": "Desk"})).await;
    done(&owner, UPDATE, json!({"id": role, "input": {"name": "Front desk"}})).await;
    let ben = user_id(&member).await;
    given(&owner, &ben, &[&role]).await;
    given(&owner, &ben, &[]).await;
    done(&owner, DELETE, json!({"id": role})).await;
    let events = format!(
        "SELECT type, actor::text, coalesce(before, '{{}}')::text, coalesce(after, '{{}}')::text FROM {}.event WHERE type LIKE 'role.%' AND record_id = {} ORDER BY id",
        schema_of(&owner),
        role.to_string().replace('"', "'")
    );
    let events = app.sql(&events).await.expect("events");
    let kinds: Vec<&str> = events.iter().filter_map(|row| row[0].as_deref()).collect();
    assert_eq!(kinds, ["role.created", "role.updated", "role.given", "role.taken", "role.deleted"]);
    let ana = user_id(&owner).await;
    assert!(events.iter().all(|row| row[1].as_deref() == ana.as_str()), "{events:?}");
    assert_eq!(
        (events[1][2].as_deref(), events[1][3].as_deref()),
        (Some("{\"name\": \"Desk\"}"), Some("{\"name\": \"Front desk\"}"))
    );
}
