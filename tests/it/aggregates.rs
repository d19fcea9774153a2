//! Counts, sums and groups, compared with naive ones.

mod naive;

use serde_json::{Value, json};

pub use self::naive::Asked;
use self::naive::{Group, Key, Measure};
use crate::{
    oracle::{
        filter,
        literal::Variables,
        objects::{Kind, OBJECTS, Object},
        world::World,
    },
    support::{Answer, Client, Tape, TestApp, for_tapes},
};

pub fn random(tape: &mut Tape, world: &World, of: &'static Object) -> Asked {
    let mut keys: Vec<Key> = Vec::new();
    for _ in 0..tape.below(3) {
        let key = Key::random(tape, of);
        if keys.iter().all(|known| known.name != key.name) {
            keys.push(key);
        }
    }
    let mut measures: Vec<Measure> = Vec::new();
    for _ in 0..tape.below(4) {
        let measure = Measure::random(tape, of);
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let mut variables = Variables::default();
    let filter = if tape.chance(40) { filter::random(tape, world, of, 1, &mut variables) } else { filter::any() };
    let filter = filter.resolve(&variables.seen()).unwrap_or_default();
    let has_money = measures.iter().any(|measure| measure.field.kind == Kind::Money);
    let first = (!has_money && tape.chance(40)).then(|| tape.below(4));
    let order_by = naive::random_order(tape, &keys, &measures);
    Asked { of, keys, measures, filter, first, order_by, totals: tape.chance(40) }
}

/// One measure a selection: `m0: sum { amount { value currency } }`.
fn query(asked: &Asked) -> String {
    let of = asked.of;
    let keys: Vec<String> = asked.keys.iter().map(Key::selection).collect();
    let key = if keys.is_empty() { "key { __typename }".to_owned() } else { format!("key {{ {} }}", keys.join(" ")) };
    let measures: Vec<String> =
        asked.measures.iter().enumerate().map(|(at, measure)| format!("m{at}: {}", measure.selection())).collect();
    let measures = measures.join(" ");
    let totals = if asked.totals { &*measures } else { "" };
    format!(
        "query($filter: {0}Filter, $groupBy: [{0}GroupBy!], $orderBy: [{0}AggregateOrder!], $first: Int) {{ \
         it: {1}Aggregate(filter: $filter, groupBy: $groupBy, orderBy: $orderBy, first: $first) {{ \
         totalCount hasMoreGroups groups {{ {key} count {measures} }} {totals} }} }}",
        of.name, of.many
    )
}

pub async fn ask(client: &Client, asked: &Asked) -> Answer {
    let group_by: Vec<Value> = asked.keys.iter().map(Key::asked).collect();
    let variables =
        json!({"filter": asked.filter, "groupBy": group_by, "orderBy": asked.order_by, "first": asked.first});
    client.graphql(&query(asked), variables).await
}

pub fn agree(world: &World, asked: &Asked, answer: &Answer) -> Result<(), String> {
    let wanted = naive::groups(world, asked);
    let total = naive::total(world, asked);
    let mixed = wanted.iter().chain(asked.totals.then_some(&total)).any(|group| group.is_mixed(asked));
    if mixed {
        return if answer.code() == "MIXED_CURRENCIES" { Ok(()) } else { Err("no MIXED_CURRENCIES".into()) };
    }
    if answer.body.get("errors").is_some() {
        return Err("refused".into());
    }
    let it = &answer.body["data"]["it"];
    if it["totalCount"] != total.records.len() {
        return Err(format!("totalCount is {}", total.records.len()));
    }
    let got = it["groups"].as_array().ok_or("no groups")?;
    let shown = asked.first.unwrap_or(usize::MAX).min(wanted.len());
    if got.len() != shown || it["hasMoreGroups"] != (shown < wanted.len()) {
        return Err(format!("{shown} of {} groups wanted", wanted.len()));
    }
    let mut found: Vec<&Group> = Vec::new();
    for group in got {
        let known = wanted.iter().find(|wanted| wanted.has_key(world, asked, &group["key"]));
        let known = known.ok_or_else(|| format!("no such group: {group}"))?;
        if found.iter().any(|earlier| std::ptr::eq(*earlier, known)) {
            return Err(format!("twice: {group}"));
        }
        if group["count"] != known.records.len() {
            return Err(format!("count {} in {group}", known.records.len()));
        }
        known.has_measures(asked, group)?;
        found.push(known);
    }
    if asked.totals {
        total.has_measures(asked, it)?;
    }
    // Groups that tie may come in any order: what they are sorted by may not.
    naive::is_sorted(world, asked, &found, &wanted)
}

#[test]
fn groups_and_measures_are_those_of_a_naive_count() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_app, client, world) = runtime.block_on(async {
        let app = TestApp::start().await;
        let client = app.sign_up("ana").await;
        let world = World::create(&client, 21).await;
        (app, client, world)
    });
    for_tapes(600, 60, |tape| {
        let of = &OBJECTS[tape.below(OBJECTS.len())];
        let asked = random(tape, &world, of);
        let answer = runtime.block_on(ask(&client, &asked));
        agree(&world, &asked, &answer)
            .map_err(|why| format!("{why}\n{}\n{asked:?}\ngot {}", query(&asked), answer.body))
    });
}

