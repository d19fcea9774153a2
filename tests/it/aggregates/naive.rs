//! Groups and measures, one record after another.

use chrono::{DateTime, Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::{
    oracle::{
        filter,
        objects::{Field, Kind, Object, object},
        values::{Rank, exact, rank},
        world::{Record, World},
    },
    support::Tape,
};

#[derive(Debug)]
pub struct Asked {
    pub of: &'static Object,
    pub keys: Vec<Key>,
    pub measures: Vec<Measure>,
    pub filter: Value,
    pub first: Option<usize>,
    pub order_by: Value,
    pub totals: bool,
}

/// What records are grouped by.
#[derive(Debug)]
pub struct Key {
    /// `status`, `amountCurrency`.
    pub name: String,
    field: Field,
    bucket: Option<&'static str>,
    zone: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    function: &'static str,
    pub field: Measured,
}

/// A field that can be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    pub name: &'static str,
    pub kind: Kind,
}

#[derive(Debug)]
pub struct Group<'w> {
    keys: Vec<Value>,
    pub records: Vec<&'w Record>,
}

impl Key {
    pub fn random(tape: &mut Tape, of: &Object) -> Self {
        let groups = |field: &&Field| {
            !matches!(field.kind, Kind::Id | Kind::Tags(_) | Kind::Many { .. }) && field.name != "description"
        };
        let fields: Vec<&Field> = of.fields.iter().filter(groups).collect();
        let field = *tape.pick(&fields);
        let is_time = matches!(field.kind, Kind::Date | Kind::Moment);
        let bucket = is_time.then(|| tape.pick(&["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]));
        let zone = (field.kind == Kind::Moment)
            .then(|| tape.pick(&["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]));
        let name = if field.kind == Kind::Money { format!("{}Currency", field.name) } else { field.name.to_owned() };
        Self { name, field, bucket, zone }
    }

    pub fn asked(&self) -> Value {
        let mut options = json!({});
        if let Some(bucket) = self.bucket {
            options["bucket"] = json!(bucket);
        }
        if let Some(zone) = self.zone {
            options["timeZone"] = json!(zone);
        }
        json!({&self.name: options})
    }

    /// In `key { … }`.
    pub fn selection(&self) -> String {
        match self.field.kind {
            Kind::One(_) => format!("{0} {{ id }} {0}Id", self.name),
            _ => self.name.clone(),
        }
    }

    fn of(&self, record: &Record) -> Value {
        let value = record.value(self.field.name);
        match self.field.kind {
            Kind::One(_) => record.value(&format!("{}Id", self.field.name)).clone(),
            Kind::Money => value.get("currency").cloned().unwrap_or_default(),
            Kind::Date | Kind::Moment if !value.is_null() => {
                let text = value.as_str().expect("text");
                let day = if self.field.kind == Kind::Date {
                    text.parse().expect("a date")
                } else {
                    let zone: Tz = self.zone.unwrap_or("UTC").parse().expect("a zone");
                    DateTime::parse_from_rfc3339(text).expect("an instant").with_timezone(&zone).date_naive()
                };
                json!(truncated(day, self.bucket.unwrap_or("DAY")).to_string())
            }
            _ => value.clone(),
        }
    }

    /// By what groups are sorted; `None` where the group has no value.
    fn rank(&self, world: &World, value: &Value) -> Option<Rank> {
        match self.field.kind {
            Kind::One(target) => {
                let related = world.live(object(target)).into_iter().find(|record| record.value("id") == value)?;
                rank(Kind::Text, related.value("name"))
            }
            Kind::Moment => rank(Kind::Date, value),
            Kind::Money => rank(Kind::Text, value),
            kind => rank(kind, value),
        }
    }

    /// Contacts sort by a name that the product derives.
    fn is_ranked(&self) -> bool {
        self.field.kind != Kind::One("Contact")
    }
}

fn truncated(day: NaiveDate, bucket: &str) -> NaiveDate {
    let first = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).expect("a first");
    match bucket {
        "WEEK" => day - Days::new(day.weekday().num_days_from_monday().into()),
        "MONTH" => first(day.month()),
        "QUARTER" => first((day.month() - 1) / 3 * 3 + 1),
        "YEAR" => first(1),
        _ => day,
    }
}

impl Measure {
    pub fn random(tape: &mut Tape, of: &Object) -> Self {
        let function = tape.pick(&["sum", "avg", "min", "max", "countDistinct"]);
        let fits = |field: &&Field| match field.kind {
            Kind::Int | Kind::Number | Kind::Decimal => true,
            Kind::Money => function != "countDistinct",
            Kind::Date | Kind::Moment => !matches!(function, "sum" | "avg"),
            Kind::Text | Kind::Flag | Kind::Choice(_) | Kind::One(_) => function == "countDistinct",
            _ => false,
        };
        let fields: Vec<&Field> = of.fields.iter().filter(fits).collect();
        let field = tape.pick(&fields);
        Self { function, field: Measured { name: field.name, kind: field.kind } }
    }

    pub fn selection(&self) -> String {
        let parts = if self.field.kind == Kind::Money { " { value currency }" } else { "" };
        format!("{} {{ {}{parts} }}", self.function, self.field.name)
    }
}

pub fn random_order(tape: &mut Tape, keys: &[Key], measures: &[Measure]) -> Value {
    let direction = tape.pick(&["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST"]);
    match tape.below(4) {
        1 => json!([{"count": direction}]),
        2 if keys.iter().any(Key::is_ranked) => {
            let key = keys.iter().find(|key| key.is_ranked()).expect("one");
            json!([{"key": {&key.name: direction}}])
        }
        3 if !measures.is_empty() => json!([{measures[0].function: {measures[0].field.name: direction}}]),
        _ => Value::Null,
    }
}

pub fn total<'w>(world: &'w World, asked: &Asked) -> Group<'w> {
    let meets = |record: &&Record| filter::meets(world, asked.of, record, &asked.filter);
    Group { keys: Vec::new(), records: world.live(asked.of).into_iter().filter(meets).collect() }
}

pub fn groups<'w>(world: &'w World, asked: &Asked) -> Vec<Group<'w>> {
    let all = total(world, asked).records;
    if asked.keys.is_empty() {
        return vec![Group { keys: Vec::new(), records: all }];
    }
    let mut groups: Vec<Group> = Vec::new();
    for record in all {
        let keys: Vec<Value> = asked.keys.iter().map(|key| key.of(record)).collect();
        match groups.iter_mut().find(|group| group.keys == keys) {
            Some(group) => group.records.push(record),
            None => groups.push(Group { keys, records: vec![record] }),
        }
    }
    groups
}

impl Group<'_> {
    pub fn is_mixed(&self, asked: &Asked) -> bool {
        asked.measures.iter().filter(|measure| measure.field.kind == Kind::Money).any(|measure| {
            let mut currencies = self.values(measure).into_iter().map(|value| value["currency"].clone());
            let first = currencies.next();
            currencies.any(|currency| Some(currency) != first)
        })
    }

