//! Paging: whatever the order, every record comes once and in its place.

use serde_json::{Value, json};

use crate::{
    oracle::{
        filter,
        literal::Variables,
        objects::{OBJECTS, Object, object},
        order,
        world::{Record, World},
    },
    support::{Answer, Client, Tape, TestApp, for_tapes},
};

/// A list as one request asks for it.
struct List<'l> {
    of: &'static Object,
    filter: Value,
    order_by: Value,
    client: &'l Client,
}

impl List<'_> {
    async fn page(&self, window: Value) -> Answer {
        let query = format!(
            "query($filter: {name}Filter, $orderBy: [{name}Order!], $first: Int, $after: String, $last: Int, $before: String, $offset: Int) {{ \
             list: {many}(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before, offset: $offset) {{ \
             edges {{ cursor node {{ id }} }} totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}",
            name = self.of.name,
            many = self.of.many
        );
        let mut variables = json!({"filter": self.filter, "orderBy": self.order_by});
        for (name, value) in window.as_object().expect("a window") {
            variables[name] = value.clone();
        }
        self.client.graphql(&query, variables).await
    }

    /// What the page holds, compared with `wanted`: the records from `from` to `to`.
    async fn check(&self, window: Value, wanted: &[&str], from: usize, to: usize) -> Result<Value, String> {
        let answer = self.page(window.clone()).await;
        let list = &answer.body["data"]["list"];
        let got: Vec<_> =
            list["edges"].as_array().into_iter().flatten().map(|edge| edge["node"]["id"].clone()).collect();
        let info = &list["pageInfo"];
        let edge = |at: Option<&Value>| at.map_or(Value::Null, |edge| edge["cursor"].clone());
        let edges = list["edges"].as_array();
        let is_right = got == wanted[from..to]
            && list["totalCount"] == wanted.len()
            && info["hasNextPage"] == (to < wanted.len())
            && info["hasPreviousPage"] == (from > 0)
            && info["startCursor"] == edge(edges.and_then(|edges| edges.first()))
            && info["endCursor"] == edge(edges.and_then(|edges| edges.last()));
        if is_right {
            return Ok(list.clone());
        }
        Err(format!(
            "{} filter {} orderBy {} window {window}\nwanted {from}..{to} of {wanted:?}\ngot {}",
            self.of.many, self.filter, self.order_by, answer.body
        ))
    }

    /// From the front to the back, so many at a time.
    async fn forward(&self, wanted: &[&str], size: usize) -> Result<Vec<String>, String> {
        let (mut cursors, mut after) = (Vec::new(), Value::Null);
        for from in (0..=wanted.len()).step_by(size) {
            let to = (from + size).min(wanted.len());
            if from > 0 && from == to {
                break;
            }
            let list = self.check(json!({"first": size, "after": after}), wanted, from, to).await?;
            cursors.extend(
                list["edges"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|edge| edge["cursor"].as_str().map(str::to_owned)),
            );
            after = list["pageInfo"]["endCursor"].clone();
        }
        Ok(cursors)
    }

    async fn backward(&self, wanted: &[&str], size: usize) -> Result<(), String> {
        let (mut to, mut before) = (wanted.len(), Value::Null);
        while to > 0 {
            let from = to.saturating_sub(size);
            let list = self.check(json!({"last": size, "before": before}), wanted, from, to).await?;
            before = list["pageInfo"]["startCursor"].clone();
            to = from;
        }
        Ok(())
    }

    /// Between two cursors, from either end; and by offset.
    async fn between(&self, tape: &mut Tape, wanted: &[&str], cursors: &[String], size: usize) -> Result<(), String> {
        let offset = tape.below(wanted.len() + 3);
        let to = (offset + size).min(wanted.len());
        if offset < to {
            self.check(json!({"first": size, "offset": offset}), wanted, offset, to).await?;
        }
        if wanted.len() < 3 {
            return Ok(());
        }
        let after = tape.below(wanted.len() - 1);
        let before = after + 1 + tape.below(wanted.len() - after - 1);
        let both = json!({"after": cursors[after], "before": cursors[before]});
        let with = |name: &str| {
            let mut window = both.clone();
            window[name] = json!(size);
            window
        };
        self.check(with("first"), wanted, after + 1, (after + 1 + size).min(before)).await?;
        self.check(with("last"), wanted, before.saturating_sub(size).max(after + 1), before).await?;
        Ok(())
    }
}

async fn world(app: &TestApp, name: &str, seed: u64) -> (Client, World) {
    let client = app.sign_up(name).await;
    let world = World::create(&client, seed).await;
    (client, world)
}

#[test]
fn pages_in_either_direction_hold_every_record_once_and_in_order() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_app, client, world) = runtime.block_on(async {
        let app = TestApp::start().await;
        let (client, world) = world(&app, "ana", 3).await;
        (app, client, world)
    });
    for_tapes(120, 60, |tape| {
        let of = &OBJECTS[tape.below(OBJECTS.len())];
        let order_by = order::plain(&order::random(tape, of));
        let mut variables = Variables::default();
        let filter = if tape.chance(40) { filter::random(tape, &world, of, 1, &mut variables) } else { filter::any() };
        let filter = filter.resolve(&variables.seen()).unwrap_or_default();
        let mut records: Vec<&Record> =
            world.live(of).into_iter().filter(|record| filter::meets(&world, of, record, &filter)).collect();
        order::sort(&world, of, &mut records, &order_by);
        let wanted: Vec<&str> = records.iter().map(|record| record.id()).collect();
        let (size, list) = (1 + tape.below(9), List { of, filter, order_by, client: &client });
        runtime.block_on(async {
            let cursors = list.forward(&wanted, size).await?;
            list.backward(&wanted, size).await?;
            list.between(tape, &wanted, &cursors, size).await
        })
    });
}

