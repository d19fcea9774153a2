//! An admin of another trade: the guide for admins does what it says, and two clubs with the same shape share nothing.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

fn file(path: &str) -> String {
    fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the checkout")
}

/// Imports files with a mapping, and waits for the end: every row must be in.
pub async fn import(client: &Client, mapping: &str, files: &[(&str, &str)]) {
    let start = "mutation($input: StartImportInput!) { startImport(input: $input) { import { id } userErrors { code message } } }";
    let files: Vec<Value> = files.iter().map(|(name, content)| json!({"name": name, "content": content})).collect();
    let started = client.data(start, json!({"input": {"mapping": mapping, "files": files}})).await;
    assert_eq!(started["startImport"]["userErrors"], json!([]));
    let id = &started["startImport"]["import"]["id"];
    for _ in 0..600 {
        let query = "query($id: ID!) { import(id: $id) { state errors { line column code message } } }";
        let import = client.data(query, json!({"id": id})).await["import"].take();
        if import["state"] != "RUNNING" {
            assert_eq!((&import["state"], &import["errors"]), (&json!("SUCCEEDED"), &json!([])), "{import}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}

#[tokio::test]
async fn the_guide_for_admins_does_what_it_says() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let guide = file("docs/admin-guide.md");
    let (mut mapping, mut answer, mut compared) = ("", None, 0);
    let mut blocks = guide.split("```");
    blocks.next();
    while let (Some(block), Some(_)) = (blocks.next(), blocks.next()) {
        let (language, text) = block.split_once('\n').expect("a block");
        match language {
            "graphql" => answer = Some((text, ana.graphql(text, Value::Null).await.body)),
            "json" => {
                let told: Value = serde_json::from_str(text).expect("JSON in the guide");
                let (query, answer) = answer.take().expect("a query before its answer");
                assert_eq!(answer, told, "{query}");
                compared += 1;
            }
            "toml" => mapping = text,
            "csv" => import(&ana, mapping, &[("members.csv", text)]).await,
            other => panic!("a block of {other} that nobody runs"),
        }
    }
    assert_eq!(compared, 10, "the guide shows as many answers");
}

/// A club with all of the template, and a few records of everything in it.
async fn club(app: &TestApp, owner: &str, mark: &str) -> Client {
    let client = app.sign_up(owner).await;
    let apply =
        "mutation($template: String!) { applyCatalog(template: $template) { userErrors { code field message } } }";
    let applied = client.data(apply, json!({"template": file("docs/templates/golf-club.toml")})).await;
    assert_eq!(applied["applyCatalog"]["userErrors"], json!([]));
    let courses = format!(
        "code,name,holes,par,slope,style,condition,city,country,opened,site,card,phone\n\
         LNK,{mark} Links,18,72,131.5,LINKS,5,Husum,Germany,12.06.1987,example.com/links,\"[4,3,5]\",+49 30 1234567\n\
         PRK,{mark} Park,9,35,,PARKLAND,3,Trier,DE,,,,\n"
    );
    let members = format!(
        "no,name,hcp,born,interests,favourite,news,number,category,from,to,fee,discount,renew,mail,notes\n\
         1,{mark} Ames,18.4,03.02.1970,Tournaments;Travel,LNK,yes,M-1,FULL,01.01.2026,31.12.2026,1200.00,5,yes,ames@Example.COM,\"Two\nlines\"\n\
         2,{mark} Brandt,9.1,,,PRK,no,M-2,JUNIOR,01.01.2026,31.12.2026,450.50,,no,,\n\
         3,{mark} Costa,,,Lessons,LNK,,,,,,,,,,\n"
    );
    let times = "ref,course,at,by,membership,players,status,fee,extras,rating\n\
         T-1,LNK,2026-05-01 08:10,1,M-1,4,BOOKED,80.00,Cart,4\n\
         T-2,PRK,2026-05-01 09:00,2,M-2,2,PLAYED,30.00,,\n\
         T-3,LNK,2026-06-02 10:20,3,,3,BOOKED,80.00,,5\n";
    import(&client, MAPPING, &[("courses.csv", &courses), ("members.csv", &members), ("times.csv", times)]).await;
    client
}

const MAPPING: &str = r#"
[[step]]
file = "courses.csv"
object = "Course"
match_on = "code"
date = "DD.MM.YYYY"
[step.columns]
code = "code"
name = "name"
holes = "holes"
par = "par"
slope = "slope"
style = { column = "style", unmatched = "create" }
condition = "condition"
"address.city" = "city"
"address.country" = "country"
openedOn = "opened"
website = "site"
scorecard = "card"
proShopPhone = "phone"

[[step]]
file = "members.csv"
object = "Contact"
match_on = "externalId"
date = "DD.MM.YYYY"
[step.columns]
externalId = "no"
lastName = "name"
handicap = "hcp"
dateOfBirth = "born"
interests = "interests"
favouriteCourse = { column = "favourite", match = "code" }
newsletter = "news"

[[step]]
file = "members.csv"
object = "Membership"
match_on = "number"
skip_blank = "number"
date = "DD.MM.YYYY"
[step.columns]
number = "number"
member = { column = "no", match = "externalId" }
category = { column = "category", unmatched = "create" }
startsOn = "from"
endsOn = "to"
fee = { column = "fee", currency = "EUR" }
discount = "discount"
autoRenew = "renew"
invoiceEmail = "mail"
notes = "notes"

[[step]]
file = "times.csv"
object = "TeeTime"
match_on = "reference"
[step.columns]
reference = "ref"
course = { column = "course", match = "code" }
startsAt = { column = "at", date = "YYYY-MM-DD HH:mm", time_zone = "Europe/Berlin" }
bookedBy = { column = "by", match = "externalId" }
membership = { column = "membership", match = "number" }
players = "players"
status = { column = "status", unmatched = "create" }
greenFee = { column = "fee", currency = "EUR" }
extras = { column = "extras", unmatched = "create" }
rating = "rating"
"#;

const SEASON: &str = "{
    contacts(filter: { favouriteCourse: { style: { eq: LINKS } }, handicap: { lt: \"20\" } }) {
        nodes { lastName handicap dateOfBirth interests newsletter favouriteCourse { name address { city country } scorecard proShopPhone openedOn }
                memberships { nodes { number fee { value currency } autoRenew invoiceEmail notes teeTimes { totalCount } } } } }
    teeTimes(filter: { course: { fans: { some: { lastName: { contains: \"Costa\" } } } }, startsAt: { gte: \"2026-05-01T06:10:00Z\" } }, orderBy: [{ startsAt: DESC }]) {
        nodes { reference startsAt players rating extras bookedBy { lastName } } }
    teeTimesAggregate(groupBy: [{ course: {} }], orderBy: [{ key: { course: ASC } }]) {
        groups { key { course { code } } count sum { greenFee { value } players } avg { rating } } }
    memberships { totalCount } courses { totalCount } }";

fn season(mark: &str) -> Value {
    json!({
        "contacts": {"nodes": [{
            "lastName": format!("{mark} Ames"), "handicap": "18.4", "dateOfBirth": "1970-02-03", "interests": ["TOURNAMENTS", "TRAVEL"], "newsletter": true,
            "favouriteCourse": {"name": format!("{mark} Links"), "address": {"city": "Husum", "country": "DE"}, "scorecard": [4, 3, 5],
                                "proShopPhone": "+49301234567", "openedOn": "1987-06-12"},
            "memberships": {"nodes": [{"number": "M-1", "fee": {"value": "1200.00", "currency": "EUR"}, "autoRenew": true,
                                       "invoiceEmail": "ames@example.com", "notes": "Two\nlines", "teeTimes": {"totalCount": 1}}]},
        }]},
        "teeTimes": {"nodes": [
            {"reference": "T-3", "startsAt": "2026-06-02T08:20:00Z", "players": 3, "rating": 5, "extras": null, "bookedBy": {"lastName": format!("{mark} Costa")}},
            {"reference": "T-1", "startsAt": "2026-05-01T06:10:00Z", "players": 4, "rating": 4, "extras": ["CART"], "bookedBy": {"lastName": format!("{mark} Ames")}},
        ]},
        "teeTimesAggregate": {"groups": [
            {"key": {"course": {"code": "LNK"}}, "count": 2, "sum": {"greenFee": {"value": "160.00"}, "players": 7}, "avg": {"rating": 4.5}},
            {"key": {"course": {"code": "PRK"}}, "count": 1, "sum": {"greenFee": {"value": "30.00"}, "players": 2}, "avg": {"rating": null}},
        ]},
        "memberships": {"totalCount": 2}, "courses": {"totalCount": 2},
    })
}

#[tokio::test]
async fn two_clubs_have_the_same_fields_and_see_nothing_of_each_other() {
    let app = TestApp::start().await;
    let (ana, ben) = (club(&app, "ana", "North").await, club(&app, "ben", "South").await);
    assert_eq!(ana.data(SEASON, Value::Null).await, season("North"));
    assert_eq!(ben.data(SEASON, Value::Null).await, season("South"));

    // What one club changes the other never notices.
    let before = app.dump(&ben).await;
    let sdl = |client: &Client| client.request(reqwest::Method::GET, "/graphql/schema");
    let schema = sdl(&ben).send().await.unwrap().text().await.unwrap();
    let acts = "mutation {
        renamed: updateField(object: \"Contact\", name: \"handicap\", input: { name: \"index\", label: \"Index\" }) { userErrors { code } }
        archived: archiveField(object: \"Course\", name: \"slope\") { userErrors { code } }
        gone: archiveObject(name: \"TeeTime\", onUse: CASCADE) { userErrors { code } }
        other: createField(object: \"Course\", input: { name: \"slopeRating\", type: NUMBER }) { userErrors { code } } }";
    let changed = ana.data(acts, Value::Null).await;
    assert!(changed.as_object().unwrap().values().all(|answer| answer["userErrors"] == json!([])), "{changed}");
    assert_eq!(app.dump(&ben).await, before);
    assert_eq!(sdl(&ben).send().await.unwrap().text().await.unwrap(), schema);
    assert_eq!(ben.data(SEASON, Value::Null).await, season("South"));
    assert_eq!(ana.graphql("{ teeTimes { totalCount } }", Value::Null).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let read =
        ana.data("{ contacts(filter: { index: { lt: \"10\" } }) { nodes { lastName index } } }", Value::Null).await;
    assert_eq!(read["contacts"]["nodes"], json!([{"lastName": "North Brandt", "index": "9.1"}]));

    // And back as it was.
    let back = "mutation {
        renamed: updateField(object: \"Contact\", name: \"index\", input: { name: \"handicap\" }) { userErrors { code } }
        archived: restoreField(object: \"Course\", name: \"slope\") { userErrors { code } }
        there: restoreObject(name: \"TeeTime\") { userErrors { code } } }";
    let restored = ana.data(back, Value::Null).await;
    assert!(restored.as_object().unwrap().values().all(|answer| answer["userErrors"] == json!([])), "{restored}");
    assert_eq!(ana.data(SEASON, Value::Null).await, season("North"));
    let slope = ana.data("{ courses(filter: { code: { eq: \"LNK\" } }) { nodes { slope } } }", Value::Null).await;
    assert_eq!(slope["courses"]["nodes"][0]["slope"], "131.5");
}

#[tokio::test]
async fn clubs_of_the_same_template_share_one_catalog() {
    let app = TestApp::start().await;
    let mut catalogs = Vec::new();
    for owner in ["ana", "ben"] {
        let client = app.sign_up(owner).await;
        let apply = "mutation($template: String!) { applyCatalog(template: $template) { userErrors { message } } }";
        let template = file("docs/templates/clinic.toml");
        assert_eq!(client.data(apply, json!({"template": template})).await["applyCatalog"]["userErrors"], json!([]));
        let scope = app.app.tenancy.system_scope(client.workspace["slug"].as_str().unwrap()).await.unwrap().unwrap();
        let db = app.app.tenancy.open(&scope);
        // Until all indexes are there.
        let catalog = loop {
            let catalog = app.app.graph.catalogs.of(&db).await.unwrap().catalog;
            if !catalog.has_pending_indexes() {
                break catalog;
            }
            app.app.indexing.wake(&db);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        catalogs.push(catalog);
    }
    assert!(
        std::sync::Arc::ptr_eq(&catalogs[0], &catalogs[1]),
        "{:?}",
        catalogs.iter().map(|c| c.fingerprint()).collect::<Vec<_>>()
    );
}