async fn opened(client: &Client, moments: &[&str]) {
    let inputs: Vec<Value> = moments.iter().map(|at| json!({"name": at, "openedAt": at})).collect();
    let create = "mutation($inputs: [OpportunityCreateInput!]!) { createOpportunities(inputs: $inputs) { results { outcome } } }";
    client.data(create, json!({"inputs": inputs})).await;
}

async fn buckets(client: &Client, bucket: &str, zone: &str) -> Vec<(String, i64)> {
    let query = format!(
        "{{ it: opportunitiesAggregate(groupBy: [{{openedAt: {{bucket: {bucket}, timeZone: \"{zone}\"}}}}]) {{ groups {{ key {{ openedAt }} count }} }} }}"
    );
    let data = client.data(&query, Value::Null).await;
    let groups = data["it"]["groups"].as_array().expect("groups").clone();
    let one = |group: &Value| {
        (group["key"]["openedAt"].as_str().unwrap_or("none").to_owned(), group["count"].as_i64().expect("a count"))
    };
    groups.iter().map(one).collect()
}

fn pairs(wanted: &[(&str, i64)]) -> Vec<(String, i64)> {
    wanted.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect()
}

#[tokio::test]
async fn buckets_begin_at_midnight_of_the_zone_also_when_clocks_change() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    // In Berlin: 31 March 00:30 and, after the clocks went forward, 23:59; 1 April 00:00; 27 October 00:30 and 23:30, an
    // hour longer a day; New Year 00:30.
    opened(
        &ana,
        &[
            "2024-03-30T23:30:00Z",
            "2024-03-31T21:59:59Z",
            "2024-03-31T22:00:00Z",
            "2024-10-26T22:30:00Z",
            "2024-10-27T22:30:00Z",
            "2024-12-31T23:30:00Z",
        ],
    )
    .await;
    opened(&ana, &[]).await;
    let berlin = "Europe/Berlin";
    let days = [("2024-03-31", 2), ("2024-04-01", 1), ("2024-10-27", 2), ("2025-01-01", 1)];
    assert_eq!(buckets(&ana, "DAY", berlin).await, pairs(&days));
    assert_eq!(
        buckets(&ana, "WEEK", berlin).await,
        pairs(&[("2024-03-25", 2), ("2024-04-01", 1), ("2024-10-21", 2), ("2024-12-30", 1)])
    );
    assert_eq!(
        buckets(&ana, "MONTH", berlin).await,
        pairs(&[("2024-03-01", 2), ("2024-04-01", 1), ("2024-10-01", 2), ("2025-01-01", 1)])
    );
    assert_eq!(
        buckets(&ana, "QUARTER", berlin).await,
        pairs(&[("2024-01-01", 2), ("2024-04-01", 1), ("2024-10-01", 2), ("2025-01-01", 1)])
    );
    assert_eq!(buckets(&ana, "YEAR", berlin).await, pairs(&[("2024-01-01", 5), ("2025-01-01", 1)]));
    assert_eq!(buckets(&ana, "YEAR", "UTC").await, pairs(&[("2024-01-01", 6)]));
    assert_eq!(buckets(&ana, "YEAR", "Pacific/Kiritimati").await, pairs(&[("2024-01-01", 5), ("2025-01-01", 1)]));
}

#[tokio::test]
async fn over_nothing_counts_are_zero_and_sums_are_null() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let query = "{ it: opportunitiesAggregate(groupBy: [{status: {}}]) { totalCount hasMoreGroups groups { count } \
                 sum { amount { value } probability } avg { probability } min { openedAt } countDistinct { name } } }";
    let it = ana.data(query, Value::Null).await["it"].clone();
    assert_eq!(
        it,
        json!({"totalCount": 0, "hasMoreGroups": false, "groups": [], "sum": {"amount": null, "probability": null},
               "avg": {"probability": null}, "min": {"openedAt": null}, "countDistinct": {"name": 0}})
    );
}

