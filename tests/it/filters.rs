//! Filters, in two-valued logic: a filter and its `not` part the records.

use serde_json::{Value, json};

use crate::{
    oracle::{
        filter,
        literal::Variables,
        objects::{Field, Kind, OBJECTS, Object, object},
        world::World,
    },
    support::{Client, Tape, TestApp, for_tapes},
};

/// The ids of the records that meet a filter, in order of age.
async fn ids(client: &Client, of: &Object, filter: &Value) -> Result<Vec<String>, String> {
    let query = format!(
        "query($filter: {}Filter) {{ list: {}(filter: $filter, first: 1000) {{ nodes {{ id }} totalCount }} }}",
        of.name, of.many
    );
    let answer = client.graphql(&query, json!({"filter": filter})).await;
    let list = &answer.body["data"]["list"];
    let ids: Vec<String> = list["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node["id"].as_str().map(str::to_owned))
        .collect();
    if answer.body.get("errors").is_some() || list["totalCount"] != ids.len() {
        return Err(format!("{} {filter} answered {}", of.many, answer.body));
    }
    Ok(ids)
}

/// What the oracle says to it.
fn wanted(world: &World, of: &Object, filter: &Value) -> Vec<String> {
    let meets = world.live(of).into_iter().filter(|record| filter::meets(world, of, record, filter));
    let mut records: Vec<_> = meets.collect();
    records.sort_by_key(|record| (record.created_at, record.id().to_owned()));
    records.iter().map(|record| record.id().to_owned()).collect()
}

async fn agree(client: &Client, world: &World, of: &Object, filter: &Value) -> Result<usize, String> {
    let (got, wanted) = (ids(client, of, filter).await?, wanted(world, of, filter));
    if got == wanted { Ok(got.len()) } else { Err(format!("{} {filter}\nwanted {wanted:?}\ngot    {got:?}", of.many)) }
}

fn setting(seed: u64) -> (tokio::runtime::Runtime, TestApp, Client, World) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (app, client, world) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.sign_up("ana").await;
        let world = World::create(&client, seed).await;
        (app, client, world)
    });
    (runtime, app, client, world)
}

#[test]
fn a_filter_and_its_not_part_the_records() {
    let (runtime, _app, client, world) = setting(6);
    for_tapes(250, 80, |tape| {
        let of = &OBJECTS[tape.below(OBJECTS.len())];
        let mut variables = Variables::default();
        let filter = filter::random(tape, &world, of, 3, &mut variables);
        let filter = filter.resolve(&variables.seen()).unwrap_or_default();
        runtime.block_on(async {
            let met = agree(&client, &world, of, &filter).await?;
            let unmet = agree(&client, &world, of, &json!({"not": filter})).await?;
            assert_eq!(met + unmet, world.live(of).len());
            agree(&client, &world, of, &json!({"not": {"not": filter}})).await.map(drop)
        })
    });
}

#[test]
fn every_operator_of_every_field_means_what_it_says() {
    let (runtime, _app, client, world) = setting(7);
    let mut tape = Tape::of_seed(8);
    for of in OBJECTS {
        for field in of.fields {
            for operator in filter::offered(field.kind) {
                for _ in 0..3 {
                    let name = if matches!(field.kind, Kind::One(_)) {
                        format!("{}Id", field.name)
                    } else {
                        field.name.into()
                    };
                    let operand = filter::plain_operand(&mut tape, &world, field.kind, operator);
                    let filter = json!({name: {*operator: operand}});
                    runtime.block_on(agree(&client, &world, of, &filter)).expect("agreement");
                }
            }
        }
    }
}

#[test]
fn neq_and_not_in_are_the_complements_of_eq_and_in() {
    let (runtime, _app, client, world) = setting(9);
    let mut tape = Tape::of_seed(10);
    for of in OBJECTS {
        let has = |field: &&Field| filter::offered(field.kind).contains(&"neq");
        for field in of.fields.iter().filter(has) {
            let name = if matches!(field.kind, Kind::One(_)) { format!("{}Id", field.name) } else { field.name.into() };
            for (positive, negative) in [("eq", "neq"), ("in", "notIn")] {
                if !filter::offered(field.kind).contains(&positive) {
                    continue;
                }
                let operand = filter::plain_operand(&mut tape, &world, field.kind, positive);
                let (with, without) = runtime.block_on(async {
                    let with = ids(&client, of, &json!({&name: {positive: operand}})).await.expect("ids");
                    (with, ids(&client, of, &json!({&name: {negative: operand}})).await.expect("ids"))
                });
                assert_eq!(with.len() + without.len(), world.live(of).len(), "{name} {operand}");
                assert!(with.iter().all(|id| !without.contains(id)));
            }
        }
    }
}

