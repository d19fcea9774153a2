//! The standard objects, one declaration each. To add one: a file here, a line below, its table in
//! `migrations/tenant/`. Its operations, filters, sorts, aggregates, import and events follow.

mod activity;
mod company;
mod contact;
mod line_item;
mod opportunity;
mod pipeline;
mod product;
mod stage;
mod team;
mod user;

use std::sync::{Arc, LazyLock};

use super::{
    field::Field,
    kind::{Choice, Choices, Kind},
    object::Object,
    rule::Becomes,
};

/// Made once: catalogs share what their tenants did not change.
static OBJECTS: LazyLock<Vec<Arc<Object>>> = LazyLock::new(|| {
    let objects = [
        company::declare(),
        contact::declare(),
        opportunity::declare(),
        line_item::declare(),
        pipeline::declare(),
        stage::declare(),
        product::declare(),
        activity::declare(),
        user::declare(),
        team::declare(),
    ];
    objects.into_iter().map(Arc::new).collect()
});

pub(super) fn objects() -> Vec<Arc<Object>> {
    OBJECTS.clone()
}

fn text(name: &str) -> Field {
    Field::new(name, Kind::Text)
}

fn long_text(name: &str) -> Field {
    Field::new(name, Kind::LongText)
}

fn integer(name: &str) -> Field {
    Field::new(name, Kind::Integer)
}

fn money(name: &str) -> Field {
    Field::new(name, Kind::Currency)
}

fn boolean(name: &str) -> Field {
    Field::new(name, Kind::Boolean)
}

fn date(name: &str) -> Field {
    Field::new(name, Kind::Date)
}

fn date_time(name: &str) -> Field {
    Field::new(name, Kind::DateTime)
}

fn one(name: &str, target: &str) -> Field {
    Field::new(name, Kind::One(target.into()))
}

fn select(name: &str, choices: &[(&str, &str)]) -> Field {
    let choices = choices
        .iter()
        .map(|(value, label)| Choice { value: (*value).into(), label: (*label).into(), color: None })
        .collect();
    Field::new(name, Kind::Select(Arc::new(Choices(choices))))
}
