use std::time::Instant;

use async_graphql::{Data, Request};

use super::{
    super::{Schemas, execute_rest},
    *,
};

#[tokio::test]
async fn introspection_is_async_graphqls_own() {
    let request = Request::new("{ __typename __schema { queryType { name } } __type(name: \"Contact\") { kind } }");
    let response = execute_rest(&base(), request, Data::default()).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let data = response.data.into_json().unwrap();
    assert_eq!(data["__type"]["kind"], "OBJECT");
}

#[tokio::test]
async fn an_error_has_a_code_a_path_and_a_null() {
    // Without the request's data every operation fails: what callers see of it says nothing.
    let request = Request::new("{ who: me { id } __typename }");
    let response = execute_rest(&base(), request, Data::default()).await;
    let shown = serde_json::to_value(&response).unwrap();
    assert_eq!(shown["data"], serde_json::json!({ "__typename": "Query", "who": null }));
    assert_eq!(shown["errors"][0]["path"], serde_json::json!(["who"]));
    assert_eq!(shown["errors"][0]["extensions"]["code"], code::INTERNAL);
    assert_eq!(shown["errors"][0]["message"], code::INTERNAL_MESSAGE);
}

#[tokio::test]
async fn catalogs_that_are_alike_share_one_schema_built_once() {
    let schemas = Arc::new(Schemas::new(64 << 20));
    let catalog = Arc::new(Catalog::with(&vec![field("Contact", "score", "NUMBER", &[])].into()));
    let started = Instant::now();
    let all = (0..16).map(|_| {
        let (schemas, catalog) = (schemas.clone(), catalog.clone());
        tokio::spawn(async move { schemas.of(&catalog).await.map(|schema| schema.types) })
    });
    for one in futures::future::join_all(all).await {
        assert!(one.unwrap().unwrap() > 250);
    }
    println!("built once for 16 in {:?}", started.elapsed());
    assert_eq!(schemas.len(), 1);
    schemas.of(&members()).await.unwrap();
    assert_eq!(schemas.len(), 2);
}

#[tokio::test]
async fn the_cache_holds_no_more_than_it_may() {
    let one = base().weight();
    let schemas = Schemas::new(one * 3);
    for n in 0..8 {
        let catalog = Arc::new(Catalog::with(&vec![field("Contact", &format!("field{n}"), "TEXT", &[])].into()));
        schemas.of(&catalog).await.unwrap();
    }
    assert!(schemas.bytes() <= (one * 3) as u64 && !schemas.is_empty(), "{}", schemas.len());
}
