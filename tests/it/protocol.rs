//! GraphQL over HTTP: what is answered to whatever a client sends.

use std::path::Path;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
const TYPENAME: &str = "{ __typename }";

fn post(app: &TestApp) -> RequestBuilder {
    app.request(Method::POST, "/graphql")
}

fn asking(app: &TestApp, query: &str) -> RequestBuilder {
    post(app).json(&json!({ "query": query }))
}

fn get(app: &TestApp, parameters: &[(&str, &str)]) -> RequestBuilder {
    let encode =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat() };
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    app.request(Method::GET, &format!("/graphql?{}", pairs.join("&")))
}

fn many(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(" ")
}

/// Status and code of an error; there must be no `data`, and there must be a request id.
async fn refused(request: RequestBuilder) -> (u16, String) {
    let answer = Answer::of(request).await;
    assert!(answer.body.get("data").is_none(), "{answer:?}");
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(1), "{answer:?}");
    assert!(answer.body["errors"][0]["extensions"]["requestId"].is_string(), "{answer:?}");
    (answer.status, answer.code().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn the_answer_comes_in_the_media_type_that_was_asked_for() {
    let app = TestApp::start().await;
    for (accept, expected) in [
        (GRAPHQL_RESPONSE, "application/graphql-response+json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        (
            "application/graphql-response+json, application/json;q=0.9",
            "application/graphql-response+json; charset=utf-8",
        ),
    ] {
        let answer = Answer::of(asking(&app, TYPENAME).header("accept", accept)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, expected), "{accept}");
        assert_eq!(answer.body, json!({"data": {"__typename": "Query"}}));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
    }
    for accept in ["text/html", "text/event-stream", "application/json;q=0"] {
        assert_eq!(refused(asking(&app, TYPENAME).header("accept", accept)).await, is(406, "NOT_ACCEPTABLE"));
    }
}

#[tokio::test]
async fn a_get_asks_and_never_changes() {
    let app = TestApp::start().await;
    let answer = Answer::of(get(&app, &[("query", TYPENAME), ("variables", "{}")])).await;
    assert_eq!((answer.status, &answer.body["data"]["__typename"]), (200, &json!("Query")));

    for (query, name) in [
        ("mutation { __typename }", ""),
        ("query A { __typename } mutation B { __typename }", "B"),
        ("subscription { __typename }", ""),
    ] {
        let answer = Answer::of(get(&app, &[("query", query), ("operationName", name)])).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{query}");
        assert!(answer.body.get("data").is_none());
    }
    let both = "query A { __typename } mutation B { __typename }";
    let answer = Answer::of(get(&app, &[("query", both), ("operationName", "A")])).await;
    assert_eq!(answer.status, 200);

    let long = format!("{{ __typename }} # {}", "x".repeat(6_000));
    assert_eq!(refused(get(&app, &[("query", &long)])).await, is(414, "URI_TOO_LONG"));
}

#[tokio::test]
async fn other_methods_are_not_taken() {
    let app = TestApp::start().await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE, Method::OPTIONS, Method::HEAD] {
        let request = app.request(method.clone(), "/graphql").json(&json!({"query": "mutation { __typename }"}));
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"), "{method}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_cannot_send_an_operation() {
    let app = TestApp::start().await;
    let body = r#"{"query":"mutation { __typename }"}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "application/graphql",
        "application/json; charset=iso-8859-1",
        "",
    ] {
        let request = post(&app).header("content-type", kind).body(body);
        assert_eq!(refused(request).await, is(415, "UNSUPPORTED_MEDIA_TYPE"), "{kind}");
    }
    assert_eq!(refused(post(&app).body(body)).await, is(415, "UNSUPPORTED_MEDIA_TYPE"));
    let packed = post(&app).header("content-type", "application/json").header("content-encoding", "gzip").body(body);
    assert_eq!(refused(packed).await, is(415, "UNSUPPORTED_MEDIA_TYPE"));
}

