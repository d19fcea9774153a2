use async_graphql_value::Value;
use rapport_domain::query::{AggregateArgs, Arg, ListArgs};
use serde_json::Value as Json;

use super::collect::Asked;

/// An argument of a field, variables and all.
pub fn arg(asked: &Asked<'_>, name: &str) -> Arg {
    asked.field.node.get_argument(name).map(|value| lowered(&value.node)).unwrap_or_default()
}

pub fn list(asked: &Asked<'_>) -> ListArgs {
    ListArgs {
        filter: arg(asked, "filter"),
        order_by: arg(asked, "orderBy"),
        first: arg(asked, "first"),
        after: arg(asked, "after"),
        last: arg(asked, "last"),
        before: arg(asked, "before"),
        offset: arg(asked, "offset"),
        exported: false,
    }
}

pub fn aggregate(asked: &Asked<'_>) -> AggregateArgs {
    AggregateArgs {
        filter: arg(asked, "filter"),
        group_by: arg(asked, "groupBy"),
        order_by: arg(asked, "orderBy"),
        first: arg(asked, "first"),
    }
}

fn lowered(value: &Value) -> Arg {
    match value {
        Value::Variable(name) => Arg::Variable(name.as_str().into()),
        Value::List(items) => {
            let items: Vec<Arg> = items.iter().map(lowered).collect();
            let plain: Option<Vec<Json>> = items.iter().map(constant).collect();
            plain.map_or(Arg::List(items), |plain| Arg::Value(Json::Array(plain)))
        }
        Value::Object(fields) => {
            let fields: Vec<(std::sync::Arc<str>, Arg)> =
                fields.iter().map(|(name, value)| (name.as_str().into(), lowered(value))).collect();
            let plain: Option<serde_json::Map<String, Json>> =
                fields.iter().map(|(name, value)| Some((name.to_string(), constant(value)?))).collect();
            plain.map_or(Arg::Object(fields), |plain| Arg::Value(Json::Object(plain)))
        }
        Value::Enum(name) => Arg::Value(Json::String(name.to_string())),
        Value::String(text) => Arg::Value(Json::String(text.clone())),
        Value::Number(number) => Arg::Value(Json::Number(number.clone())),
        Value::Boolean(is) => Arg::Value(Json::Bool(*is)),
        Value::Null | Value::Binary(_) => Arg::Value(Json::Null),
    }
}

fn constant(arg: &Arg) -> Option<Json> {
    if let Arg::Value(value) = arg { Some(value.clone()) } else { None }
}