    pub fn has_key(&self, world: &World, asked: &Asked, got: &Value) -> bool {
        asked.keys.iter().zip(&self.keys).all(|(key, value)| match key.field.kind {
            Kind::One(target) => {
                let live = world.live(object(target)).iter().any(|record| record.value("id") == value);
                let related = if live { json!({"id": value}) } else { Value::Null };
                got[format!("{}Id", key.name)] == *value && got[&key.name] == related
            }
            Kind::Number => got[&key.name].as_f64() == value.as_f64(),
            _ => got[&key.name] == *value,
        })
    }

    pub fn has_measures(&self, asked: &Asked, got: &Value) -> Result<(), String> {
        for (at, measure) in asked.measures.iter().enumerate() {
            let (wanted, got) = (self.measure(measure), &got[format!("m{at}")][measure.field.name]);
            if !same(&wanted, got) {
                return Err(format!("{measure:?} wanted {wanted}, got {got}, of group {:?}", self.keys));
            }
        }
        Ok(())
    }

    fn values(&self, measure: &Measure) -> Vec<&Value> {
        let name = match measure.field.kind {
            Kind::One(_) => format!("{}Id", measure.field.name),
            _ => measure.field.name.to_owned(),
        };
        self.records.iter().map(|record| record.value(&name)).filter(|value| !value.is_null()).collect()
    }