#[tokio::test]
async fn the_bin_is_seen_by_a_filter_on_deleted_at_alone() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let world = World::create(&ana, 11).await;
    for of in OBJECTS {
        let count = async |filter: Value| ids(&ana, of, &filter).await.expect("ids").len();
        let (all, live) = (world.all(of).len(), world.live(of).len());
        assert!(live < all);
        assert_eq!(count(json!({})).await, live);
        assert_eq!(count(json!({"deletedAt": {"isNull": true}})).await, live);
        assert_eq!(count(json!({"deletedAt": {"isNull": false}})).await, all - live);
        assert_eq!(count(json!({"deletedAt": {"gte": "2020-01-01T00:00:00Z"}})).await, all - live);
        let binned = json!({"deletedAt": {"isNull": false}});
        assert_eq!(count(json!({"and": [binned]})).await, all - live);
        assert_eq!(count(json!({"and": [{}, {"or": [binned]}]})).await, all - live);
        assert_eq!(count(json!({"or": [binned, {"deletedAt": {"isNull": true}}]})).await, all);
        assert_eq!(count(json!({"not": binned})).await, live);
        assert_eq!(count(json!({"not": {"and": [{"deletedAt": {"isNull": true}}]}})).await, all - live);
    }
    // Of related records it says nothing about the bin of the contacts.
    let related =
        ids(&ana, object("Contact"), &json!({"or": [{"company": {"deletedAt": {"isNull": true}}}, {}]})).await;
    assert_eq!(related.expect("ids").len(), world.live(object("Contact")).len());
}

#[tokio::test]
async fn a_bad_operand_is_refused_with_the_place_where_it_stands() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    crate::oracle::world::define_fields(&ana).await;
    for (of, literal, argument) in [
        ("contacts", "{id: {eq: \"7\"}}", "filter.id.eq"),
        ("contacts", "{companyId: {in: [\"nobody\"]}}", "filter.companyId.in.0"),
        ("contacts", "{company: {id: {eq: \"x\"}}}", "filter.company.id.eq"),
        ("contacts", "{birthday: {gt: \"2024-02-30\"}}", "filter.birthday.gt"),
        ("contacts", "{birthday: {gt: \"0000-01-01\"}}", "filter.birthday.gt"),
        ("contacts", "{seenAt: {lt: \"yesterday\"}}", "filter.seenAt.lt"),
        ("contacts", "{seenAt: {lt: \"0000-01-01T00:00:00Z\"}}", "filter.seenAt.lt"),
        ("contacts", "{seenAt: {lt: \"9999-12-31T23:59:59-23:00\"}}", "filter.seenAt.lt"),
        ("contacts", "{createdAt: {lt: \"2024-01-01\"}}", "filter.createdAt.lt"),
        ("contacts", "{ratio: {eq: \"1,5\"}}", "filter.ratio.eq"),
        ("contacts", "{ratio: {in: [\"1.5\", \"NaN\"]}}", "filter.ratio.in.1"),
        ("contacts", "{budget: {gte: \"a lot\"}}", "filter.budget.gte"),
        ("contacts", "{lastName: {ilike: \"a\\\\\"}}", "filter.lastName.ilike"),
        ("contacts", "{lastName: {eq: \"a\\u0000b\"}}", "filter.lastName.eq"),
        ("contacts", "{or: [{vip: {eq: true}}, {not: {id: {eq: \"7\"}}}]}", "filter.or.1.not.id.eq"),
        ("companies", "{contacts: {some: {birthday: {eq: \"soon\"}}}}", "filter.contacts.some.birthday.eq"),
    ] {
        let answer = ana.graphql(&format!("{{ {of}(filter: {literal}) {{ totalCount }} }}"), Value::Null).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{literal} {}", answer.body);
        let error = &answer.body["errors"][0];
        let place = error["extensions"]["argument"].as_str().or(error["message"].as_str()).unwrap_or_default();
        assert!(place.contains(argument), "{literal} {}", answer.body);
    }
}

#[tokio::test]
async fn an_explicit_null_is_refused_and_a_variable_left_out_drops_its_operator() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let world = World::create(&ana, 12).await;
    let live = world.live(object("Contact")).len();
    let query = "query($name: String, $ids: [ID!]) { contacts(filter: {lastName: {eq: $name}, id: {in: $ids}}) { totalCount } }";
    assert_eq!(ana.data(query, json!({})).await["contacts"]["totalCount"], live);
    for (variables, argument) in [(json!({"name": null}), "filter.lastName.eq"), (json!({"ids": null}), "filter.id.in")]
    {
        let refused = ana.graphql(query, variables).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["extensions"]["argument"], argument);
    }
    for filter in ["{lastName: {eq: null}}", "{lastName: null}", "{not: null}", "{company: null}"] {
        let refused = ana.graphql(&format!("{{ contacts(filter: {filter}) {{ totalCount }} }}"), Value::Null).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{filter} {}", refused.body);
    }
    // A null for the whole filter asks for nothing, as if it were left out.
    let whole = "query($filter: ContactFilter) { contacts(filter: $filter) { totalCount } }";
    for variables in [json!({}), json!({"filter": null}), json!({"filter": {}})] {
        assert_eq!(ana.data(whole, variables).await["contacts"]["totalCount"], live);
    }
}

#[tokio::test]
async fn a_value_that_was_good_once_is_checked_again_in_every_request() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let query = "query($f: ContactFilter, $n: Int) { contacts(filter: $f, first: $n) { totalCount } }";
    assert_eq!(ana.data(query, json!({"f": {"lastName": {"eq": "x"}}, "n": 1})).await["contacts"]["totalCount"], 0);
    for variables in [
        json!({"f": {"nothing": {"eq": "x"}}}),
        json!({"f": {"lastName": {"like": "x"}}}),
        json!({"f": {"lastName": {"eq": 7}}}),
        json!({"f": {"status": {"eq": "NOBODY"}}}),
        json!({"f": "lastName"}),
        json!({"f": [1, 2]}),
        json!({"n": "1"}),
        json!({"n": 1.5}),
        json!({"n": 3_000_000_000_i64}),
    ] {
        let refused = ana.graphql(query, variables.clone()).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{variables} {}", refused.body);
    }
}
