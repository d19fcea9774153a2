//! Random roles over random records, on every way to read: what is answered is what a naive filter, row by row, leaves of
//! the data.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{
    aggregates,
    oracle::{
        document, filter, interpret,
        literal::Variables,
        objects::{OBJECTS, Object},
        world::{Record, World},
    },
    support::{Client, Tape, TestApp, for_tapes},
};

/// Who there is: `ben` leads West, `cat` is in West, `dan` in its sub-team Coast, `eve` in East.
const PEOPLE: [(&str, &str); 4] = [("ben", "West"), ("cat", "West"), ("dan", "Coast"), ("eve", "East")];
const TEAMS: [(&str, Option<&str>); 3] = [("West", None), ("Coast", Some("West")), ("East", None)];

/// A role as the tests know it: how far reading reaches, by object, and the rule where it is one.
#[derive(Debug, Clone)]
struct Reach {
    level: &'static str,
    rule: Value,
}

struct Scene {
    app: TestApp,
    ana: Client,
    world: World,
    /// By name: the client, and the id of the user.
    people: HashMap<&'static str, (Client, String)>,
    teams: HashMap<&'static str, String>,
}

impl Scene {
    async fn create(seed: u64) -> Self {
        let app = TestApp::start().await;
        let ana = app.sign_up("ana").await;
        let mut world = World::create(&ana, seed).await;
        let mut teams = HashMap::new();
        for (name, parent) in TEAMS {
            let input = json!({"name": name, "parentId": parent.map(|parent| &teams[parent])});
            teams.insert(name, made(&ana, "Team", input).await);
        }
        let mut people = HashMap::new();
        for (name, team) in PEOPLE {
            let client = app.member_with(&ana, name, &[]).await;
            let id = client_user(&ana, name).await;
            let set = "mutation($id: ID!, $input: UserUpdateInput!) { updateUser(id: $id, input: $input) { userErrors { message } } }";
            let data = ana.data(set, json!({"id": id, "input": {"teamId": teams[team]}})).await;
            assert_eq!(data["updateUser"]["userErrors"], json!([]));
            people.insert(name, (client, id));
        }
        // Some records are nobody's: those are hers who made them.
        let mut tape = Tape::of_seed(seed + 1);
        let users: Vec<Option<String>> = people
            .values()
            .map(|(_, id)| Some(id.clone()))
            .chain([None, Some(client_user(&ana, "ana").await)])
            .collect();
        let mut users = users;
        users.sort();
        world.own(&app, &ana, |_| users[tape.below(users.len())].clone()).await;
        Self { app, ana, world, people, teams }
    }

    /// Everybody in the teams of a person and in those below, and themself.
    fn mates(&self, name: &str) -> Vec<String> {
        let team = PEOPLE.iter().find(|(known, _)| *known == name).expect("somebody").1;
        let below = |of: &str| of == team || (team == "West" && of == "Coast");
        PEOPLE.iter().filter(|(_, of)| below(of)).map(|(known, _)| self.people[known].1.clone()).collect()
    }

    /// What the world is to somebody.
    fn seen(&self, name: &str, roles: &[HashMap<&'static str, Reach>], shares: &[(String, String)]) -> World {
        let (own, mates) = (self.people[name].1.clone(), self.mates(name));
        let ana = self.world.maker();
        self.world.seen(|of, record| {
            let keeper = record.value("ownerId").as_str().unwrap_or(ana);
            let by_role = roles.iter().any(|role| match role[of.name].level {
                "ALL" => true,
                "OWN" => keeper == own,
                "TEAM" => mates.iter().any(|mate| mate == keeper),
                "RULE" => filter::meets(&self.world, of, record, &role[of.name].rule),
                _ => false,
            });
            let is_readable = roles.iter().any(|role| role[of.name].level != "NONE");
            by_role || (is_readable && shares.iter().any(|(object, id)| object == of.name && id == record.id()))
        })
    }
}

async fn made(ana: &Client, object: &str, input: Value) -> String {
    let create = format!(
        "mutation($input: {object}CreateInput!) {{ create{object}(input: $input) {{ id userErrors {{ message }} }} }}"
    );
    let data = ana.data(&create, json!({"input": input})).await[format!("create{object}")].clone();
    assert_eq!(data["userErrors"], json!([]));
    data["id"].as_str().expect("an id").to_owned()
}

async fn client_user(ana: &Client, name: &str) -> String {
    let users = "query($name: String!) { users(filter: {name: {eq: $name}}) { nodes { id } } }";
    ana.data(users, json!({"name": name})).await["users"]["nodes"][0]["id"].as_str().expect("a user").to_owned()
}

fn random_role(tape: &mut Tape, world: &World) -> HashMap<&'static str, Reach> {
    OBJECTS.iter().map(|of| (of.name, random_reach(tape, world, of))).collect()
}

fn random_reach(tape: &mut Tape, world: &World, of: &'static Object) -> Reach {
    let level = tape.pick(&["ALL", "OWN", "TEAM", "RULE", "RULE"]);
    let mut rule = Value::Null;
    if level == "RULE" {
        let mut variables = Variables::default();
        let literal = filter::random(tape, world, of, 1, &mut variables);
        rule = literal.resolve(&variables.seen()).unwrap_or_default();
    }
    Reach { level, rule }
}

