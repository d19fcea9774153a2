//! Executes a document word by word, as the language's specification describes it.

use serde_json::{Map, Value, json};

use super::{
    document::{self, Directive, Document, Field, Selection},
    filter,
    literal::Literal,
    objects::{Kind, OBJECTS, Object, object},
    order,
    world::{Record, World},
};

/// Stands for any cursor.
pub const CURSOR: &str = "<cursor>";

pub fn answer(world: &World, document: &Document) -> Value {
    let variables = document.variables.seen();
    let run = Run { world, document, variables };
    run.object(&[&document.selections], |field| {
        if field.name == "__typename" {
            return json!("Query");
        }
        if let Some(of) = OBJECTS.iter().find(|of| of.one == field.name) {
            let id = run.argument(field, "id");
            let record = world.live(of).into_iter().find(|record| *record.value("id") == id);
            record.map_or(Value::Null, |record| run.record(of, record, &Run::same(field)))
        } else {
            let of = OBJECTS.iter().find(|of| of.many == field.name).expect("a root field");
            run.connection(of, world.live(of), field)
        }
    })
}

/// Where wrong arguments stand: the keys of the answer that lead to each, and its place in there.
pub fn wrong_arguments(world: &World, document: &Document) -> Vec<(Vec<String>, &'static str)> {
    let run = Run { world, document, variables: document.variables.seen() };
    let mut found = Vec::new();
    run.wrong_arguments(&[&document.selections], &[], &mut found);
    found
}

struct Run<'r> {
    world: &'r World,
    document: &'r Document,
    variables: Map<String, Value>,
}

/// A field, with all the selections asked of it in different places.
#[derive(Clone)]
struct Asked<'d> {
    field: &'d Field,
    sets: Vec<&'d [Selection]>,
}

impl std::ops::Deref for Asked<'_> {
    type Target = Field;

    fn deref(&self) -> &Field {
        self.field
    }
}

impl<'r> Run<'r> {
    fn object(&self, sets: &[&'r [Selection]], value: impl Fn(&Asked<'r>) -> Value) -> Value {
        let mut asked: Vec<(String, Asked<'r>)> = Vec::new();
        for set in sets {
            self.collect(set, &mut asked);
        }
        Value::Object(asked.into_iter().map(|(key, field)| (key, value(&field))).collect())
    }

    fn wrong_arguments(
        &self,
        sets: &[&'r [Selection]],
        above: &[String],
        found: &mut Vec<(Vec<String>, &'static str)>,
    ) {
        let mut asked: Vec<(String, Asked<'r>)> = Vec::new();
        for set in sets {
            self.collect(set, &mut asked);
        }
        for (key, asked) in asked {
            let path = [above, &[key]].concat();
            if let Some(place) = document::wrong(&asked) {
                found.push((path.clone(), place));
            }
            self.wrong_arguments(&asked.sets, &path, found);
        }
    }

    fn collect(&self, set: &'r [Selection], asked: &mut Vec<(String, Asked<'r>)>) {
        for selection in set {
            match selection {
                Selection::Field(field) if self.wanted(&field.directives) => {
                    let key = field.alias.clone().unwrap_or_else(|| field.name.clone());
                    match asked.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => known.sets.push(&field.selections),
                        None => asked.push((key, Asked { field, sets: vec![&field.selections] })),
                    }
                }
                Selection::Inline { directives, selections, .. } if self.wanted(directives) => {
                    self.collect(selections, asked);
                }
                Selection::Spread { fragment, directives } if self.wanted(directives) => {
                    self.collect(&self.document.fragments[*fragment].selections, asked);
                }
                _ => {}
            }
        }
    }

    fn wanted(&self, directives: &[Directive]) -> bool {
        directives
            .iter()
            .all(|directive| directive.condition.resolve(&self.variables) == Some(Value::Bool(directive.include)))
    }

    fn same(asked: &Asked<'r>) -> Vec<&'r [Selection]> {
        asked.sets.clone()
    }

    /// Null where it was left out.
    fn argument(&self, field: &Field, name: &str) -> Value {
        let given = field.arguments.iter().find(|(known, _)| known == name);
        given.and_then(|(_, value): &(String, Literal)| value.resolve(&self.variables)).unwrap_or_default()
    }

    fn connection(&self, of: &'static Object, candidates: Vec<&Record>, asked: &Asked<'r>) -> Value {
        let filter = self.argument(asked, "filter");
        let mut records: Vec<&Record> =
            candidates.into_iter().filter(|record| filter::meets(self.world, of, record, &filter)).collect();
        order::sort(self.world, of, &mut records, &self.argument(asked, "orderBy"));
        let total = records.len();
        let number = |name: &str| self.argument(asked, name).as_u64().map(|n| usize::try_from(n).expect("small"));
        let offset = number("offset").unwrap_or(0);
        let (from, to) = match number("last") {
            Some(last) => (total.saturating_sub(last), total),
            None => (offset.min(total), (offset + number("first").unwrap_or(50)).min(total)),
        };
        let has_previous = if number("last").is_some() { from > 0 } else { offset > 0 };
        let page = &records[from..to];
        self.object(&asked.sets, |field| match field.name.as_str() {
            "nodes" => page.iter().map(|record| self.record(of, record, &Self::same(field))).collect(),
            "edges" => page.iter().map(|record| self.edge(of, record, field)).collect(),
            "pageInfo" => self.object(&field.sets, |field| match field.name.as_str() {
                "hasNextPage" => json!(to < total),
                "hasPreviousPage" => json!(has_previous),
                "__typename" => json!("PageInfo"),
                _ => {
                    if page.is_empty() {
                        Value::Null
                    } else {
                        json!(CURSOR)
                    }
                }
            }),
            "totalCount" => json!(total),
            _ => json!(format!("{}Connection", of.name)),
        })
    }

    fn edge(&self, of: &'static Object, record: &Record, asked: &Asked<'r>) -> Value {
        self.object(&asked.sets, |field| match field.name.as_str() {
            "node" => self.record(of, record, &Self::same(field)),
            "cursor" => json!(CURSOR),
            _ => json!(format!("{}Edge", of.name)),
        })
    }

    fn record(&self, of: &'static Object, record: &Record, sets: &[&'r [Selection]]) -> Value {
        self.object(sets, |asked| {
            let name = asked.name.as_str();
            if name == "__typename" {
                return json!(of.name);
            }
            if !of.has(name) {
                return record.value(name).clone();
            }
            match of.field(name).kind {
                Kind::One(target) => match self.world.one(record, name, target) {
                    Some(related) => self.record(object(target), related, &Self::same(asked)),
                    None => Value::Null,
                },
                Kind::Many { target, via } => {
                    let of = object(target);
                    self.connection(of, self.world.many(record.id(), of, via), asked)
                }
                Kind::Money if !record.value(name).is_null() => {
                    self.object(&asked.sets, |part| match part.name.as_str() {
                        "__typename" => json!("Money"),
                        part => record.value(name)[part].clone(),
                    })
                }
                _ => record.value(name).clone(),
            }
        })
    }
}

/// Whether two answers are the same to a client: keys in the same order, cursors whatever they are.
pub fn same(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::String(cursor), Value::String(text)) if cursor == CURSOR => !text.is_empty(),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((key, a), (other, b))| key == other && same(a, b))
        }
        (a, b) => a == b,
    }
}
