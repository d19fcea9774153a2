//! An error points at the field it is about, by the keys of the answer, and at the argument by its own names.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn a_wrong_argument_is_told_of_at_its_field_whatever_leads_there() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let company = ana.data("mutation { createCompany(input: {name: \"Acme\"}) { id } }", Value::Null).await;
    let id = company["createCompany"]["id"].as_str().expect("an id");
    let contact = "mutation($i: ContactCreateInput!) { createContact(input: $i) { id } }";
    ana.data(contact, json!({"i": {"lastName": "Lee", "companyId": id}})).await;
    for (query, path, argument) in [
        ("{ companies(first: -1) { totalCount } }", json!(["companies"]), "first"),
        (
            "{ companies { nodes { contacts(first: -1) { totalCount } } } }",
            json!(["companies", "nodes", "contacts"]),
            "first",
        ),
        (
            "{ all: companies { list: nodes { people: contacts(filter: {and: [{lastName: {ilike: \"\\\\\"}}]}) { totalCount } } } }",
            json!(["all", "list", "people"]),
            "filter.and.0.lastName.ilike",
        ),
        (
            "{ companies { ...A } } fragment A on CompanyConnection { edges { it: node { ... { contacts { nodes { c: company { opportunities(orderBy: [{name: ASC}, {company: {name: ASC}}], first: 1001) { totalCount } } } } } } } }",
            json!(["companies", "edges", "it", "contacts", "nodes", "c", "opportunities"]),
            "first",
        ),
        (
            "query { company(id: \"ID\") { contacts(after: \"x\") { totalCount } } }",
            json!(["company", "contacts"]),
            "after",
        ),
        ("{ x: company(id: \"7\") { name } }", json!(["x"]), "id"),
        (
            "{ contactsAggregate(groupBy: [{company: {}}]) { g: groups { k: key { c: company { contacts(offset: -1) { totalCount } } } } } }",
            json!(["contactsAggregate", "g", "k", "c", "contacts"]),
            "offset",
        ),
        ("{ a: contactsAggregate(first: -1) { groups { count } } }", json!(["a"]), "first"),
        (
            "mutation { createContact(input: {lastName: \"x\", companyId: \"ID\"}) { contact { of: company { contacts(last: -1) { totalCount } } } } }",
            json!(["createContact", "contact", "of", "contacts"]),
            "last",
        ),
        (
            "mutation { createContacts(inputs: [{lastName: \"x\", companyId: \"ID\"}]) { rows: results { c: contact { company { contacts(last: -1) { totalCount } } } } } }",
            json!(["createContacts", "rows", "c", "company", "contacts"]),
            "last",
        ),
    ] {
        let query = query.replace("ID", id);
        let answer = ana.graphql(&query, Value::Null).await;
        let error = &answer.body["errors"][0];
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{query} {}", answer.body);
        assert_eq!(
            (&error["path"], &error["extensions"]["argument"]),
            (&path, &json!(argument)),
            "{query} {}",
            answer.body
        );
        assert!(
            error["message"].as_str().is_some_and(|message| message.starts_with(&format!("`{argument}` "))),
            "{error}"
        );
    }
}

#[tokio::test]
async fn amounts_of_several_currencies_are_told_of_at_the_measure() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let create = "mutation($i: [OpportunityCreateInput!]!) { createOpportunities(inputs: $i) { results { outcome } } }";
    let of = |currency: &str| json!({"name": "x", "amount": {"value": "1", "currency": currency}});
    ana.data(create, json!({"i": [of("EUR"), of("USD")]})).await;
    for (select, path) in [
        ("count: totalCount all: sum { it: amount { value } }", json!(["o", "all", "it"])),
        ("g: groups { count max { amount { value } } }", json!(["o", "g", "max", "amount"])),
    ] {
        let answer = ana.graphql(&format!("{{ o: opportunitiesAggregate {{ {select} }} }}"), Value::Null).await;
        assert_eq!(answer.code(), "MIXED_CURRENCIES", "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["path"], path, "{}", answer.body);
    }
}
