//! Stand-in until the engine's own lands: answers the protocol's questions from two fields.

use std::sync::{Arc, LazyLock};

use async_graphql::{
    Value,
    dynamic::{Field, FieldFuture, FieldValue, InputValue, Object, Schema, TypeRef},
    parser::parse_query,
};
use bytes::Bytes;
use serde_json::json;

use super::request::{Answer, Outcome, Request};
use crate::{app::App, auth::Caller, http::request_id::RequestIds, limits::document};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let me = Field::new("me", TypeRef::named(TypeRef::STRING), |ctx| {
        let me = ctx.data::<Option<String>>().cloned().ok().flatten();
        FieldFuture::Value(me.map(FieldValue::value))
    });
    let echo = Field::new("echo", TypeRef::named(TypeRef::STRING), |ctx| {
        let text = ctx.args.get("text").and_then(|text| text.string().ok().map(str::to_owned));
        FieldFuture::Value(text.map(FieldValue::value))
    })
    .argument(InputValue::new("text", TypeRef::named_nn(TypeRef::STRING)));
    let touch = Field::new("touch", TypeRef::named(TypeRef::BOOLEAN), |_| {
        FieldFuture::Value(Some(FieldValue::value(Value::Boolean(true))))
    });
    Schema::build("Query", Some("Mutation"), None)
        .register(Object::new("Query").field(me).field(echo))
        .register(Object::new("Mutation").field(touch))
        .disable_suggestions()
        .finish()
        .expect("a valid schema")
});

/// Runs one request.
pub async fn execute(_app: &Arc<App>, caller: &Caller, request: Request, ids: &RequestIds) -> Answer {
    let error = |code: &'static str, message: String| Answer {
        body: Bytes::from(
            json!({"errors": [{"message": message, "extensions": {"code": code, "requestId": ids.request_id()}}]})
                .to_string(),
        ),
        outcome: Outcome::RequestError { code },
        http: None,
        mutation: false,
    };
    if let Err(large) = document::source(&request.query) {
        return error(document::DocumentTooLarge::CODE, large.to_string());
    }
    let parsed = match parse_query(&request.query) {
        Ok(parsed) => parsed,
        Err(failed) => return error("GRAPHQL_PARSE_FAILED", failed.to_string()),
    };
    if let Err(large) = document::document(&parsed) {
        return error(document::DocumentTooLarge::CODE, large.to_string());
    }
    for (_, operation) in parsed.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let variable = &variable.node;
            let given = request.variables.get(variable.name.node.as_str());
            if !variable.var_type.node.nullable
                && variable.default_value.is_none()
                && given.is_none_or(serde_json::Value::is_null)
            {
                return error("BAD_USER_INPUT", format!("variable ${} must not be null", variable.name.node));
            }
        }
    }
    let me = caller.member().map(|member| member.person.to_string());
    let mut run = async_graphql::Request::new(request.query)
        .variables(async_graphql::Variables::from_json(request.variables.into()))
        .data(me);
    if let Some(name) = request.operation_name {
        run = run.operation_name(name);
    }
    let response = SCHEMA.execute(run).await;
    if let Some(first) = response.errors.first() {
        return error("GRAPHQL_VALIDATION_FAILED", first.message.clone());
    }
    Answer {
        body: Bytes::from(serde_json::to_vec(&response).expect("a response is JSON")),
        outcome: Outcome::Complete,
        http: None,
        mutation: false,
    }
}
