//! Search over all that a workspace holds: what is found, in which order, by whom, and how soon.

mod naive;

use rapport_domain::rights::{Level, ObjectRights, RoleRights};
use serde_json::{Value, json};

use self::naive::Naive;
use crate::support::{Client, Tape, TestApp, for_tapes, schema_of};

const SEARCH: &str = "query($query: String!, $objects: [String!], $first: Int) { search(query: $query, objects: $objects, first: $first) {
    hits { object id title score matches { field label text ranges { start end } } } isCatchingUp } }";

async fn search(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.data(SEARCH, json!({"query": query})).await["search"].take();
    assert_eq!(answer["isCatchingUp"], false);
    answer["hits"].as_array().expect("hits").clone()
}

async fn titles(client: &Client, query: &str) -> Vec<String> {
    search(client, query).await.iter().map(|hit| hit["title"].as_str().expect("a title").to_owned()).collect()
}

/// Creates records of one object; their ids.
async fn create(client: &Client, object: &str, plural: &str, inputs: Value) -> Vec<String> {
    let mutation = format!(
        "mutation($inputs: [{object}CreateInput!]!) {{ create{plural}(inputs: $inputs) {{ results {{ id userErrors {{ message }} }} }} }}"
    );
    let data = client.data(&mutation, json!({"inputs": inputs})).await;
    let rows = data[format!("create{plural}")]["results"].as_array().expect("rows");
    rows.iter().map(|row| row["id"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()).collect()
}

async fn contacts(client: &Client, inputs: Value) -> Vec<String> {
    create(client, "Contact", "Contacts", inputs).await
}

async fn act(client: &Client, act: &str) {
    let data = client.data(&format!("mutation {{ act: {act} {{ userErrors {{ message }} }} }}"), Value::Null).await;
    assert_eq!(data["act"]["userErrors"], json!([]), "{act}");
}

async fn define(client: &Client, field: &str, more: &str) {
    act(
        client,
        &format!(
            "createField(object: \"Contact\", input: {{name: \"{field}\", label: \"{field}\", type: TEXT{more}}})"
        ),
    )
    .await;
}

#[tokio::test]
async fn a_record_is_found_by_the_start_of_its_words_however_they_are_written() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    contacts(
        &ana,
        json!([
            {"firstName": "Jürgen", "lastName": "Müller-Lüdenscheidt", "email": "j.mueller@wanne.example"},
            {"firstName": "Siobhán", "lastName": "O'Brien", "phone": "+353 1 234 5678"},
            {"firstName": "Łukasz", "lastName": "Żółw"},
        ]),
    )
    .await;
    create(&ana, "Company", "Companies", json!([{"name": "Wanne & Söhne", "domain": "wanne.example"}])).await;

    for (query, expected) in [
        ("jürg", vec!["Jürgen Müller-Lüdenscheidt"]),
        ("MULLER", vec!["Jürgen Müller-Lüdenscheidt"]),
        ("lued jur", vec![]),
        ("lud jur", vec!["Jürgen Müller-Lüdenscheidt"]),
        ("j.mueller@wanne.example", vec!["Jürgen Müller-Lüdenscheidt"]),
        ("wanne", vec!["Wanne & Söhne", "Jürgen Müller-Lüdenscheidt"]),
        ("obr", vec![]),
        ("o'br", vec!["Siobhán O'Brien"]),
        ("siobhan", vec!["Siobhán O'Brien"]),
        ("lukasz zolw", vec!["Łukasz Żółw"]),
        ("\"wanne sohne\"", vec!["Wanne & Söhne"]),
        ("\"sohne wanne\"", vec![]),
        ("nobody", vec![]),
    ] {
        assert_eq!(titles(&ana, query).await, expected, "{query}");
    }
    // Who works here is found as well, though nobody wrote the record over the API.
    assert_eq!(search(&ana, "ana@example.com").await[0]["object"], "User");
}

#[tokio::test]
async fn what_matched_is_marked_where_it_stands() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let id = contacts(&ana, json!([{"firstName": "😀 Jürgen", "lastName": "Müller", "email": "mull@x.example"}]))
        .await
        .remove(0);

    let hits = search(&ana, "mull").await;

    assert_eq!((&hits[0]["object"], &hits[0]["id"]), (&json!("Contact"), &json!(id)));
    assert_eq!(
        hits[0]["matches"],
        json!([
            {"field": "name", "label": "Name", "text": "😀 Jürgen Müller", "ranges": [{"start": 10, "end": 14}]},
            {"field": "email", "label": "E-mail", "text": "mull@x.example", "ranges": [{"start": 0, "end": 4}]},
        ])
    );
}