#[tokio::test]
async fn lists_below_a_record_page_by_cursor_too() {
    let app = TestApp::start().await;
    let (ana, world) = world(&app, "ana", 4).await;
    let (company, contact) = (object("Company"), object("Contact"));
    let query = "query($id: ID!, $after: String) { company(id: $id) { contacts(first: 2, after: $after, orderBy: [{lastName: DESC}]) { nodes { id } pageInfo { endCursor hasNextPage } } } }";
    for record in world.live(company) {
        let mut wanted = world.many(record.id(), contact, "company");
        order::sort(&world, contact, &mut wanted, &json!([{"lastName": "DESC"}]));
        let (mut got, mut after) = (Vec::new(), Value::Null);
        loop {
            let data = ana.data(query, json!({"id": record.id(), "after": after})).await;
            let contacts = &data["company"]["contacts"];
            got.extend(contacts["nodes"].as_array().expect("nodes").clone());
            after = contacts["pageInfo"]["endCursor"].clone();
            if contacts["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let wanted: Vec<Value> = wanted.iter().map(|record| json!({"id": record.id()})).collect();
        assert_eq!(got, wanted);
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_tenant_or_nobody_is_refused() {
    let app = TestApp::start().await;
    let ((ana, _), (ben, _)) = (world(&app, "ana", 5).await, world(&app, "ben", 5).await);
    let list = |client, filter, order_by| List { of: object("Contact"), filter, order_by, client };
    let by_name = || json!([{"lastName": "ASC"}]);
    let cursor = async |list: List<'_>| {
        let page = list.page(json!({"first": 3})).await;
        page.body["data"]["list"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned()
    };
    let good = cursor(list(&ana, json!({}), by_name())).await;
    let mine = list(&ana, json!({}), by_name());
    assert_eq!(mine.page(json!({"first": 1, "after": good})).await.status, 200);
    let mut bad = vec![
        cursor(list(&ben, json!({}), by_name())).await,
        cursor(list(&ana, json!({}), json!([{"lastName": "DESC"}]))).await,
        cursor(list(&ana, json!({"vip": {"eq": true}}), by_name())).await,
        good[..good.len() - 1].to_owned(),
        good[..5].to_owned(),
        format!("{good}A"),
        String::new(),
        "no cursor at all".to_owned(),
        "{}".to_owned(),
    ];
    for at in [0, good.len() / 2, good.len() - 2] {
        let other = if &good[at..=at] == "A" { "B" } else { "A" };
        bad.push(format!("{}{other}{}", &good[..at], &good[at + 1..]));
    }
    for cursor in &bad {
        for name in ["after", "before"] {
            let refused = mine.page(json!({name: cursor})).await;
            assert_eq!(refused.code(), "BAD_USER_INPUT", "{cursor} {}", refused.body);
            assert_eq!(refused.body["errors"][0]["extensions"]["argument"], name);
        }
    }
    // The cursor of a list of another object.
    let companies = List { of: object("Company"), filter: json!({}), order_by: json!([{"name": "ASC"}]), client: &ana };
    let foreign = cursor(companies).await;
    assert_eq!(mine.page(json!({"after": foreign})).await.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn windows_beyond_the_limits_are_refused_and_never_cut_in_silence() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let list = List { of: object("Company"), filter: json!({}), order_by: json!(null), client: &ana };
    for (window, argument) in [
        (json!({"first": -1}), "first"),
        (json!({"first": 1_001}), "first"),
        (json!({"last": 1_001}), "last"),
        (json!({"last": -5}), "last"),
        (json!({"offset": -1}), "offset"),
        (json!({"offset": 100_001}), "offset"),
        (json!({"first": 1, "last": 1}), "last"),
        (json!({"last": 1, "offset": 1}), "offset"),
    ] {
        let refused = list.page(window.clone()).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{window} {}", refused.body);
        assert_eq!(refused.body["errors"][0]["extensions"]["argument"], argument, "{}", refused.body);
    }
    let over = |relations: usize| (0..relations).fold(json!({"name": "ASC"}), |inner, _| json!({"parent": inner}));
    let far = List { of: object("Company"), filter: json!({}), order_by: json!([over(9)]), client: &ana };
    assert_eq!(far.page(json!({})).await.code(), "BAD_USER_INPUT");
    let near = List { order_by: json!([over(8)]), ..far };
    assert_eq!(near.page(json!({})).await.body["data"]["list"]["totalCount"], 0);
    for window in [json!({"first": 0}), json!({"first": 1_000}), json!({"last": 1_000}), json!({"offset": 100_000})] {
        let answer = list.page(window.clone()).await;
        assert_eq!(answer.body["data"]["list"]["totalCount"], 0, "{window} {}", answer.body);
    }
}