    fn measure(&self, measure: &Measure) -> Value {
        let values = self.values(measure);
        let kind = measure.field.kind;
        if measure.function == "countDistinct" {
            let mut different: Vec<&Value> = Vec::new();
            for value in values {
                let same = |known: &&Value| match kind {
                    Kind::Text => **known == *value,
                    kind => rank(kind, known) == rank(kind, value),
                };
                if !different.iter().any(same) {
                    different.push(value);
                }
            }
            return json!(different.len());
        }
        if values.is_empty() {
            return Value::Null;
        }
        let by_rank = |a: &&&Value, b: &&&Value| rank(kind, a).partial_cmp(&rank(kind, b)).expect("values of one kind");
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let count = values.len() as f64;
        let number: f64 = match kind {
            Kind::Int | Kind::Number => values.iter().filter_map(|value| value.as_f64()).sum(),
            _ => 0.0,
        };
        match (measure.function, kind) {
            ("min", _) => (*values.iter().min_by(by_rank).expect("one")).clone(),
            ("max", _) => (*values.iter().max_by(by_rank).expect("one")).clone(),
            ("sum", Kind::Int | Kind::Number) => json!(number),
            ("avg", Kind::Int | Kind::Number) => json!(number / count),
            (function, Kind::Decimal) => {
                let sum: i128 = values.iter().map(|value| exact(value)).sum();
                #[expect(clippy::cast_precision_loss, reason = "compared with a tolerance")]
                let sum = sum as f64 / 1e9;
                json!((if function == "sum" { sum } else { sum / count }).to_string())
            }
            (function, _) => {
                let currency = values[0]["currency"].as_str().expect("a currency");
                let digits =
                    values[0]["value"].as_str().and_then(|value| value.split_once('.')).map_or(0, |(_, d)| d.len());
                let unit = 10_i128.pow(u32::try_from(9 - digits).expect("few digits"));
                let sum: i128 = values.iter().map(|value| exact(&value["value"]) / unit).sum();
                let n = i128::try_from(values.len()).expect("few");
                let minor = if function == "sum" { sum } else { (2 * sum + sum.signum() * n) / (2 * n) };
                let scale = 10_i128.pow(u32::try_from(digits).expect("few digits"));
                let sign = if minor < 0 { "-" } else { "" };
                let (whole, fraction) = (minor.abs() / scale, minor.abs() % scale);
                let value =
                    if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction:0digits$}") };
                json!({"value": value, "currency": currency})
            }
        }
    }
}

fn same(wanted: &Value, got: &Value) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(wanted), number(got)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0) && wanted.is_string() == got.is_string(),
        _ => wanted == got,
    }
}

/// Whether the groups shown are sorted as asked, and are the first ones.
pub fn is_sorted(world: &World, asked: &Asked, shown: &[&Group], all: &[Group]) -> Result<(), String> {
    let order = asked.order_by.get(0).and_then(|order| order.as_object()?.iter().next());
    let (what, inner) = order.map_or(("key", None), |(what, inner)| (what.as_str(), Some(inner)));
    let direction = match inner {
        None => "ASC",
        Some(Value::String(direction)) => direction,
        Some(inner) => inner.as_object().and_then(|inner| inner.values().next()?.as_str()).unwrap_or("ASC"),
    };
    let place = |group: &Group| -> Option<Rank> {
        match what {
            "count" => Some(Rank::Exact(i128::try_from(group.records.len()).expect("few"))),
            "key" => {
                let name = inner.and_then(|inner| inner.as_object()?.keys().next().cloned());
                let at = name.map_or(0, |name| asked.keys.iter().position(|key| key.name == name).expect("a key"));
                asked.keys.get(at)?.rank(world, &group.keys[at])
            }
            _ => {
                let measure = &asked.measures[0];
                let value = group.measure(measure);
                match measure.field.kind {
                    _ if value.is_null() => None,
                    kind @ (Kind::Date | Kind::Moment) if measure.function != "countDistinct" => rank(kind, &value),
                    Kind::Money => Some(Rank::Exact(exact(&value["value"]))),
                    _ => value.as_f64().or_else(|| value.as_str()?.parse().ok()).map(Rank::Number),
                }
            }
        }
    };
    if what == "key" && asked.keys.first().is_none_or(|key| !key.is_ranked()) {
        return Ok(());
    }
    let mut wanted: Vec<Option<Rank>> = all.iter().map(place).collect();
    let nulls_first = direction.ends_with("NULLS_FIRST");
    wanted.sort_by(|a, b| match (a, b) {
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(b).expect("of one kind");
            if direction.starts_with("DESC") { order.reverse() } else { order }
        }
        (a, b) => {
            if nulls_first {
                a.is_some().cmp(&b.is_some())
            } else {
                b.is_some().cmp(&a.is_some())
            }
        }
    });
    let got: Vec<Option<Rank>> = shown.iter().map(|group| place(group)).collect();
    if wanted[..got.len()] == got { Ok(()) } else { Err(format!("order wanted {wanted:?}\ngot {got:?}")) }
}