#[tokio::test]
async fn names_come_before_what_only_has_the_word_and_slips_after_all() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let companies = json!([
        {"name": "Rosenberg"}, {"name": "Rosenberg Holding"}, {"name": "Haus Rosenberg"},
        {"name": "Tulpe", "domain": "rosenberg.example"}, {"name": "Rosemberg"}, {"name": "Rosenborg Ltd"},
    ]);
    create(&ana, "Company", "Companies", companies).await;

    let hits = search(&ana, "rosenberg").await;

    let found: Vec<_> = hits.iter().map(|hit| hit["title"].as_str().unwrap()).collect();
    assert_eq!(found[..4], ["Rosenberg", "Rosenberg Holding", "Haus Rosenberg", "Tulpe"]);
    let mut alike = found[4..].to_vec();
    alike.sort_unstable();
    assert_eq!(alike, ["Rosemberg", "Rosenborg Ltd"]);
    let floors: Vec<_> = hits.iter().map(|hit| hit["score"].as_f64().unwrap().floor()).collect();
    assert_eq!(floors, [3.0, 2.0, 1.0, 1.0, 0.0, 0.0]);
    for (query, expected) in
        [("rosneberg hodling", "Rosenberg Holding"), ("tulpa", "Tulpe"), ("rosenberg hauss", "Haus Rosenberg")]
    {
        assert_eq!(titles(&ana, query).await.first().map(String::as_str), Some(expected), "{query}");
    }
    let limited = ana.data(SEARCH, json!({"query": "rosenberg", "first": 2})).await;
    assert_eq!(limited["search"]["hits"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn one_or_two_letters_are_looked_for_in_names() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let companies =
        json!([{"name": "Zx"}, {"name": "Zxylo"}, {"name": "Ab Zxtra"}, {"name": "Other", "domain": "zx.example"}]);
    create(&ana, "Company", "Companies", companies).await;
    assert_eq!(titles(&ana, "z").await, ["Zx", "Zxylo", "Ab Zxtra"]);
    assert_eq!(titles(&ana, "ZX").await, ["Zx", "Zxylo", "Ab Zxtra"]);
    assert_eq!(titles(&ana, "zx example").await, ["Other"]);
}

#[tokio::test]
async fn a_number_is_found_by_a_part_of_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    act(
        &ana,
        "createField(object: \"Contact\", input: {name: \"mobile\", label: \"Mobile\", type: PHONE, searchable: true})",
    )
    .await;
    contacts(&ana, json!([{"lastName": "Dial", "mobile": "+493012345678"}])).await;
    for (query, found) in
        [("+49 30 1234 5678", 1), ("030 12345678", 1), ("345678", 1), ("+493012345678", 1), ("999", 0)]
    {
        assert_eq!(search(&ana, query).await.len(), found, "{query}");
    }
}

#[tokio::test]
async fn what_is_written_is_found_at_once_as_it_is_now() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let id = contacts(&ana, json!([{"lastName": "Quittenbaum"}])).await.remove(0);
    assert_eq!(titles(&ana, "quitten").await, ["Quittenbaum"]);

    act(&ana, &format!("updateContact(id: \"{id}\", input: {{lastName: \"Zwetschge\"}})")).await;
    assert_eq!(titles(&ana, "quitten").await, [""; 0]);
    assert_eq!(titles(&ana, "quittenbaun").await, [""; 0]);
    assert_eq!(titles(&ana, "zwetsch").await, ["Zwetschge"]);

    act(&ana, &format!("deleteContact(id: \"{id}\")")).await;
    assert_eq!(titles(&ana, "zwetsch").await, [""; 0]);
    act(&ana, &format!("restoreContact(id: \"{id}\")")).await;
    assert_eq!(titles(&ana, "zwetsch").await, ["Zwetschge"]);

    act(&ana, &format!("deleteContact(id: \"{id}\")")).await;
    act(&ana, &format!("destroyContact(id: \"{id}\")")).await;
    assert_eq!(titles(&ana, "zwetsch").await, [""; 0]);
    let left = format!("SELECT word FROM {}.search_word WHERE word ~ '^(quitten|zwetsch)'", schema_of(&ana));
    assert_eq!(app.sql(&left).await.expect("words").len(), 0, "a word of an erased record is left");
}

