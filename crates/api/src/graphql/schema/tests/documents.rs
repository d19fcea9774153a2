use async_graphql::parser::parse_query;

use super::{super::choose, *};

#[test]
fn good_documents_pass() {
    let schema = base();
    for document in [
        "{ contact(id: \"1\") { id name company { name owner { name } } companyId } }",
        "{ contacts(filter: { lastName: { startsWith: \"A\" }, company: { name: { eq: \"Acme\" } },
             or: [{ email: { ilike: \"%.org\" } }, { not: { email: { isNull: true } } }] },
             orderBy: [{ lastName: ASC }, { company: { name: DESC_NULLS_LAST } }], first: 20, after: \"x\") {
             totalCount edges { cursor node { ...card } } pageInfo { hasNextPage endCursor } } }
         fragment card on Contact { id ... on Contact { name } address { city } }",
        "{ opportunitiesAggregate(groupBy: [{ stage: {} }, { closedAt: { bucket: MONTH, timeZone: \"Europe/Berlin\" } }],
             orderBy: [{ sum: { amount: DESC } }, { count: ASC }, { key: { stage: ASC } }], first: 10) {
             totalCount hasMoreGroups groups { key { stage { id name } closedAt } count
               sum { amount { value currency } } avg { amount { value } } min { closedAt } max { amount { value } }
               countDistinct { owner } } } }",
        "{ companies(filter: { contacts: { some: { email: { endsWith: \"@acme.com\" } } }, industry: { in: [SOFTWARE, RETAIL] },
             annualRevenue: { gte: \"1000000.50\", currency: { eq: \"EUR\" } }, address: { country: { eq: \"DE\" } },
             createdAt: { gt: \"2026-01-01T00:00:00Z\" } }) { nodes { opportunities(first: 3) { nodes { amount { value } } } } } }",
        "mutation { createContact(input: { lastName: \"Ortiz\", companyId: null }) { contact { id } userErrors { code field message } }
           createOpportunities(inputs: [{ name: \"A\", amount: { value: 12.5, currency: \"EUR\" } }], atomic: false) {
             results { outcome opportunity { id } userErrors { code } } } }",
        "mutation { updateContact(id: 7, input: { phone: null }, ifVersion: 3) { contact { version } userErrors { code } }
           updateContacts(filter: {}, input: { status: CUSTOMER }) { results { outcome } }
           upsertContacts(inputs: [{ externalId: \"1\" }], matchOn: [externalId, email]) { results { outcome id } }
           deleteContact(id: 1) { id } restoreContact(id: 1) { contact { id } } destroyContact(id: 1) { id } }",
        "query Tree($skip: Boolean!) { __schema { types { name } } me @skip(if: $skip) { email workspaces { slug } }
           object(name: \"Contact\") { fields { name type options { value } } } }",
        "mutation { signIn(input: { email: \"a@b.c\", password: \"x\" }) { accessToken userErrors { code } } }",
    ] {
        assert_eq!(problems(&schema, document), Vec::<String>::new(), "{document}");
    }
}

#[test]
fn bad_documents_are_refused_with_a_code() {
    let schema = base();
    for (document, expected) in [
        ("{ contacts { nodes { nonsense } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { nodes } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contact { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(nonsense: 1) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(filter: { nonsense: { eq: 1 } }) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(filter: { email: { near: \"x\" } }) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(filter: { status: { eq: NONSENSE } }) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(filter: { createdAt: { gt: \"yesterday\" } }) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(orderBy: [{ lastName: ASC, email: DESC }]) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(orderBy: [{}]) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(orderBy: 5) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(filter: 5) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(filter: { company: \"Acme\" }) { totalCount } }", "BAD_USER_INPUT"),
        ("{ contacts(first: 3000000000) { totalCount } }", "BAD_USER_INPUT"),
        (
            "{ company(id: 1) { ...c } } fragment c on Company { contacts(filter: []) { totalCount } contacts2: contacts(filter: 1) { totalCount } }",
            "BAD_USER_INPUT",
        ),
        ("query($f: ContactFilter = 7) { contacts(filter: $f) { totalCount } }", "BAD_USER_INPUT"),
        ("mutation { signIn(input: true) { accessToken } }", "BAD_USER_INPUT"),
        ("mutation { createContact(input: []) { contact { id } } }", "BAD_USER_INPUT"),
        ("{ contacts(orderBy: [{ lastName: SIDEWAYS }]) { totalCount } }", "BAD_USER_INPUT"),
        ("{ opportunitiesAggregate(groupBy: [{ amount: {} }]) { totalCount } }", "BAD_USER_INPUT"),
        ("{ opportunities(filter: { amount: { gt: \"1e9\" } }) { totalCount } }", "BAD_USER_INPUT"),
        ("mutation { createContact(input: { name: \"derived\" }) { contact { id } } }", "BAD_USER_INPUT"),
        ("mutation { createContact(input: { id: 1 }) { contact { id } } }", "BAD_USER_INPUT"),
        ("mutation { upsertContacts(inputs: [], matchOn: [createdAt]) { results { id } } }", "BAD_USER_INPUT"),
        ("{ contacts { ...gone } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { ...a } } fragment a on ContactConnection { ...a }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { totalCount } } fragment unused on Contact { id }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts { nodes { x: id x: name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: Contact) { contacts { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts(first: $n) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ contacts @nonsense { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { me { id } } query b { me { id } }", "OPERATION_RESOLUTION_FAILURE"),
        ("subscription { x }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let found = problems(&schema, document);
        assert!(found.first().is_some_and(|first| first.starts_with(expected)), "{document}\n{found:?}");
    }
}

#[test]
fn defaults_are_checked_with_the_document_whatever_a_request_brings() {
    let schema = base();
    for good in ["ContactFilter = { lastName: { in: \"x\" } }", "ContactFilter = null", "ContactFilter = {}"] {
        let document = format!("query($f: {good}) {{ contacts(filter: $f) {{ totalCount }} }}");
        assert_eq!(problems(&schema, &document), Vec::<String>::new());
    }
    for (bad, at) in [
        ("ContactFilter = 7", "\"f\": expected type \"ContactFilter\""),
        ("ContactFilter = { status: { eq: NOBODY } }", "\"f.status.eq\": \"ContactStatus\" has no value \"NOBODY\""),
        ("ContactFilter = { nothing: {} }", "\"f\": \"ContactFilter\" has no field \"nothing\""),
        ("ContactFilter = { id: { in: [\"a\", null] } }", "\"f.id.in.1\": expected type \"ID!\""),
    ] {
        let document = format!("query($f: {bad}) {{ contacts(filter: $f) {{ totalCount }} }}");
        let expected = format!("BAD_USER_INPUT: Variable \"$f\" has an invalid default at {at}.");
        assert_eq!(problems(&schema, &document), [expected]);
    }
    let int = "query($n: Int = 3000000000) { contacts(first: $n) { totalCount } }";
    assert_eq!(
        problems(&schema, int),
        ["BAD_USER_INPUT: Variable \"$n\" has an invalid default at \"n\": expected type \"Int\"."]
    );
}

#[test]
fn variables_of_unknown_types_are_refused_even_in_lists_with_a_default() {
    for ty in ["Nothing", "[Nothing!]", "Nothing = 1", "[Nothing] = [1]", "[[Nothing]] = null"] {
        let found = problems(&base(), &format!("query($x: {ty}) {{ contacts(first: $x) {{ totalCount }} }}"));
        assert_eq!(found, ["GRAPHQL_VALIDATION_FAILED: Unknown type \"Nothing\"."]);
    }
}

#[test]
fn errors_name_nothing_that_was_not_asked_and_are_few() {
    let schema = base();
    let message = &problems(&schema, "{ contact(id: 1) { firstNam } }")[0];
    assert!(!message.contains("firstName") && !message.contains("Did you mean"), "{message}");
    let many: Vec<_> = (0..2_000).map(|n| format!("bad{n}")).collect();
    let many = many.join(" ");
    assert_eq!(problems(&schema, &format!("{{ {many} }}")).len(), 10);
}

#[test]
fn the_operation_to_run_is_told_by_name() {
    let two = parse_query("query a { me { id } } mutation b { signOut { userErrors { code } } }").unwrap();
    assert!(choose(&two, None).is_err() && choose(&two, Some("c")).is_err());
    assert_eq!(choose(&two, Some("b")).unwrap().ty.to_string(), "mutation");
    let single = parse_query("{ me { id } }").unwrap();
    assert!(choose(&single, None).is_ok() && choose(&single, Some("a")).is_err());
    let named = parse_query("query a { me { id } }").unwrap();
    assert!(choose(&named, None).is_ok() && choose(&named, Some("a")).is_ok());
}
