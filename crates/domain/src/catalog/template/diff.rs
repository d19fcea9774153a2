//! What differs between what is there and what a template says, in words and as the registry's input.

use serde_json::{Map, Value as Json};

use crate::record::shown;

/// What it means that a template has nothing to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// There is to be nothing.
    Removes,
    Leaves,
}

#[derive(Debug, Default)]
pub(super) struct Difference {
    pub input: Map<String, Json>,
    /// `label "Course" → "Favourite course"`
    pub words: Vec<String>,
}

impl Difference {
    pub fn between(here: &Map<String, Json>, wanted: &Map<String, Json>, keys: &[&str], silence: Silence) -> Self {
        let mut difference = Self::default();
        for &key in keys {
            let (from, to) = (value(here, key), value(wanted, key));
            if is_same(from, to) || (to.is_null() && silence == Silence::Leaves) {
                continue;
            }
            difference.input.insert(key.to_owned(), to.clone());
            difference.words.push(match (from, to) {
                (Json::Array(from), Json::Array(to)) if key == "options" => options(from, to),
                _ => format!("{key} {} → {}", word(from), word(to)),
            });
        }
        difference
    }

    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }
}

fn value<'m>(map: &'m Map<String, Json>, key: &str) -> &'m Json {
    map.get(key).unwrap_or(&Json::Null)
}

fn word(value: &Json) -> String {
    if value.is_null() { "none".into() } else { shown(value) }
}

/// `options + PARK, - LINKS, HEATH label "Heath" → "Heathland"`
fn options(from: &[Json], to: &[Json]) -> String {
    let name = |option: &Json| option["value"].as_str().unwrap_or_default().to_owned();
    let find = |options: &[Json], value: &Json| options.iter().find(|option| option["value"] == *value).cloned();
    let mut words = Vec::new();
    for option in to {
        let Some(before) = find(from, &option["value"]) else {
            words.push(format!("+ {}", name(option)));
            continue;
        };
        for key in ["label", "color"].into_iter().filter(|key| before[key] != option[key]) {
            words.push(format!("{} {key} {} → {}", name(option), word(&before[key]), word(&option[key])));
        }
    }
    words.extend(
        from.iter().filter(|option| find(to, &option["value"]).is_none()).map(|gone| format!("- {}", name(gone))),
    );
    if words.is_empty() {
        words.push("in another order".into());
    }
    format!("options {}", words.join(", "))
}

/// Numbers are the same however they are written: the database writes them its own way.
fn is_same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(here: &Json, wanted: &Json, silence: Silence) -> Vec<String> {
        let keys = ["label", "help", "required", "default", "options"];
        Difference::between(here.as_object().unwrap(), wanted.as_object().unwrap(), &keys, silence).words
    }

    #[test]
    fn what_changes_is_said_key_by_key() {
        let here = json!({"label": "Course", "help": "Which?", "required": false, "default": 1.0});
        let wanted = json!({"label": "Favourite course", "required": true, "default": 1});
        assert_eq!(
            words(&here, &wanted, Silence::Removes),
            ["label \"Course\" → \"Favourite course\"", "help \"Which?\" → none", "required false → true"]
        );
        assert_eq!(words(&here, &json!({"help": null}), Silence::Leaves), Vec::<String>::new());
    }

    #[test]
    fn options_that_come_go_and_change_are_said_one_by_one() {
        let here = json!({"options": [{"value": "A", "label": "A"}, {"value": "B", "label": "B"}]});
        let wanted = json!({"options": [{"value": "C", "label": "C"}, {"value": "B", "label": "Bee", "color": "red"}]});
        assert_eq!(
            words(&here, &wanted, Silence::Removes),
            ["options + C, B label \"B\" → \"Bee\", B color none → \"red\", - A"]
        );
        let turned = json!({"options": [{"value": "B", "label": "B"}, {"value": "A", "label": "A"}]});
        assert_eq!(words(&here, &turned, Silence::Removes), ["options in another order"]);
    }
}
