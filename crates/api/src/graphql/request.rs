//! A GraphQL request as it came over HTTP, and the answer on its way back.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::http::Client;

/// What a client asks, checked for form only.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Map<String, Value>,
    pub extensions: Map<String, Value>,
    /// Where it comes from; sign-in and sign-up charge it, sessions are shown with it.
    pub from: Client,
}

/// The whole answer, ready to send.
#[derive(Debug, Clone)]
pub struct Answer {
    /// JSON with `data`, `errors`, `extensions` as the outcome says; no `data` key in a request error.
    pub body: Bytes,
    pub outcome: Outcome,
    /// A status that holds whatever the media type (429, 503).
    pub http: Option<u16>,
    /// It was a mutation that ran.
    pub mutation: bool,
    /// Version of the workspace's metadata after it.
    pub metadata_version: Option<i64>,
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Ran without an error.
    Complete,
    /// Ran; some fields failed. `data` may be null when the failure reached the root.
    Partial,
    /// Did not run: it does not parse, does not validate, names no operation, breaks a limit, lacks a sign-in.
    RequestError { code: &'static str },
}

/// The request is no GraphQL request: says which member is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    #[error("the body is no JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("the body must be a JSON object, not a batch or a bare value")]
    NotAnObject,
    #[error("query is missing")]
    NoQuery,
    #[error("{member} must be {expected}")]
    WrongType { member: &'static str, expected: &'static str },
    #[error("{member} is no JSON")]
    NotJsonParameter { member: &'static str },
    #[error("{member} is given twice")]
    Twice { member: &'static str },
}

impl Outcome {
    /// For those who count.
    pub fn code(self) -> &'static str {
        match self {
            Self::Complete => "OK",
            Self::Partial => "PARTIAL",
            Self::RequestError { code } => code,
        }
    }
}

impl Request {
    /// Reads the body of a POST.
    pub fn from_json(body: &[u8], from: Client) -> Result<Self, BadRequest> {
        let value = serde_json::from_slice(body)
            .map_err(|error| BadRequest::NotJson { line: error.line(), column: error.column() })?;
        match value {
            Value::Object(members) => Self::from_members(members, from),
            _ => Err(BadRequest::NotAnObject),
        }
    }

    /// Reads the parameters of a GET.
    pub fn from_parameters(parameters: Vec<(String, String)>, from: Client) -> Result<Self, BadRequest> {
        let mut members = Map::new();
        for (name, value) in parameters {
            let Some(member) = MEMBERS.into_iter().find(|member| *member == name) else {
                continue;
            };
            if value.is_empty() && member != "query" {
                continue;
            }
            let value = match member {
                "query" | "operationName" => Value::String(value),
                _ => serde_json::from_str(&value).map_err(|_| BadRequest::NotJsonParameter { member })?,
            };
            if members.insert(name, value).is_some() {
                return Err(BadRequest::Twice { member });
            }
        }
        Self::from_members(members, from)
    }

    fn from_members(mut members: Map<String, Value>, from: Client) -> Result<Self, BadRequest> {
        let query = match members.remove("query") {
            Some(Value::String(query)) if !query.is_empty() => query,
            None | Some(Value::Null | Value::String(_)) => return Err(BadRequest::NoQuery),
            Some(_) => return Err(wrong("query", "a string")),
        };
        let operation_name = match members.remove("operationName") {
            None | Some(Value::Null) => None,
            // What many clients send for none.
            Some(Value::String(name)) if name.is_empty() => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(wrong("operationName", "a string")),
        };
        Ok(Self {
            query,
            operation_name,
            variables: object(members.remove("variables"), "variables")?,
            extensions: object(members.remove("extensions"), "extensions")?,
            from,
        })
    }
}

const MEMBERS: [&str; 4] = ["query", "operationName", "variables", "extensions"];

fn object(value: Option<Value>, member: &'static str) -> Result<Map<String, Value>, BadRequest> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(wrong(member, "an object")),
    }
}

fn wrong(member: &'static str, expected: &'static str) -> BadRequest {
    BadRequest::WrongType { member, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from() -> Client {
        Client::from(std::net::IpAddr::from([192, 0, 2, 1]))
    }

    fn message(body: &str) -> String {
        Request::from_json(body.as_bytes(), from()).expect_err(body).to_string()
    }

    #[test]
    fn every_wrong_body_says_what_is_wrong() {
        for (body, expected) in [
            ("", "the body is no JSON (line 1, column 0)"),
            ("{\"query\":", "the body is no JSON (line 1, column 9)"),
            ("[]", "the body must be a JSON object, not a batch or a bare value"),
            ("7", "the body must be a JSON object, not a batch or a bare value"),
            ("{}", "query is missing"),
            ("{\"query\":null}", "query is missing"),
            ("{\"query\":\"\"}", "query is missing"),
            ("{\"query\":7}", "query must be a string"),
            ("{\"query\":\"{a}\",\"operationName\":7}", "operationName must be a string"),
            ("{\"query\":\"{a}\",\"variables\":[]}", "variables must be an object"),
            ("{\"query\":\"{a}\",\"variables\":\"{}\"}", "variables must be an object"),
            ("{\"query\":\"{a}\",\"extensions\":true}", "extensions must be an object"),
        ] {
            assert_eq!(message(body), expected, "{body}");
        }
        assert!(Request::from_json(b"{\"query\":\"\xff\"}", from()).is_err());
        let deep = format!("{{\"query\":\"{{a}}\",\"variables\":{}", "[".repeat(10_000));
        assert!(message(&deep).starts_with("the body is no JSON"));
    }

    #[test]
    fn nulls_and_unknown_members_are_fine() {
        let body = br#"{"query":"{a}","operationName":null,"variables":null,"extensions":null,"id":1}"#;
        let request = Request::from_json(body, from()).expect("a request");
        assert_eq!((request.operation_name, request.variables.len()), (None, 0));
    }

    #[test]
    fn parameters_of_a_get_are_read_alike() {
        let get = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            Request::from_parameters(pairs, from())
        };
        let request = get(&[("query", "{a}"), ("variables", "{\"x\":1}"), ("operationName", ""), ("utm", "1")]);
        assert_eq!(request.expect("a request").variables["x"], 1);
        assert_eq!(get(&[]), Err(BadRequest::NoQuery));
        assert_eq!(get(&[("query", "{a}"), ("query", "{b}")]), Err(BadRequest::Twice { member: "query" }));
        let member = "variables";
        assert_eq!(get(&[("query", "{a}"), (member, "{")]), Err(BadRequest::NotJsonParameter { member }));
        assert_eq!(get(&[("query", "{a}"), (member, "[]")]), Err(wrong(member, "an object")));
    }
}
