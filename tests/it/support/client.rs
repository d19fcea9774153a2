//! Somebody signed in, and what they are answered.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

/// A person with a session in one workspace.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    pub access_token: String,
    pub refresh_token: String,
    /// `{id, slug, name}`
    pub workspace: Value,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The JSON; null when there was none.
    pub body: Value,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, url: String, session: &Value) -> Self {
        let text = |name: &str| session[name].as_str().unwrap_or_default().to_owned();
        Self {
            http,
            url,
            access_token: text("accessToken"),
            refresh_token: text("refreshToken"),
            workspace: session["workspace"].clone(),
        }
    }

    /// Asks the graph, as a client that reads statuses does.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        let body = json!({"query": query, "variables": variables});
        let request = self.request(Method::POST, "/graphql").json(&body);
        Answer::of(request.header("accept", "application/graphql-response+json")).await
    }

    /// The same, and there must be no error: the data.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.graphql(query, variables).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{query}\n{}", answer.body);
        answer.body["data"].clone()
    }

    /// Waits until the access token is refused, which must happen in time.
    pub async fn is_refused_within(&self, time: Duration) {
        let since = Instant::now();
        while self.graphql("{ __typename }", Value::Null).await.status != 401 {
            assert!(since.elapsed() < time, "still signed in after {time:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A request with the access token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.access_token)
    }

    /// The same person as another gateway sees them.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }
}

impl Answer {
    /// Sends a request.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status, headers, body }
    }

    /// The code of the error, or of the first one; empty when there is none.
    pub fn code(&self) -> &str {
        let rest = &self.body["error"]["code"];
        let graph = &self.body["errors"][0]["extensions"]["code"];
        rest.as_str().or(graph.as_str()).unwrap_or_default()
    }

    /// The field that the error blames.
    pub fn field(&self) -> &str {
        self.body["error"]["field"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
