//! `@include` and `@skip`: what is wanted is answered, where the language's `CollectFields` puts it.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// Somebody with one contact, and its id.
async fn with_contact(app: &TestApp) -> (Client, Value) {
    let client = app.sign_up("ana").await;
    let company = "mutation { createCompany(input: {name: \"Engines\", domain: \"engines.example\"}) { id } }";
    let company = client.data(company, Value::Null).await["createCompany"]["id"].clone();
    let contact = "mutation($input: ContactCreateInput!) { createContact(input: $input) { id } }";
    let input = json!({"lastName": "Lovelace", "firstName": "Ada", "title": "Countess", "companyId": company});
    let contact = client.data(contact, json!({"input": input})).await["createContact"]["id"].clone();
    (client, contact)
}

/// The answer as it was written, for all values of `$x` and `$y`: false false, false true, true false, true true.
async fn assert_all(client: &Client, document: &str, wanted: [&str; 4]) {
    for (at, wanted) in wanted.into_iter().enumerate() {
        let (x, y) = (at & 2 != 0, at & 1 != 0);
        let query = format!("query($x: Boolean!, $y: Boolean!) {document}");
        let used = |name: &str| document.contains(&format!("${name})"));
        let query = match (used("x"), used("y")) {
            (true, true) => query,
            (true, false) => query.replace(", $y: Boolean!", ""),
            (false, _) => query.replace("$x: Boolean!, ", ""),
        };
        let data = client.data(&query, json!({"x": x, "y": y})).await;
        assert_eq!(data.to_string(), wanted, "{document} where x is {x} and y is {y}");
    }
}

