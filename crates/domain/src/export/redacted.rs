use serde_json::{Map, Value as Json, json};

use crate::{
    catalog::{Catalog, Kind, Object},
    record::input_name,
};

/// A filter as the log may keep it: without the values that sensitive fields were compared with. The log is not sealed, and is
/// read by people who may not read such fields.
pub fn redacted(catalog: &Catalog, object: &Object, filter: &Json) -> Json {
    let Json::Object(conditions) = filter else { return filter.clone() };
    let redact = |(name, condition): (&String, &Json)| (name.clone(), of_condition(catalog, object, name, condition));
    Json::Object(conditions.iter().map(redact).collect::<Map<_, _>>())
}

fn of_condition(catalog: &Catalog, object: &Object, name: &str, condition: &Json) -> Json {
    if let "and" | "or" | "not" = name {
        return each(condition, |part| redacted(catalog, object, part));
    }
    let Some(field) = object.fields().iter().find(|field| *field.name == *name || input_name(field) == name) else {
        return condition.clone();
    };
    match catalog.target(field) {
        _ if field.is_sensitive() => json!({ "redacted": true }),
        // `some`, `every` and `none` have a filter each; a record has its own conditions.
        Some(target) if matches!(field.kind, Kind::Many { .. }) => match condition {
            Json::Object(parts) => {
                Json::Object(parts.iter().map(|(how, part)| (how.clone(), redacted(catalog, target, part))).collect())
            }
            other => other.clone(),
        },
        Some(target) => redacted(catalog, target, condition),
        None => condition.clone(),
    }
}

fn each(parts: &Json, redact: impl Fn(&Json) -> Json) -> Json {
    match parts {
        Json::Array(parts) => Json::Array(parts.iter().map(redact).collect()),
        part => redact(part),
    }
}