#[tokio::test]
async fn every_malformed_body_is_a_bad_request() {
    let app = TestApp::start().await;
    for body in [
        &b""[..],
        b"{",
        b"null",
        b"\"{ __typename }\"",
        b"[{\"query\":\"{ __typename }\"}]",
        b"{}",
        b"{\"query\":7}",
        b"{\"query\":\"\"}",
        b"{\"query\":\"{ __typename }\",\"variables\":[]}",
        b"{\"query\":\"{ __typename }\",\"operationName\":{}}",
        b"{\"query\":\"{ __typename }\",\"extensions\":\"x\"}",
        b"{\"query\":\"{ __typename } #\xff\"}",
    ] {
        for accept in [GRAPHQL_RESPONSE, "application/json"] {
            let request = post(&app).header("content-type", "application/json").header("accept", accept);
            let text = String::from_utf8_lossy(body);
            assert_eq!(refused(request.body(body.to_vec())).await, is(400, "BAD_REQUEST"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_read_to_its_end() {
    let app = TestApp::start().await;
    let large = json!({"query": TYPENAME, "variables": {"x": "y".repeat(3 << 20)}});
    assert_eq!(refused(post(&app).json(&large)).await, is(413, "PAYLOAD_TOO_LARGE"));
    let fits = json!({"query": TYPENAME, "variables": {"x": "y".repeat(1 << 20)}});
    assert_eq!(Answer::of(post(&app).json(&fits)).await.status, 200);
}

#[tokio::test]
async fn a_request_error_has_a_status_only_for_those_who_read_it() {
    let app = TestApp::start().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
    ] {
        for (accept, status) in [(GRAPHQL_RESPONSE, 400), ("application/json", 200)] {
            let answer = Answer::of(asking(&app, query).header("accept", accept)).await;
            assert_eq!((answer.status, answer.code()), (status, code), "{query}");
            assert!(answer.body.get("data").is_none());
        }
    }
}

#[tokio::test]
async fn a_document_made_to_hurt_is_refused() {
    let app = TestApp::start().await;
    let deep = format!("{}{}", "{a".repeat(12_000), "}".repeat(12_000));
    let lists = format!("{{ __type(name: {}", "[".repeat(60_000));
    let directives = format!("{{ __typename {} }}", "@a".repeat(10_000));
    let aliases = many(500, |i| format!("a{i}: __typename"));
    let long = format!("{{ __typename }} # {}", "x".repeat(70_000));
    for query in [deep, lists, directives, format!("{{ {aliases} }}"), long] {
        let request = asking(&app, &query).header("accept", GRAPHQL_RESPONSE);
        assert_eq!(refused(request).await, is(400, "DOCUMENT_LIMIT_EXCEEDED"), "{}", &query[..40]);
    }
    let errors = many(40, |i| format!("wrong{i}"));
    let answer = Answer::of(asking(&app, &format!("{{ {errors} }}"))).await;
    assert!(answer.body["errors"].as_array().is_some_and(|errors| errors.len() <= 10));
}

#[tokio::test]
async fn the_schema_is_there_to_read() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for request in [app.request(Method::GET, "/graphql/schema"), ana.request(Method::GET, "/graphql/schema")] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        let sdl = response.text().await.expect("text");
        async_graphql::parser::parse_schema(&sdl).expect("a schema");
        assert!(sdl.contains("type Contact "), "{sdl}");
    }
    let wrong = app.request(Method::GET, "/graphql/schema").bearer_auth("nonsense");
    assert_eq!(Answer::of(wrong).await.status, 401);
}

#[tokio::test]
async fn what_is_not_there_is_a_json_404_below_the_api() {
    let app = TestApp::start().await;
    for path in ["/auth/nothing", "/graphql/nothing", "/api/v1/nothing"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{path}");
        assert_eq!(answer.body["error"]["requestId"], answer.header("x-request-id"));
    }
}

/// `npm ci` in `tests/audits` brings them; without it this test says that it was skipped.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_audits_of_graphql_over_http_pass() {
    let audits = Path::new(env!("CARGO_MANIFEST_DIR")).join("audits");
    if !audits.join("node_modules/graphql-http").exists() {
        eprintln!("skipped: run `npm ci` in tests/audits");
        return;
    }
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for token in [Value::Null, Value::from(ana.access_token.clone())] {
        let mut node = tokio::process::Command::new("node");
        node.current_dir(&audits).arg("graphql-http.mjs").arg(app.url("/graphql")).args(token.as_str());
        let output = node.output().await.expect("node runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