#[tokio::test]
async fn a_key_of_a_record_stands_where_it_is_first_wanted() {
    let app = TestApp::start().await;
    let (client, id) = with_contact(&app).await;
    let id = id.as_str().expect("an id");
    let (last, first) = (r#""lastName":"Lovelace""#, r#""firstName":"Ada""#);
    let contact = |asked: &str, more: &str| format!("{{ contact(id: \"{id}\") {{ {asked} }} }} {more}");
    let answer = |keys: &[&str]| format!("{{\"contact\":{{{}}}}}", keys.join(","));
    let (forth, back) = (answer(&[last, first]), answer(&[first, last]));

    let included = contact("lastName @include(if: $x) firstName lastName", "");
    assert_all(&client, &included, [&back, &back, &forth, &forth]).await;

    let skipped = contact("lastName @skip(if: $y) firstName lastName", "");
    assert_all(&client, &skipped, [&forth, &back, &forth, &back]).await;

    let both = contact("lastName @include(if: $x) @skip(if: $y) firstName lastName", "");
    assert_all(&client, &both, [&back, &back, &forth, &back]).await;

    let nested = contact("... @include(if: $x) { ... on Contact @skip(if: $y) { lastName } } firstName lastName", "");
    assert_all(&client, &nested, [&back, &back, &forth, &back]).await;

    let fragments = contact(
        "...Outer @include(if: $x) firstName ...Outer",
        "fragment Outer on Contact { ...Inner @skip(if: $y) } fragment Inner on Contact { lastName }",
    );
    let alone = answer(&[first]);
    assert_all(&client, &fragments, [&back, &alone, &forth, &alone]).await;

    let typename = contact("__typename @include(if: $x) firstName __typename", "");
    let [front, end] = [answer(&[r#""__typename":"Contact""#, first]), answer(&[first, r#""__typename":"Contact""#])];
    assert_all(&client, &typename, [&end, &end, &front, &front]).await;

    let unwanted = contact("company { name @include(if: $x) } title @skip(if: $y)", "");
    let company = |inner: &str| format!("\"company\":{{{inner}}}");
    let (name, title) = (r#""name":"Engines""#, r#""title":"Countess""#);
    let all = [
        answer(&[&company(""), title]),
        answer(&[&company("")]),
        answer(&[&company(name), title]),
        answer(&[&company(name)]),
    ];
    assert_all(&client, &unwanted, all.each_ref().map(String::as_str)).await;
}

#[tokio::test]
async fn a_key_asked_in_several_places_holds_what_the_wanted_places_ask() {
    let app = TestApp::start().await;
    let (client, id) = with_contact(&app).await;
    let document = format!(
        "{{ contact(id: {id}) {{ company @include(if: $x) {{ name }} lastName company @skip(if: $y) {{ domain }} }} }}"
    );
    let all = [
        r#"{"contact":{"lastName":"Lovelace","company":{"domain":"engines.example"}}}"#,
        r#"{"contact":{"lastName":"Lovelace"}}"#,
        r#"{"contact":{"company":{"name":"Engines","domain":"engines.example"},"lastName":"Lovelace"}}"#,
        r#"{"contact":{"company":{"name":"Engines"},"lastName":"Lovelace"}}"#,
    ];
    assert_all(&client, &document, all).await;

    let lists = "{ companies { nodes @include(if: $x) { contacts { totalCount } } totalCount nodes { contacts @skip(if: $y) { nodes { lastName } } } } }";
    let all = [
        r#"{"companies":{"totalCount":1,"nodes":[{"contacts":{"nodes":[{"lastName":"Lovelace"}]}}]}}"#,
        r#"{"companies":{"totalCount":1,"nodes":[{}]}}"#,
        r#"{"companies":{"nodes":[{"contacts":{"totalCount":1,"nodes":[{"lastName":"Lovelace"}]}}],"totalCount":1}}"#,
        r#"{"companies":{"nodes":[{"contacts":{"totalCount":1}}],"totalCount":1}}"#,
    ];
    assert_all(&client, lists, all).await;

    let edges = "{ contacts { edges @include(if: $x) { node { title } } pageInfo @skip(if: $y) { hasNextPage } edges { node { lastName } } pageInfo { hasPreviousPage } } }";
    let all = [
        r#"{"contacts":{"pageInfo":{"hasNextPage":false,"hasPreviousPage":false},"edges":[{"node":{"lastName":"Lovelace"}}]}}"#,
        r#"{"contacts":{"edges":[{"node":{"lastName":"Lovelace"}}],"pageInfo":{"hasPreviousPage":false}}}"#,
        r#"{"contacts":{"edges":[{"node":{"title":"Countess","lastName":"Lovelace"}}],"pageInfo":{"hasNextPage":false,"hasPreviousPage":false}}}"#,
        r#"{"contacts":{"edges":[{"node":{"title":"Countess","lastName":"Lovelace"}}],"pageInfo":{"hasPreviousPage":false}}}"#,
    ];
    assert_all(&client, edges, all).await;
}

#[tokio::test]
async fn groups_and_measures_have_conditions_like_all_else() {
    let app = TestApp::start().await;
    let (client, _) = with_contact(&app).await;
    let document = "{ contactsAggregate(groupBy: [{company: {}}, {title: {}}]) {
        groups @include(if: $x) { count }
        totalCount
        groups { key @skip(if: $y) { title } other: key { company { name } } key { company @include(if: $x) { domain } } countDistinct @include(if: $x) { id } }
        countDistinct { title @skip(if: $y) company }
    } }";
    let (title, other) = (r#""title":"Countess""#, r#""other":{"company":{"name":"Engines"}}"#);
    let domain = r#""company":{"domain":"engines.example"}"#;
    let distinct = r#""countDistinct":{"id":1}"#;
    let answer = |keys: &str| format!("{{\"contactsAggregate\":{{{keys}}}}}");
    let all = [
        answer(&format!(
            r#""totalCount":1,"groups":[{{"key":{{{title}}},{other}}}],"countDistinct":{{"title":1,"company":1}}"#
        )),
        answer(&format!(r#""totalCount":1,"groups":[{{{other},"key":{{}}}}],"countDistinct":{{"company":1}}"#)),
        answer(&format!(
            r#""groups":[{{"count":1,"key":{{{title},{domain}}},{other},{distinct}}}],"totalCount":1,"countDistinct":{{"title":1,"company":1}}"#
        )),
        answer(&format!(
            r#""groups":[{{"count":1,{other},"key":{{{domain}}},{distinct}}}],"totalCount":1,"countDistinct":{{"company":1}}"#
        )),
    ];
    assert_all(&client, document, all.each_ref().map(String::as_str)).await;
}

#[tokio::test]
async fn fields_at_the_root_stand_in_order_whoever_answers_them() {
    let app = TestApp::start().await;
    let (client, _) = with_contact(&app).await;
    let document = "{ me @include(if: $x) { name } contacts @skip(if: $y) { totalCount } __typename me { email __typename @include(if: $x) } contacts { nodes { lastName } } }";
    let nodes = r#""nodes":[{"lastName":"Lovelace"}]"#;
    let (few, more) =
        (r#""me":{"email":"ana@example.com"}"#, r#""me":{"name":"ana","email":"ana@example.com","__typename":"Me"}"#);
    let typename = r#""__typename":"Query""#;
    let all = [
        format!(r#"{{"contacts":{{"totalCount":1,{nodes}}},{typename},{few}}}"#),
        format!(r#"{{{typename},{few},"contacts":{{{nodes}}}}}"#),
        format!(r#"{{{more},"contacts":{{"totalCount":1,{nodes}}},{typename}}}"#),
        format!(r#"{{{more},{typename},"contacts":{{{nodes}}}}}"#),
    ];
    assert_all(&client, document, all.each_ref().map(String::as_str)).await;
    // Nothing at all is an answer too.
    let nothing = "{ me @include(if: $x) { name } contacts @include(if: $x) { totalCount } }";
    let data = client.data(&format!("query($x: Boolean!) {nothing}"), json!({"x": false})).await;
    assert_eq!(data, json!({}));
}

#[tokio::test]
async fn a_mutation_that_is_not_wanted_changes_nothing_and_payloads_have_conditions() {
    let app = TestApp::start().await;
    let (client, _) = with_contact(&app).await;
    let document = "mutation($x: Boolean!, $y: Boolean!) {
        first: createContact(input: {lastName: \"First\"}) @include(if: $x) {
            userErrors @skip(if: $y) { code } contact @include(if: $y) { firstName } contact { lastName } userErrors { field }
        }
        second: createContacts(inputs: [{lastName: \"Second\"}]) @include(if: $y) {
            results { outcome @skip(if: $x) contact { lastName @skip(if: $x) title } outcome }
        }
    }";
    let total =
        async || client.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"].clone();
    let all = [
        ("{}", 1),
        (r#"{"second":{"results":[{"outcome":"CREATED","contact":{"lastName":"Second","title":null}}]}}"#, 2),
        (r#"{"first":{"userErrors":[],"contact":{"lastName":"First"}}}"#, 3),
        (
            r#"{"first":{"contact":{"firstName":null,"lastName":"First"},"userErrors":[]},"second":{"results":[{"contact":{"title":null},"outcome":"CREATED"}]}}"#,
            5,
        ),
    ];
    for (at, (wanted, contacts)) in all.into_iter().enumerate() {
        let data = client.data(document, json!({"x": at & 2 != 0, "y": at & 1 != 0})).await;
        assert_eq!(data.to_string(), wanted);
        assert_eq!(total().await, contacts, "{wanted}");
    }
}

#[tokio::test]
async fn a_mutation_of_the_catalog_asked_in_two_places_happens_once() {
    let app = TestApp::start().await;
    let (client, _) = with_contact(&app).await;
    let create = |name: &str| {
        format!("createField(object: \"Contact\", input: {{name: \"{name}\", label: \"Tier\", type: TEXT}})")
    };
    let document = format!(
        "mutation($x: Boolean!) {{ a: {0} @include(if: $x) {{ field {{ name }} }} b: {1} {{ userErrors {{ code }} }} a: {0} {{ userErrors {{ code }} }} }}",
        create("tier"),
        create("rank"),
    );
    let data = client.data(&document, json!({"x": true})).await;
    let wanted = r#"{"a":{"field":{"name":"tier"},"userErrors":[]},"b":{"userErrors":[]}}"#;
    assert_eq!(data.to_string(), wanted);
}

#[tokio::test]
async fn a_condition_is_a_value_given_or_a_default_and_never_null() {
    let app = TestApp::start().await;
    let (client, _) = with_contact(&app).await;
    let document = "query($x: Boolean = true, $y: Boolean! = false) { contacts { totalCount @include(if: $x) nodes @skip(if: $y) { lastName } } }";
    let (count, nodes) = (json!(1), json!([{"lastName": "Lovelace"}]));
    for _ in 0..2 {
        let both = client.data(document, json!({})).await;
        assert_eq!(both["contacts"], json!({"totalCount": count, "nodes": nodes}));
        let none = client.data(document, json!({"x": false, "y": true})).await;
        assert_eq!(none["contacts"], json!({}));
        for wrong in [json!({"x": null}), json!({"y": null}), json!({"x": "yes"}), json!({"y": 1})] {
            let refused = client.graphql(document, wrong.clone()).await;
            assert_eq!(refused.code(), "BAD_USER_INPUT", "{wrong} {}", refused.body);
            assert!(refused.body.get("data").is_none(), "{}", refused.body);
        }
    }
    let missing = client.graphql("query($x: Boolean!) { contacts { totalCount @include(if: $x) } }", json!({})).await;
    assert_eq!(missing.code(), "BAD_USER_INPUT", "{}", missing.body);
}

#[tokio::test]
async fn conditions_may_settle_in_more_ways_than_are_kept() {
    let app = TestApp::start().await;
    let (client, id) = with_contact(&app).await;
    let names = ["a", "b", "c", "d", "e", "f"];
    let declared: Vec<_> = names.iter().map(|name| format!("${name}: Boolean!")).collect();
    let asked: Vec<_> = names.iter().map(|name| format!("{name}: lastName @include(if: ${name})")).collect();
    let query = format!("query({}) {{ contact(id: {id}) {{ {} z: title }} }}", declared.join(", "), asked.join(" "));
    for _ in 0..2 {
        for way in 0..64 {
            let wants = |at: usize| way >> at & 1 == 1;
            let variables = names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), json!(wants(at)))).collect();
            let data = client.data(&query, Value::Object(variables)).await;
            let wanted = (0..6).filter(|at| wants(*at)).map(|at| names[at]).chain(["z"]);
            assert!(data["contact"].as_object().expect("a contact").keys().eq(wanted), "{data}");
        }
    }
}
