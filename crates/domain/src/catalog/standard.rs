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
    kind::{Choice, Kind},
    object::Object,
    rule::Becomes,
    types::{self, FieldType},
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

pub(super) fn text(name: &str) -> Field {
    of(name, &types::text::Type)
}

fn long_text(name: &str) -> Field {
    of(name, &types::long_text::Type)
}

fn email(name: &str) -> Field {
    of(name, &types::email::Type)
}

fn phone(name: &str) -> Field {
    of(name, &types::phone::Type)
}

fn url(name: &str) -> Field {
    of(name, &types::url::Type)
}

fn address(name: &str) -> Field {
    of(name, &types::address::Type)
}

pub(super) fn integer(name: &str) -> Field {
    of(name, &types::integer::Type)
}

fn number(name: &str) -> Field {
    of(name, &types::number::Type)
}

fn money(name: &str) -> Field {
    of(name, &types::currency::Type)
}

fn boolean(name: &str) -> Field {
    of(name, &types::boolean::Type)
}

fn date(name: &str) -> Field {
    of(name, &types::date::Type)
}

pub(super) fn date_time(name: &str) -> Field {
    of(name, &types::date_time::Type)
}

fn one(name: &str, target: &str) -> Field {
    Field::new(name, Kind::One(target.into()))
}

fn select(name: &str, choices: &[(&str, &str)]) -> Field {
    let choice = |(value, label): &(&str, &str)| Choice { value: (*value).into(), label: (*label).into(), color: None };
    let kind = Kind::of(&types::select::Type).with_choices(choices.iter().map(choice).collect());
    Field::new(name, kind)
}

fn of(name: &str, ty: &'static dyn FieldType) -> Field {
    Field::new(name, Kind::of(ty))
}