/// An import's long transaction, say: what it writes comes later, and it holds nobody up.
#[tokio::test]
async fn an_open_transaction_holds_nobody_up_and_is_not_passed_over() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    search(&ana, "anything").await;
    let schema = schema_of(&ana);
    let owner = app.database.owner().await;
    let open = format!(
        "BEGIN; INSERT INTO {schema}.contact (id, last_name) VALUES ('00000000-0000-7000-8000-000000000001', 'Langsam');
         INSERT INTO {schema}.event (type, object, record_id) VALUES ('contact.created', 'Contact', '00000000-0000-7000-8000-000000000001')"
    );
    owner.batch_execute(&open).await.expect("an open transaction");

    contacts(&ana, json!([{"lastName": "Schnell"}])).await;

    assert_eq!((titles(&ana, "schnell").await, titles(&ana, "langsam").await), (vec!["Schnell".to_owned()], vec![]));
    owner.batch_execute("COMMIT").await.expect("its end");
    assert_eq!(titles(&ana, "langsam").await, ["Langsam"]);
}

#[tokio::test]
async fn a_field_that_becomes_searchable_is_searched_with_its_old_values_until_it_is_no_more() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    define(&ana, "motto", "").await;
    contacts(&ana, json!([{"lastName": "Stoic", "motto": "Festina lente"}])).await;
    assert_eq!(titles(&ana, "festina").await, [""; 0]);

    act(&ana, "updateField(object: \"Contact\", name: \"motto\", input: {searchable: true})").await;
    let hits = search(&ana, "festina").await;
    assert_eq!(hits[0]["matches"][0]["field"], "motto");

    act(&ana, "updateField(object: \"Contact\", name: \"motto\", input: {name: \"device\", label: \"Device\"})").await;
    assert_eq!(search(&ana, "festina").await[0]["matches"][0]["label"], "Device");

    act(&ana, "archiveField(object: \"Contact\", name: \"device\")").await;
    assert_eq!(titles(&ana, "festina").await, [""; 0]);
    act(&ana, "restoreField(object: \"Contact\", name: \"device\")").await;
    assert_eq!(titles(&ana, "festina").await, ["Stoic"]);
    act(&ana, "updateField(object: \"Contact\", name: \"device\", input: {searchable: false})").await;
    assert_eq!(titles(&ana, "festina").await, [""; 0]);
}

#[tokio::test]
async fn a_member_neither_finds_by_a_restricted_field_nor_sees_it() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    let member = app.member_of(&owner, "ben").await;
    define(&owner, "verdict", ", searchable: true, restricted: true").await;
    contacts(
        &owner,
        json!([{"lastName": "Pigeon", "verdict": "unreliable pigeon"}, {"lastName": "Other", "verdict": "Pigeon"}]),
    )
    .await;

    assert_eq!(titles(&owner, "unreliable").await, ["Pigeon"]);
    assert_eq!(titles(&owner, "unreliabel pigeon").await, ["Pigeon"]);
    assert_eq!(titles(&owner, "pigeon").await, ["Pigeon", "Other"]);
    for query in ["unreliable", "unreliabel", "pigeon unreliable"] {
        assert_eq!(titles(&member, query).await, [""; 0], "{query}");
    }
    let hits = search(&member, "pigeon").await;
    assert_eq!(hits.len(), 1);
    assert_eq!(
        hits[0]["matches"].as_array().unwrap().iter().map(|found| &found["field"]).collect::<Vec<_>>(),
        ["name"]
    );

    // From the moment that it is restricted, whatever the entries say.
    define(&owner, "motto", ", searchable: true").await;
    contacts(&owner, json!([{"lastName": "Third", "motto": "carpe"}])).await;
    assert_eq!(titles(&member, "carpe").await, ["Third"]);
    let restrict = format!(
        "UPDATE {0}.metadata_field SET restricted = true WHERE name = 'motto'; UPDATE {0}.metadata_version SET version = version + 1",
        schema_of(&owner)
    );
    app.sql(&restrict).await.expect("a registry");
    app.app.graph.catalogs.forget(owner.workspace["id"].as_str().expect("an id").parse().expect("an id"));
    assert_eq!((titles(&member, "carpe").await, titles(&owner, "carpe").await), (vec![], vec!["Third".to_owned()]));
}

