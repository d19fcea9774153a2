//! Numbers come back to the bit, however they are written: as a column or a field of the tenant's own, in the document
//! or as a variable.

use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn ready(app: &TestApp) -> (Client, Value) {
    let ana = app.sign_up("ana").await;
    let define = "mutation { createField(object: \"LineItem\", input: { name: \"share\", label: \"Share\", type: NUMBER }) { userErrors { code } } }";
    assert_eq!(ana.data(define, Value::Null).await["createField"]["userErrors"], json!([]));
    let create = "mutation { createOpportunity(input: { name: \"One\" }) { id } }";
    let opportunity = ana.data(create, Value::Null).await["createOpportunity"]["id"].clone();
    (ana, opportunity)
}

/// Writes two numbers and reads them back: in the document, as variables, in the answer of the write, in a query.
async fn there_and_back(client: &Client, opportunity: &Value, number: &str) -> [Value; 6] {
    let opportunity = opportunity.as_str().expect("an id");
    let payload = "lineItem { id quantity share } userErrors { code }";
    let literal = format!(
        "mutation {{ it: createLineItem(input: {{ opportunityId: \"{opportunity}\", quantity: {number}, share: {number} }}) {{ {payload} }} }}"
    );
    let variable =
        format!("mutation($input: LineItemCreateInput!) {{ it: createLineItem(input: $input) {{ {payload} }} }}");
    let input = json!({"opportunityId": opportunity, "quantity": exact(number), "share": exact(number)});
    let first = client.data(&literal, Value::Null).await["it"]["lineItem"].clone();
    let second = client.data(&variable, json!({"input": input})).await["it"]["lineItem"].clone();
    let ask = "query($id: ID!) { it: lineItem(id: $id) { quantity share } }";
    let third = client.data(ask, json!({"id": second["id"]})).await["it"].clone();
    [&first, &second, &third]
        .map(|item| [item["quantity"].clone(), item["share"].clone()])
        .concat()
        .try_into()
        .expect("six")
}

fn exact(number: &str) -> Value {
    serde_json::from_str(number).expect("JSON")
}

#[test]
fn every_number_comes_back_with_the_same_bits() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let app = runtime.block_on(TestApp::start());
    let (ana, opportunity) = runtime.block_on(ready(&app));
    let config = Config { cases: 100, failure_persistence: None, rng_seed: RngSeed::Fixed(17), ..Config::default() };
    let numbers = any::<f64>().prop_filter("JSON has no others", |number| number.is_finite());
    let test = |number: f64| {
        let read = runtime.block_on(there_and_back(&ana, &opportunity, &format!("{number:e}")));
        for value in read {
            let back = value.as_f64().unwrap_or(f64::NAN);
            if back.to_bits() != (number + 0.0).to_bits() {
                return Err(TestCaseError::fail(format!("{number:e} came back as {back:e}")));
            }
        }
        Ok(())
    };
    TestRunner::new(config).run(&numbers, test).unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn the_edges_of_numbers_come_back() {
    let app = TestApp::start().await;
    let (ana, opportunity) = ready(&app).await;
    for (written, read) in [
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("9007199254740994", 9_007_199_254_740_994.0),
        ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ("1e308", 1e308),
        ("1.7976931348623157e308", f64::MAX),
        ("5e-324", 5e-324),
        ("2.2250738585072014e-308", f64::MIN_POSITIVE),
        ("0.1", 0.1),
        ("76.53333333333333", 76.533_333_333_333_33),
        // There is one way to write nothing.
        ("-0.0", 0.0),
    ] {
        for value in there_and_back(&ana, &opportunity, written).await {
            let back = value.as_f64().unwrap_or(f64::NAN);
            assert_eq!(back.to_bits(), f64::to_bits(read), "{written} came back as {back:e}");
        }
    }
}

#[tokio::test]
async fn what_is_no_number_is_refused_with_a_code() {
    let app = TestApp::start().await;
    let (ana, opportunity) = ready(&app).await;
    let opportunity = opportunity.as_str().expect("an id");
    for field in ["quantity", "share"] {
        for number in ["1e400", "-1e400", "NaN", "Infinity", "\"NaN\"", "\"Infinity\"", "\"1e400\""] {
            let literal = format!(
                "mutation {{ it: createLineItem(input: {{ opportunityId: \"{opportunity}\", {field}: {number} }}) {{ id userErrors {{ code }} }} }}"
            );
            let answer = ana.graphql(&literal, Value::Null).await;
            let refusals =
                [answer.code(), answer.body["data"]["it"]["userErrors"][0]["code"].as_str().unwrap_or_default()];
            assert!(answer.status < 500 && refusals.iter().any(|code| !code.is_empty()), "{literal} {}", answer.body);
            assert!(!refusals.contains(&"INTERNAL_SERVER_ERROR"), "{literal} {}", answer.body);
        }
        for number in ["1e400", "-1e400", "\"NaN\"", "\"Infinity\""] {
            let body = format!(
                "{{\"query\": \"mutation($n: Float) {{ it: createLineItem(input: {{ opportunityId: \\\"{opportunity}\\\", {field}: $n }}) {{ id userErrors {{ code }} }} }}\", \"variables\": {{\"n\": {number}}}}}"
            );
            let request = ana.request(reqwest::Method::POST, "/graphql").header("content-type", "application/json");
            let answer = crate::support::Answer::of(request.body(body)).await;
            let refusals =
                [answer.code(), answer.body["data"]["it"]["userErrors"][0]["code"].as_str().unwrap_or_default()];
            assert!(answer.status < 500 && refusals.iter().any(|code| !code.is_empty()), "{number} {}", answer.body);
        }
    }
    assert_eq!(ana.data("{ lineItems { totalCount } }", Value::Null).await["lineItems"]["totalCount"], 0);
}
