use axum::http::HeaderName;

use super::*;

const BROWSER: (HeaderName, &str) = (header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");

async fn ask(method: Method, path: &'static str, headers: &[(HeaderName, &'static str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    serve(method, Uri::from_static(path), headers).await
}

fn media(response: &Response) -> &str {
    response.headers()[header::CONTENT_TYPE].to_str().unwrap()
}

/// The app, or the page that says how to build it: the tests run without `web/dist` too.
async fn is_page_of_the_app(path: &'static str) -> bool {
    media(&ask(Method::GET, path, &[BROWSER]).await).starts_with("text/html")
}

#[tokio::test]
async fn a_browser_gets_the_app_at_the_addresses_that_the_app_knows() {
    for path in ["/", "/sign-in", "/companies/018f", "/graphiql", "/?page=2"] {
        assert!(is_page_of_the_app(path).await, "{path}");
    }
}

#[tokio::test]
async fn what_belongs_to_the_api_or_looks_like_a_file_is_no_page() {
    for path in
        ["/api/v1/nothing", "/auth/nothing", "/graphql/nothing", "/.env", "/.vite/manifest.json", "/assets/gone.js"]
    {
        assert!(!is_page_of_the_app(path).await, "{path}");
    }
}

#[tokio::test]
async fn a_client_of_the_api_never_gets_a_page_for_an_answer() {
    for (method, accept) in [(Method::GET, "application/json"), (Method::GET, "*/*"), (Method::POST, "text/html")] {
        let response = ask(method.clone(), "/nothing", &[(header::ACCEPT, accept)]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} {accept}");
        assert_eq!(media(&response), "application/json", "{method} {accept}");
    }
}

#[tokio::test]
async fn no_path_leaves_the_build() {
    for path in ["/../Cargo.toml", "/assets/../../package.json", "/%2e%2e/package.json", "//etc/passwd"] {
        let response = ask(Method::GET, path, &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

/// Only where `web/` was built; `make test` builds it first.
#[tokio::test]
async fn files_say_how_long_they_last_and_what_they_may_load() {
    let Some(script) = Dist::iter().find(|file| file.starts_with("assets/") && file.ends_with(".js")) else { return };
    let script = file(&script, &HeaderMap::new()).unwrap();
    assert_eq!(script.headers()[header::CACHE_CONTROL], FOREVER);
    assert_eq!(media(&script), "text/javascript; charset=utf-8");

    let home = ask(Method::GET, "/", &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
    assert_eq!(home.headers()[header::CACHE_CONTROL], ASK_EACH_TIME);
    assert_eq!(home.headers()[header::CONTENT_ENCODING], "gzip");
    assert!(home.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));

    let mut again = HeaderMap::new();
    again.insert(header::IF_NONE_MATCH, home.headers()[header::ETAG].clone());
    let again = serve(Method::GET, Uri::from_static("/"), again).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[test]
fn an_encoding_refused_with_a_weight_of_zero_is_not_accepted() {
    let accepted = |list: &'static str| {
        let headers = [(header::ACCEPT_ENCODING, HeaderValue::from_static(list))].into_iter().collect();
        accepts(&headers, header::ACCEPT_ENCODING, "gzip")
    };
    assert!(accepted("br, GZIP;q=0.5"));
    assert!(!accepted("gzip;q=0, br"));
    assert!(!accepted("identity"));
}