#[tokio::test]
async fn words_of_what_is_hidden_do_not_take_the_place_of_others() {
    let app = TestApp::start().await;
    let owner = app.sign_up("ana").await;
    define(&owner, "verdict", ", searchable: true, restricted: true").await;
    let rights = ObjectRights { create: true, read: Level::Own, ..ObjectRights::default() };
    let role = RoleRights { objects: [("contact".into(), rights)].into(), ..RoleRights::default() };
    let role = app.role(&owner, "Own contacts", &role).await;
    let ben = app.member_with(&owner, "ben", &[role]).await;
    // Twelve are alike enough, and twelve are taken.
    let alike: Vec<Value> = ('a'..='l').map(|letter| json!({"lastName": format!("zyxwvuts{letter}b")})).collect();
    contacts(&ben, json!(alike)).await;
    let found = async || titles(&ben, "zyxwvutsqq").await;
    let before = found().await;
    assert_eq!(before.len(), 12);
    contacts(&owner, json!([{"lastName": "zyxwvutsqa"}, {"lastName": "Other", "verdict": "zyxwvutsqc"}])).await;
    assert_eq!(titles(&owner, "zyxwvutsqa").await[0], "zyxwvutsqa");
    assert_eq!(found().await, before);
}

#[tokio::test]
async fn nobody_finds_what_is_another_workspaces() {
    let app = TestApp::start().await;
    let (ana, ben) = (app.sign_up("ana").await, app.sign_up("ben").await);
    contacts(&ana, json!([{"lastName": "Geheimnis"}])).await;
    assert_eq!((titles(&ana, "geheim").await.len(), titles(&ben, "geheim").await.len()), (1, 0));
    assert_eq!(titles(&ben, "geheimnsi").await, [""; 0]);
}

