//! What catalogs and schemas take in memory and time. Not checks: they print. `bench/custom_fields/run.sh` runs them, alone and built for speed.

use std::{hint::black_box, time::Instant};

use rapport_domain::catalog::{
    Field, Object,
    registry::{ObjectRow, Registry, State},
};

use super::*;

const STANDARD: [&str; 5] = ["Company", "Contact", "Opportunity", "Activity", "Product"];
const TYPES: [&str; 5] = ["TEXT", "NUMBER", "SELECT", "DATE", "CURRENCY"];

/// `fields` custom fields, spread over five standard objects or over as many as there are of the tenant's own.
fn registry(objects: usize, fields: usize) -> Registry {
    let name = |n: usize| if objects == 0 { STANDARD[n % 5].to_owned() } else { format!("Thing{}", n % objects) };
    let rows = (0..fields).map(|n| field(&name(n), &format!("field{n}"), TYPES[n / 5 % 5], &["ONE", "TWO", "THREE"]));
    let objects = (0..objects).map(|n| ObjectRow {
        id: uuid::Uuid::now_v7(),
        name: format!("Thing{n}"),
        plural: format!("thing{n}s"),
        key: format!("thing{n}"),
        label: format!("Thing {n}"),
        label_plural: format!("Things {n}"),
        description: None,
        name_field: None,
        standard: false,
        state: State::Live,
    });
    Registry { objects: objects.collect(), fields: rows.collect(), ..Registry::default() }
}

const SIZES: [(usize, usize); 4] = [(0, 1), (0, 100), (0, 500), (50, 500)];

/// `cargo test --release -p rapport-api what_catalogs_cost -- --ignored --nocapture`
#[test]
#[ignore = "measures; run it by hand, alone"]
fn what_catalogs_cost() {
    println!("a Field is {} bytes, an Object {}", size_of::<Field>(), size_of::<Object>());
    for (objects, fields) in SIZES {
        let registry = registry(objects, fields);
        let own = each(500, || registry.fields.iter().filter_map(FieldRow::field).collect::<Vec<_>>());
        let owner = each(500, || Catalog::with(&registry));
        let both = each(500, || {
            let catalog = Catalog::with(&registry);
            for_member(catalog)
        });
        println!(
            "catalog, {objects} objects, {fields} fields: {} bytes ({} as owners see it, of that {} the fields alone), {:.0} us to build",
            both.bytes, owner.bytes, own.bytes, both.micros
        );
    }
}

/// `cargo test --release -p rapport-api what_schemas_cost -- --ignored --nocapture`
#[test]
#[ignore = "measures; run it by hand, alone"]
fn what_schemas_cost() {
    for (objects, fields) in SIZES {
        let catalog = Catalog::with(&registry(objects, fields));
        let schema = build(&catalog).expect("a graph");
        let (types, guess, text) = (schema.types, schema.weight(), schema.sdl().len());
        let cost = each(20, || build(&catalog).expect("a graph"));
        println!(
            "schema, {objects} objects, {fields} fields: {types} types, {text} bytes of SDL, {} bytes ({guess} estimated), {:.0} us to build",
            cost.bytes, cost.micros
        );
    }
}

struct Cost {
    /// Resident, with what the allocator loses.
    bytes: usize,
    /// The fastest.
    micros: f64,
}

/// What one of many costs that are all kept.
fn each<T>(many: usize, make: impl Fn() -> T) -> Cost {
    drop(black_box(make()));
    let (before, mut fastest) = (resident(), f64::MAX);
    let mut kept = Vec::with_capacity(many);
    for _ in 0..many {
        let started = Instant::now();
        kept.push(make());
        fastest = fastest.min(started.elapsed().as_secs_f64());
    }
    let bytes = resident().saturating_sub(before) / many;
    // Not given back: the next measure must not find memory that is free already.
    std::mem::forget(black_box(kept));
    Cost { bytes, micros: fastest * 1e6 }
}

fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
