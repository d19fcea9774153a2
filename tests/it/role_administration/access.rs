//! "Why can this person see this?" is answered, and the answer is what happens.

use std::collections::BTreeSet;

use rapport_tenancy::BuiltInRole;
use serde_json::{Map, Value, json};

use super::{done, made, refused, staffed, user_id};
use crate::support::{Client, Tape, TestApp, schema_of};

const ACCESS: &str = "query($o: String!, $id: ID!, $u: ID) { access(object: $o, id: $id, userId: $u) { actions { action allowed through { kind role { key name } level rule administration share { access user { name } team { name } createdBy { name } } object recordId through { kind role { name } level } } } fields { field access roles { name } } } }";

fn action<'a>(access: &'a Value, name: &str) -> &'a Value {
    access["actions"].as_array().expect("actions").iter().find(|it| it["action"] == name).expect("the action")
}

fn field<'a>(access: &'a Value, name: &str) -> &'a Value {
    access["fields"].as_array().expect("fields").iter().find(|it| it["field"] == name).expect("the field")
}

#[tokio::test]
async fn each_role_rule_share_and_whole_that_gives_a_record_is_named() {
    let (_app, owner, member) = staffed(BuiltInRole::Rep).await;
    let ben = user_id(&member).await;
    let rule = json!({"lastName": {"startsWith": "A"}});
    let desk = made(
        &owner,
        json!({
            "name": "Desk", "objects": [{"object": "Contact", "read": "RULE", "rule": rule}],
            "fields": [{"object": "Contact", "field": "email", "access": "MASKED"}],
        }),
    )
    .await;
    let create = "mutation($n: String!) { createContact(input: {lastName: $n}) { contact { id } userErrors { code field message } } }";
    let adler = done(&owner, create, json!({"n": "Adler"})).await["contact"]["id"].clone();
    let beck = done(&owner, create, json!({"n": "Beck"})).await["contact"]["id"].clone();
    super::given(&owner, &ben, &[&json!(BuiltInRole::Rep.id()), &desk]).await;
    let share = "mutation($id: ID!, $u: ID) { shareRecord(object: \"Contact\", id: $id, userId: $u, access: UPDATE) { userErrors { code field message } } }";
    done(&owner, share, json!({"id": beck, "u": ben})).await;

    let ask = async |client: &Client, object: &str, id: &Value, user: &Value| {
        client.data(ACCESS, json!({"o": object, "id": id, "u": user})).await["access"].clone()
    };
    let access = ask(&owner, "Contact", &adler, &ben).await;
    let through = &action(&access, "READ")["through"];
    assert_eq!(
        (&through[0]["role"], &through[0]["level"]),
        (&json!({"key": "REP", "name": "Sales rep"}), &json!("ALL"))
    );
    assert_eq!(
        (&through[1]["role"]["name"], &through[1]["level"], &through[1]["rule"]),
        (&json!("Desk"), &json!("RULE"), &rule)
    );
    assert_eq!(
        (action(&access, "UPDATE")["allowed"].clone(), action(&access, "UPDATE")["through"].clone()),
        (json!(false), json!([]))
    );
    // The most that any of their roles allows.
    assert_eq!(
        *field(&access, "email"),
        json!({"field": "email", "access": "WRITE", "roles": [{"name": "Sales rep"}]})
    );
    assert_eq!(field(&access, "lastName")["roles"], json!([{"name": "Sales rep"}, {"name": "Desk"}]));

    let access = ask(&owner, "Contact", &beck, &ben).await;
    let kinds = |action: &Value| {
        action["through"].as_array().expect("grounds").iter().map(|it| it["kind"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(action(&access, "READ")), ["ROLE", "SHARE"]);
    let share = &action(&access, "UPDATE")["through"][0]["share"];
    assert_eq!(
        *share,
        json!({"access": "UPDATE", "user": {"name": "ben"}, "team": null, "createdBy": {"name": "ana"}})
    );
    assert_eq!(action(&access, "DELETE")["allowed"], false);

    // About oneself everybody may ask; a rule is for those who manage roles.
    let access = ask(&member, "Contact", &adler, &Value::Null).await;
    assert_eq!(
        (&action(&access, "READ")["through"][1]["level"], &action(&access, "READ")["through"][1]["rule"]),
        (&json!("RULE"), &Value::Null)
    );
    let about = json!({"o": "Contact", "id": adler, "u": user_id(&owner).await});
    assert_eq!(member.graphql(ACCESS, about).await.code(), "FORBIDDEN");
    for (object, id, user) in [("Contact", &json!("no id"), &ben), ("Ghost", &adler, &ben), ("Contact", &adler, &adler)]
    {
        assert_eq!(ask(&owner, object, id, user).await, Value::Null, "{object} {id} {user}");
    }
    // Out of the reach of who asks, also about themselves.
    super::given(&owner, &ben, &[&desk]).await;
    let clay = done(&owner, create, json!({"n": "Clay"})).await["contact"]["id"].clone();
    assert_eq!(ask(&member, "Contact", &clay, &Value::Null).await, Value::Null);
    assert_eq!(action(&ask(&owner, "Contact", &clay, &ben).await, "READ")["allowed"], false);
    let access = ask(&member, "Contact", &beck, &Value::Null).await;
    assert_eq!(kinds(action(&access, "READ")), ["SHARE"]);
    assert_eq!(field(&access, "email")["access"], "MASKED");
    assert_eq!(field(&access, "createdAt")["access"], "READ");

    // What has a keeper of its own.
    let pipeline =
        "mutation { createPipeline(input: {name: \"Sales\"}) { pipeline { id } userErrors { code field message } } }";
    let pipeline = done(&owner, pipeline, Value::Null).await["pipeline"]["id"].clone();
    let ana = user_id(&owner).await;
    let access = ask(&owner, "Pipeline", &pipeline, &ana).await;
    let ground = &action(&access, "UPDATE")["through"][0];
    assert_eq!(
        (&ground["kind"], &ground["administration"], &ground["role"]["key"]),
        (&json!("ADMINISTRATION"), &json!("METADATA"), &json!("OWNER"))
    );
    let opportunity = "mutation { createOpportunity(input: {name: \"Deal\"}) { opportunity { id } userErrors { code field message } } }";
    let opportunity = done(&owner, opportunity, Value::Null).await["opportunity"]["id"].clone();
    let item = "mutation($o: ID!) { createLineItem(input: {opportunityId: $o}) { lineItem { id } userErrors { code field message } } }";
    let item = done(&owner, item, json!({"o": opportunity})).await["lineItem"]["id"].clone();
    let access = ask(&owner, "LineItem", &item, &ana).await;
    let ground = &action(&access, "DELETE")["through"][1];
    assert_eq!(
        (&ground["kind"], &ground["object"], &ground["recordId"]),
        (&json!("PART_OF"), &json!("Opportunity"), &opportunity)
    );
    assert_eq!(ground["through"], json!([{"kind": "ROLE", "role": {"name": "Owner"}, "level": "ALL"}]));
}

/// Objects of the random workspaces: name, key, what lists and makes them, a field that can be changed.
const OBJECTS: [(&str, &str, &str, &str); 5] = [
    ("Company", "company", "companies", "name"),
    ("Contact", "contact", "contacts", "title"),
    ("Opportunity", "opportunity", "opportunities", "name"),
    ("LineItem", "line_item", "lineItems", "description"),
    ("Pipeline", "pipeline", "pipelines", "name"),
];
const LEVELS: [&str; 5] = ["NONE", "OWN", "TEAM", "RULE", "ALL"];
const PEOPLE: [&str; 3] = ["ben", "cleo", "dora"];

fn lower(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

fn level(tape: &mut Tape, with_rule: bool) -> &'static str {
    match tape.pick(&LEVELS) {
        "RULE" if !with_rule => "NONE",
        level => level,
    }
}

/// What a role allows, as it is kept.
fn role(tape: &mut Tape) -> Value {
    let rights = |tape: &mut Tape, rule: Option<Value>| {
        let mut rights = Map::new();
        for action in ["read", "update", "delete", "restore"] {
            rights.insert(action.into(), json!(level(tape, rule.is_some())));
        }
        if let Some(rule) = rule {
            rights.insert("rule".into(), rule);
        }
        Value::from(rights)
    };
    let rules = [
        ("company", json!({"name": {"startsWith": "a"}})),
        ("contact", json!({"not": {"company_id#id": {"isNull": true}}})),
        ("opportunity", json!({"owner": {"team": {"id": {"in": "$viewer.teamIds"}}}})),
    ];
    let mut objects = Map::new();
    for (_, key, ..) in OBJECTS {
        if tape.chance(70) {
            let rule = rules.iter().find(|(of, _)| *of == key).map(|(_, rule)| rule.clone());
            objects.insert(key.into(), rights(tape, rule));
        }
    }
    // Whom records belong to, and in which teams they are, everybody sees.
    objects.insert("users".into(), json!({"read": "ALL"}));
    objects.insert("team".into(), json!({"read": "ALL"}));
    let fields = json!({"contact": {"email": tape.pick(&["NONE", "MASKED", "READ", "WRITE"]), "phone": tape.pick(&["NONE", "READ"])}});
    let administration: &[&str] = if tape.chance(30) { &["METADATA"] } else { &[] };
    json!({
        "others": rights(tape, None), "objects": objects, "fields": fields, "administration": administration,
        "restrictedFields": tape.pick(&["NONE", "READ"]),
    })
}

struct World {
    app: TestApp,
    owner: Client,
    people: Vec<(Value, Client)>,
    /// Object and id.
    records: Vec<(usize, Value)>,
}

impl World {
    async fn of(tape: &mut Tape) -> Self {
        let app = TestApp::start().await;
        let owner = app.sign_up("ana").await;
        done(&owner, "mutation { createField(object: \"Contact\", input: {name: \"salary\", label: \"Salary\", type: NUMBER, restricted: true}) { userErrors { code field message } } }", Value::Null).await;
        let mut people = Vec::new();
        for name in PEOPLE {
            let member = app.member_with(&owner, name, &[]).await;
            people.push((user_id(&member).await, member));
        }
        let mut teams = Vec::new();
        for name in ["North", "South"] {
            let parent = teams.last().cloned().unwrap_or_default();
            let team = "mutation($n: String!, $p: ID, $m: ID) { createTeam(input: {name: $n, parentId: $p, managerId: $m}) { team { id } userErrors { code field message } } }";
            let manager = if tape.chance(50) { people[tape.below(3)].0.clone() } else { Value::Null };
            teams.push(done(&owner, team, json!({"n": name, "p": parent, "m": manager})).await["team"]["id"].clone());
        }
        for (id, _) in &people {
            let join = "mutation($id: ID!, $t: ID) { updateUser(id: $id, input: {teamId: $t}) { userErrors { code field message } } }";
            let team = if tape.chance(70) { teams[tape.below(2)].clone() } else { Value::Null };
            done(&owner, join, json!({"id": id, "t": team})).await;
        }
        let mut world = Self { app, owner, people, records: Vec::new() };
        world.fill(tape).await;
        world.share(tape, &teams).await;
        world
    }

    async fn fill(&mut self, tape: &mut Tape) {
        for (at, (name, _, _, _)) in OBJECTS.into_iter().enumerate() {
            for number in 0..4 {
                let keeper = if tape.chance(80) { self.people[tape.below(3)].0.clone() } else { Value::Null };
                let ids =
                    |of: usize| self.records.iter().filter(move |(object, _)| *object == of).map(|(_, id)| id.clone());
                let any = |of: usize, tape: &mut Tape| ids(of).nth(tape.below(4)).unwrap_or_default();
                let title = format!("{} {number}", if tape.chance(50) { "Aster" } else { "Birch" });
                let input = match name {
                    "Company" | "Opportunity" => json!({"name": title, "ownerId": keeper}),
                    "Contact" => {
                        let company = if tape.chance(50) { any(0, tape) } else { Value::Null };
                        json!({"lastName": title, "ownerId": keeper, "companyId": company})
                    }
                    "LineItem" => json!({"description": title, "opportunityId": any(2, tape)}),
                    _ => json!({"name": title}),
                };
                let field = lower(name);
                let create = format!(
                    "mutation($i: {name}CreateInput!) {{ create{name}(input: $i) {{ {field} {{ id }} userErrors {{ code field message }} }} }}"
                );
                let id = done(&self.owner, &create, json!({"i": input})).await[&field]["id"].clone();
                self.records.push((at, id));
            }
        }
    }

    async fn share(&self, tape: &mut Tape, teams: &[Value]) {
        for (object, id) in self.records.iter().filter(|(object, _)| *object != 3) {
            if tape.chance(65) {
                continue;
            }
            let (user, team) = if tape.chance(50) {
                (self.people[tape.below(3)].0.clone(), Value::Null)
            } else {
                (Value::Null, teams[tape.below(2)].clone())
            };
            let share = "mutation($o: String!, $id: ID!, $u: ID, $t: ID, $a: ShareAccess!) { shareRecord(object: $o, id: $id, userId: $u, teamId: $t, access: $a) { userErrors { code field message } } }";
            let access = tape.pick(&["READ", "UPDATE"]);
            done(&self.owner, share, json!({"o": OBJECTS[*object].0, "id": id, "u": user, "t": team, "a": access}))
                .await;
        }
    }

    /// Gives everybody one or two new random roles.
    async fn give(&self, tape: &mut Tape, round: usize) {
        let schema = schema_of(&self.owner);
        self.app
            .sql(&format!(
                "DELETE FROM {schema}.role_assignment WHERE role_id IN (SELECT id FROM {schema}.role WHERE key IS NULL)"
            ))
            .await
            .expect("no roles");
        for (person, (id, _)) in self.people.iter().enumerate() {
            for number in 0..=tape.below(2) {
                let insert = format!(
                    "WITH made AS (INSERT INTO {schema}.role (id, name, rights) VALUES (gen_random_uuid(), 'Role {round}.{person}.{number}', '{}') RETURNING id) \
                     INSERT INTO {schema}.role_assignment (subject, role_id) SELECT '{}', id FROM made",
                    role(tape).to_string().replace('\'', "''"),
                    id.as_str().expect("an id")
                );
                self.app.sql(&insert).await.expect("a role");
            }
        }
        self.app.app.graph.catalogs.forget(self.owner.workspace["id"].as_str().expect("an id").parse().expect("an id"));
    }

    /// What the owner is told of what somebody may do with each record.
    async fn told(&self, user: &Value) -> Vec<Value> {
        let mut told = Vec::new();
        for (object, id) in &self.records {
            let access =
                self.owner.data(ACCESS, json!({"o": OBJECTS[*object].0, "id": id, "u": user})).await["access"].clone();
            for action in access["actions"].as_array().expect("actions") {
                let through = action["through"].as_array().expect("grounds");
                assert_eq!(action["allowed"] == true, !through.is_empty(), "{action}");
            }
            told.push(access);
        }
        told
    }

    /// The records that somebody sees in a list.
    async fn seen(&self, client: &Client, object: usize) -> BTreeSet<String> {
        let plural = OBJECTS[object].2;
        let answer = client.graphql(&format!("{{ {plural}(first: 100) {{ nodes {{ id }} }} }}"), Value::Null).await;
        let nodes = answer.body["data"][plural]["nodes"].as_array().cloned().unwrap_or_default();
        nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Whether somebody could do something with a record, having tried.
    async fn tried(&self, client: &Client, verb: &str, object: usize, id: &Value) -> bool {
        let (name, _, _, field) = OBJECTS[object];
        let document = if verb == "update" {
            format!(
                "mutation($id: ID!) {{ updateX: update{name}(id: $id, input: {{{field}: \"Aster 9\"}}) {{ userErrors {{ code field message }} }} }}"
            )
        } else {
            format!("mutation($id: ID!) {{ {verb}{name}(id: $id) {{ userErrors {{ code field message }} }} }}")
        };
        let answer = client.graphql(&document, json!({"id": id})).await;
        if answer.code() == "GRAPHQL_VALIDATION_FAILED" {
            return false;
        }
        let refusals = super::refusals(&answer.body["data"]);
        assert!(refusals.iter().all(|code| code == "NOT_FOUND id" || code == "FORBIDDEN id"), "{refusals:?}");
        refusals.is_empty()
    }
}

#[tokio::test]
async fn what_is_told_is_what_happens() {
    for seed in [1, 2] {
        let mut tape = Tape::of_seed(seed);
        let world = World::of(&mut tape).await;
        for round in 0..6 {
            world.give(&mut tape, round).await;
            for (user, client) in &world.people {
                let told = world.told(user).await;
                compare(&world, client, &told).await;
            }
        }
    }
}

async fn compare(world: &World, client: &Client, told: &[Value]) {
    let allowed = |at: usize, name: &str| action(&told[at], name)["allowed"] == true;
    for (object, (name, ..)) in OBJECTS.into_iter().enumerate() {
        let seen = world.seen(client, object).await;
        let records = world.records.iter().enumerate().filter(|(_, (of, _))| *of == object);
        for (at, (_, id)) in records {
            let is_seen = seen.contains(id.as_str().expect("an id"));
            assert_eq!(allowed(at, "READ"), is_seen, "{} {}", name, told[at]);
            fields(client, name, &told[at], is_seen).await;
        }
    }
    let owner = |verb: &str, name: &str| {
        format!("mutation($id: ID!) {{ {verb}{name}(id: $id) {{ userErrors {{ code field message }} }} }}")
    };
    for (at, (object, id)) in world.records.iter().enumerate() {
        let name = OBJECTS[*object].0;
        // Nothing is changed that rules look at, but where it is put back.
        let before = OBJECTS[*object].3;
        let one = lower(name);
        let value =
            world.owner.data(&format!("query($id: ID!) {{ {one}(id: $id) {{ {before} }} }}"), json!({"id": id})).await
                [&one][before]
                .clone();
        assert_eq!(
            allowed(at, "UPDATE"),
            world.tried(client, "update", *object, id).await,
            "UPDATE {name} {}",
            told[at]
        );
        let back = format!(
            "mutation($id: ID!, $v: String) {{ update{name}(id: $id, input: {{{before}: $v}}) {{ userErrors {{ code field message }} }} }}"
        );
        done(&world.owner, &back, json!({"id": id, "v": value})).await;
        let deleted = world.tried(client, "delete", *object, id).await;
        assert_eq!(allowed(at, "DELETE"), deleted, "DELETE {name} {}", told[at]);
        if !deleted {
            done(&world.owner, &owner("delete", name), json!({"id": id})).await;
        }
        let restored = world.tried(client, "restore", *object, id).await;
        assert_eq!(allowed(at, "RESTORE"), restored, "RESTORE {name} {}", told[at]);
        if !restored {
            assert_eq!(refused(&world.owner, &owner("restore", name), json!({"id": id})).await, [""; 0]);
        }
    }
}

/// The fields that are told of are those of the member's graph.
async fn fields(client: &Client, object: &str, told: &Value, is_seen: bool) {
    if object != "Contact" {
        return;
    }
    let types = "{ read: __type(name: \"Contact\") { fields { name } } write: __type(name: \"ContactUpdateInput\") { inputFields { name } } }";
    let types = client.data(types, Value::Null).await;
    let has = |list: &Value, name: &str| {
        list.as_array().is_some_and(|fields| fields.iter().any(|field| field["name"] == name))
    };
    for name in ["email", "phone", "salary", "lastName", "createdAt", "company"] {
        let access = field(told, name)["access"].as_str().expect("an access").to_owned();
        if !is_seen {
            assert_eq!(access, "NONE", "{name}");
            continue;
        }
        assert_eq!(access != "NONE", has(&types["read"]["fields"], name), "{name} {told}");
        let input = if name == "company" { "companyId" } else { name };
        let writes = has(&types["write"]["inputFields"], input);
        if !types["write"].is_null() && name != "createdAt" {
            assert_eq!(access == "WRITE", writes, "{name} {told}");
        }
        assert_eq!(access == "NONE", field(told, name)["roles"] == json!([]), "{name} {told}");
    }
}