#[tokio::test]
async fn records_from_before_there_was_search_are_found_part_by_part() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let schema = schema_of(&ana);
    let before = format!(
        "INSERT INTO {schema}.contact (id, first_name, last_name) SELECT gen_random_uuid(), 'Old', 'Guest' || n FROM generate_series(1, 2500) n"
    );
    app.sql(&before).await.expect("records");
    let first = ana.data(SEARCH, json!({"query": "guest777"})).await["search"].take();
    assert_eq!(first["isCatchingUp"], true);
    let mut last = first;
    while last["isCatchingUp"] == true {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        last = ana.data(SEARCH, json!({"query": "guest777"})).await["search"].take();
    }
    assert_eq!(last["hits"][0]["title"], "Old Guest777");
    let entries = app.sql(&format!("SELECT count(*) FROM {schema}.search_entry WHERE object = 'Contact'")).await;
    assert_eq!(entries.expect("a number")[0][0].as_deref(), Some("2500"));

    // The log of another server says nothing here: all is read anew.
    let moved = format!(
        "DELETE FROM {schema}.search_entry; DELETE FROM {schema}.search_word; UPDATE {schema}.search_state SET done = '900000000:900000000:'"
    );
    app.sql(&moved).await.expect("a state");
    loop {
        let again = ana.data(SEARCH, json!({"query": "guest778"})).await["search"].take();
        if again["hits"][0]["title"] == "Old Guest778" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_is_imported_is_found_and_what_is_taken_back_is_not() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let mapping = "[[step]]\nfile = \"p.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"id\"\nlastName = \"name\"\n";
    let people: Vec<String> = (0..300).map(|n| format!("P{n},Imported{n}")).collect();
    let start = "mutation($mapping: String!, $content: String!) { startImport(input: { mapping: $mapping, files: [{ name: \"p.csv\", content: $content }] }) { import { id } } }";
    let started =
        ana.data(start, json!({"mapping": mapping, "content": format!("id,name\n{}\n", people.join("\n"))})).await;
    let id = started["startImport"]["import"]["id"].clone();
    let ask = "query($id: ID!) { import(id: $id) { state } }";
    while ana.data(ask, json!({"id": id})).await["import"]["state"] == "RUNNING" {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(titles(&ana, "imported217").await, ["Imported217"]);
    ana.data("mutation($id: ID!) { undoImport(id: $id) { userErrors { code } } }", json!({"id": id})).await;
    assert_eq!(titles(&ana, "imported217").await, [""; 0]);
}

#[tokio::test]
async fn only_the_objects_asked_for_are_looked_into() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    contacts(&ana, json!([{"lastName": "Twin"}])).await;
    create(&ana, "Company", "Companies", json!([{"name": "Twin"}])).await;
    for (objects, found) in
        [(json!(null), 2), (json!(["Company"]), 1), (json!(["Company", "Contact"]), 2), (json!([]), 0)]
    {
        let data = ana.data(SEARCH, json!({"query": "twin", "objects": objects})).await;
        assert_eq!(data["search"]["hits"].as_array().map(Vec::len), Some(found), "{objects}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_name() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    for (variables, argument) in [
        (json!({"query": ""}), "query"),
        (json!({"query": " \t "}), "query"),
        (json!({"query": "a\u{0}b"}), "query"),
        (json!({"query": "x".repeat(201)}), "query"),
        (json!({"query": "x", "objects": ["Contact", "Nothing"]}), "objects"),
        (json!({"query": "x", "first": 0}), "first"),
        (json!({"query": "x", "first": -1}), "first"),
        (json!({"query": "x", "first": 101}), "first"),
    ] {
        let answer = ana.graphql(SEARCH, variables.clone()).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{variables} {}", answer.body);
        let error = &answer.body["errors"][0];
        assert_eq!((&error["extensions"]["argument"], &error["path"]), (&json!(argument), &json!(["search"])));
        assert!(
            error["message"].as_str().is_some_and(|message| message.starts_with(&format!("`{argument}`"))),
            "{error}"
        );
    }
    assert_eq!(
        ana.data(SEARCH, json!({"query": "x".repeat(200), "first": null, "objects": null})).await["search"]["hits"],
        json!([])
    );
}

#[tokio::test]
async fn no_sign_in_a_query_does_anything() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    contacts(&ana, json!([{"lastName": "Plain"}])).await;
    for sign in [
        "&", "|", "!", ":*", "(", ")", "'", "\"", "\\", "<->", "<2>", "%", "_", "*", "--", ";", "$1", "''", "\u{301}",
        "\u{feff}", "\u{200d}",
    ] {
        assert_eq!(titles(&ana, sign).await, [""; 0], "{sign}");
        for query in [format!("plain{sign}"), format!("{sign}plain"), format!("{sign} plain {sign}")] {
            let found = titles(&ana, &query).await;
            assert!(found == ["Plain"] || sign == "<2>" || sign == "$1", "{query} {found:?}");
        }
    }
}

/// Titles and queries of few letters, so that they meet; oddities among them.
const LETTERS: [&str; 16] = ["a", "A", "ä", "b", "ß", "s", "ø", "1", "東", "İ", "ﬁ", "e\u{301}", ".", "&", "'", " "];

fn made_up(tape: &mut Tape, most: usize) -> String {
    let length = 1 + tape.below(most);
    (0..length).map(|_| tape.pick(&LETTERS)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exact_hits_are_those_of_a_plain_reading() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let mut tape = Tape::of_seed(11);
    let titles: Vec<String> = (0..80).map(|_| format!("{}a", made_up(&mut tape, 14))).collect();
    let inputs: Vec<_> = titles.iter().map(|title| json!({"name": title})).collect();
    let ids = create(&ana, "Company", "Companies", json!(inputs)).await;
    let naive = Naive::of(ids.into_iter().zip(titles));
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        for_tapes(150, 24, |tape| {
            let query = made_up(tape, 7);
            if query.trim().is_empty() {
                return Ok(());
            }
            let variables = json!({"query": query, "objects": ["Company"], "first": 100});
            let answer = runtime.block_on(ana.data(SEARCH, variables));
            let hits = answer["search"]["hits"].as_array().expect("hits");
            let exact = hits.iter().filter(|hit| hit["score"].as_f64().is_some_and(|score| score >= 1.0));
            let mut exact: Vec<_> = exact.map(|hit| hit["id"].as_str().expect("an id").to_owned()).collect();
            exact.sort_unstable();
            let expected = naive.find(&query);
            if exact == expected {
                Ok(())
            } else {
                Err(format!("{query:?}\n{:?}\n{:?}", naive.titles(&exact), naive.titles(&expected)))
            }
        });
    })
    .await
    .expect("equal answers");
}