/// Makes the roles, and gives them.
async fn give(scene: &Scene, name: &str, roles: &[HashMap<&'static str, Reach>]) {
    let create = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } userErrors { code field message } } }";
    let mut ids = Vec::new();
    for role in roles {
        let objects: Vec<Value> = role
            .iter()
            .map(|(object, reach)| {
                let mut rights = json!({"object": object, "read": reach.level});
                if reach.level == "RULE" {
                    rights["rule"] = reach.rule.clone();
                }
                rights
            })
            .collect();
        let input = json!({"name": uuid::Uuid::now_v7().to_string(), "objects": objects});
        let data = scene.ana.data(create, json!({"input": input})).await["createRole"].clone();
        assert_eq!(data["userErrors"], json!([]), "{role:?}");
        ids.push(data["role"]["id"].clone());
    }
    let set =
        "mutation($user: ID!, $roles: [ID!]!) { setRoles(userId: $user, roleIds: $roles) { userErrors { message } } }";
    let data = scene.ana.data(set, json!({"user": scene.people[name].1, "roles": ids})).await;
    assert_eq!(data["setRoles"]["userErrors"], json!([]));
    // The limit on roles is not what is tested here.
    let schema = crate::support::schema_of(&scene.ana);
    let unused = format!(
        "DELETE FROM {schema}.role AS r WHERE key IS NULL AND NOT EXISTS (SELECT 1 FROM {schema}.role_assignment WHERE role_id = r.id)"
    );
    scene.app.sql(&unused).await.expect("roles");
}

async fn share(scene: &Scene, tape: &mut Tape, name: &str) -> Vec<(String, String)> {
    let schema = crate::support::schema_of(&scene.ana);
    scene.app.sql(&format!("DELETE FROM {schema}.record_share")).await.expect("shares");
    let mut shares = Vec::new();
    for _ in 0..tape.below(4) {
        let of = &OBJECTS[tape.below(OBJECTS.len())];
        let live = scene.world.live(of);
        let record: &Record = live[tape.below(live.len())];
        let share = "mutation($object: String!, $id: ID!, $user: ID, $team: ID) { shareRecord(object: $object, id: $id, userId: $user, teamId: $team) { userErrors { message } } }";
        let (user, team) = if tape.chance(50) {
            (json!(scene.people[name].1), Value::Null)
        } else {
            (Value::Null, json!(scene.teams[PEOPLE.iter().find(|(known, _)| *known == name).expect("somebody").1]))
        };
        let variables = json!({"object": of.name, "id": record.id(), "user": user, "team": team});
        let data = scene.ana.data(share, variables).await;
        assert_eq!(data["shareRecord"]["userErrors"], json!([]));
        shares.push((of.name.to_owned(), record.id().to_owned()));
    }
    shares
}

/// A root field for each id: what is there of it.
async fn by_ids(client: &Client, of: &Object, ids: &[&str]) -> Map<String, Value> {
    let fields: Vec<String> =
        ids.iter().enumerate().map(|(at, id)| format!("r{at}: {}(id: \"{id}\") {{ id }}", of.one)).collect();
    let mut found = Map::new();
    for fields in fields.chunks(20) {
        let data = client.data(&format!("{{ {} }}", fields.join(" ")), Value::Null).await;
        found.extend(data.as_object().expect("data").clone());
    }
    found
}

#[test]
fn whatever_the_roles_every_way_to_read_shows_what_a_naive_filter_leaves() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let scene = runtime.block_on(Scene::create(41));
    for_tapes(40, 400, |tape| {
        let (name, _) = tape.pick(&PEOPLE);
        let client = scene.people[name].0.clone();
        let roles: Vec<_> = (0..=tape.below(2)).map(|_| random_role(tape, &scene.world)).collect();
        runtime.block_on(give(&scene, name, &roles));
        let shares = runtime.block_on(share(&scene, tape, name));
        let seen = scene.seen(name, &roles, &shares);
        let about = || format!("{name} with {roles:?} and {shares:?}");

        for of in OBJECTS {
            let all: Vec<&str> = scene.world.live(of).iter().map(|record| record.id()).collect();
            let there: Vec<&str> = seen.live(of).iter().map(|record| record.id()).collect();
            for (at, found) in runtime.block_on(by_ids(&client, of, &all)) {
                let id = all[at[1..].parse::<usize>().expect("a number")];
                if found.is_null() == there.contains(&id) {
                    return Err(format!("{} {id} answered {found}\n{}", of.name, about()));
                }
            }
        }
        for _ in 0..6 {
            let document = document::random(tape, &scene.world);
            let (text, variables) = (document.write(), document.variables.given());
            let answer = runtime.block_on(client.graphql(&text, variables));
            let wanted = interpret::answer(&seen, &document);
            if !interpret::same(&wanted, &answer.body["data"]) {
                return Err(format!("{}\n{text}\nwanted {wanted}\ngot    {}", about(), answer.body));
            }
        }
        for _ in 0..6 {
            let of = &OBJECTS[tape.below(OBJECTS.len())];
            let asked = aggregates::random(tape, &scene.world, of);
            let answer = runtime.block_on(aggregates::ask(&client, &asked));
            aggregates::agree(&seen, &asked, &answer)
                .map_err(|why| format!("{why}\n{}\n{asked:?}\ngot {}", about(), answer.body))?;
        }
        let word = tape.pick(&["ada", "ernst", "a", "lovelace"]);
        let query = format!("{{ search(query: \"{word}\", first: 100) {{ hits {{ object id }} }} }}");
        let hits = runtime.block_on(client.data(&query, Value::Null))["search"]["hits"].clone();
        for hit in hits.as_array().expect("hits") {
            let of = OBJECTS.iter().find(|of| hit["object"] == of.name).expect("an object");
            if !seen.live(of).iter().any(|record| hit["id"] == record.id()) {
                return Err(format!("search found {hit}\n{}", about()));
            }
        }
        Ok(())
    });
}