#[tokio::test]
async fn amounts_of_several_currencies_are_never_added() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = "mutation($inputs: [OpportunityCreateInput!]!) { createOpportunities(inputs: $inputs) { results { outcome } } }";
    let money = |value: &str, currency: &str| json!({"name": "x", "amount": {"value": value, "currency": currency}});
    let inputs = json!([money("10.50", "EUR"), money("1.25", "EUR"), money("7", "JPY"), {"name": "none"}]);
    ana.data(create, json!({"inputs": inputs})).await;
    for function in ["sum", "avg", "min", "max"] {
        let query = format!("{{ it: opportunitiesAggregate {{ {function} {{ amount {{ value currency }} }} }} }}");
        let refused = ana.graphql(&query, Value::Null).await;
        assert_eq!(refused.code(), "MIXED_CURRENCIES", "{}", refused.body);
        let query = format!(
            "{{ it: opportunitiesAggregate(filter: {{amount: {{currency: {{eq: \"EUR\"}}}}}}) {{ {function} {{ amount {{ value currency }} }} }} }}"
        );
        let value = ana.data(&query, Value::Null).await["it"][function]["amount"].clone();
        let wanted = match function {
            "sum" => "11.75",
            "avg" => "5.88",
            "min" => "1.25",
            _ => "10.50",
        };
        assert_eq!(value, json!({"value": wanted, "currency": "EUR"}), "{function}");
    }
    let query = "{ it: opportunitiesAggregate(groupBy: [{amountCurrency: {}}]) { groups { key { amountCurrency } count sum { amount { value currency } } } } }";
    assert_eq!(
        ana.data(query, Value::Null).await["it"]["groups"],
        json!([
            {"key": {"amountCurrency": "EUR"}, "count": 2, "sum": {"amount": {"value": "11.75", "currency": "EUR"}}},
            {"key": {"amountCurrency": "JPY"}, "count": 1, "sum": {"amount": {"value": "7", "currency": "JPY"}}},
            {"key": {"amountCurrency": null}, "count": 1, "sum": {"amount": null}},
        ])
    );
}

#[tokio::test]
async fn groups_sort_by_the_value_of_their_amounts_not_by_minor_units() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = "mutation($inputs: [OpportunityCreateInput!]!) { createOpportunities(inputs: $inputs) { results { outcome } } }";
    let money = |value: &str, currency: &str| json!({"name": "x", "amount": {"value": value, "currency": currency}});
    ana.data(create, json!({"inputs": [money("3", "KWD"), money("20", "JPY"), money("7", "EUR")]})).await;
    let query = "{ it: opportunitiesAggregate(groupBy: [{amountCurrency: {}}], orderBy: [{sum: {amount: DESC}}]) { groups { key { amountCurrency } } } }";
    let groups = ana.data(query, Value::Null).await["it"]["groups"].clone();
    let currencies: Vec<_> =
        groups.as_array().expect("groups").iter().map(|group| group["key"]["amountCurrency"].clone()).collect();
    assert_eq!(currencies, ["JPY", "EUR", "KWD"]);
}

#[tokio::test]
async fn a_grouping_that_makes_no_sense_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (arguments, argument) in [
        ("groupBy: [{openedAt: {timeZone: \"Mars/Olympus\"}}]", "groupBy.0.openedAt.timeZone"),
        ("groupBy: [{status: {}}, {status: {}}]", "groupBy.1.status"),
        ("orderBy: [{key: {status: ASC}}]", "orderBy.0.key.status"),
        ("orderBy: [{count: ASC}, {key: {stage: ASC}}], groupBy: [{status: {}}]", "orderBy.1.key.stage"),
        ("filter: {or: [{}, {owner: {id: {eq: \"7\"}}}]}", "filter.or.1.owner.id.eq"),
        ("first: -1", "first"),
        ("first: 10001", "first"),
    ] {
        let refused = ana
            .graphql(&format!("{{ opportunitiesAggregate({arguments}) {{ groups {{ count }} }} }}"), Value::Null)
            .await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{arguments} {}", refused.body);
        assert_eq!(refused.body["errors"][0]["extensions"]["argument"], argument, "{}", refused.body);
    }
}
