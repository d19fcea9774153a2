//! Random shapes and random values: what is written through the graph or a file is what is read, and what the log tells.

use serde_json::{Map, Value, json};

use crate::support::{Client, Tape, TestApp, schema_of};

const TYPES: [&str; 16] = [
    "TEXT",
    "LONG_TEXT",
    "NUMBER",
    "DECIMAL",
    "CURRENCY",
    "BOOLEAN",
    "DATE",
    "DATE_TIME",
    "SELECT",
    "MULTI_SELECT",
    "EMAIL",
    "PHONE",
    "URL",
    "ADDRESS",
    "RATING",
    "JSON",
];
const OPTIONS: [&str; 4] = ["LINKS", "PARK_LAND", "HEATH", "D3"];
const LETTERS: [char; 14] = ['a', 'Z', '0', ' ', '"', '\'', ',', ';', '\n', 'ß', '日', '\u{1f40e}', '\\', '%'];

/// One value: as the graph takes it, as it comes back, and the cells of a file that say the same.
struct Sample {
    given: Value,
    read: Value,
    cells: Vec<(&'static str, String)>,
}

fn text(tape: &mut Tape, most: usize) -> String {
    let inner: String = (0..tape.below(most)).map(|_| tape.pick(&LETTERS)).collect();
    // Cells are trimmed, values are not: the ends are letters.
    format!("x{inner}y")
}

fn sample(tape: &mut Tape, ty: &str) -> Sample {
    let same = |value: Value, cell: String| Sample { given: value.clone(), read: value, cells: vec![("", cell)] };
    let number =
        |tape: &mut Tape| (i64::try_from(tape.below(60_000)).expect("a small number") - 30_000, tape.below(100));
    match ty {
        "TEXT" => {
            let text = text(tape, 12).replace('\n', " ");
            same(json!(text), text)
        }
        "LONG_TEXT" => {
            let text = text(tape, 80);
            same(json!(text), text)
        }
        "NUMBER" => {
            let (whole, _) = number(tape);
            let text = format!("{whole}{}", tape.pick(&["", ".5", ".125"]));
            let value: Value = serde_json::from_str(&text).expect("a number");
            same(value.clone(), value.to_string())
        }
        "DECIMAL" => {
            let (whole, cents) = number(tape);
            let plain = format!("{whole}.{cents:02}");
            let trimmed = plain.trim_end_matches('0').trim_end_matches('.').to_owned();
            let trimmed = if trimmed == "-0" { "0".into() } else { trimmed };
            Sample { given: json!(plain), read: json!(trimmed), cells: vec![("", plain)] }
        }
        "CURRENCY" => {
            let (whole, cents) = number(tape);
            let value = format!("{whole}.{cents:02}");
            same(json!({"value": value, "currency": "EUR"}), value)
        }
        "BOOLEAN" => {
            let yes = tape.chance(50);
            same(json!(yes), yes.to_string())
        }
        "DATE" => {
            let date = format!("{:04}-{:02}-{:02}", 1_900 + tape.below(200), 1 + tape.below(12), 1 + tape.below(28));
            same(json!(date), date)
        }
        "DATE_TIME" => {
            let time = format!(
                "20{:02}-03-{:02}T{:02}:30:{:02}",
                tape.below(90) + 10,
                1 + tape.below(28),
                tape.below(24),
                tape.below(60)
            );
            Sample {
                given: json!(format!("{time}+00:00")),
                read: json!(format!("{time}Z")),
                cells: vec![("", format!("{time}Z"))],
            }
        }
        "SELECT" => {
            let option = tape.pick(&OPTIONS);
            same(json!(option), option.to_owned())
        }
        "MULTI_SELECT" => {
            let chosen: Vec<&str> = OPTIONS.into_iter().filter(|_| tape.chance(60)).collect();
            let chosen = if chosen.is_empty() { vec![OPTIONS[0]] } else { chosen };
            let mut given = chosen.clone();
            given.reverse();
            Sample { given: json!(given), read: json!(chosen), cells: vec![("", given.join(";"))] }
        }
        "EMAIL" => {
            let local = format!("Ann.{}", tape.below(1_000));
            let read = json!(format!("{local}@example.com"));
            Sample {
                given: json!(format!("{local}@Example.COM")),
                read,
                cells: vec![("", format!("{local}@EXAMPLE.com"))],
            }
        }
        "PHONE" => {
            let number = format!("+4930123{:04}", tape.below(10_000));
            let spaced = format!("+49 30 123 {}", &number[8..]);
            Sample { given: json!(spaced), read: json!(number), cells: vec![("", spaced)] }
        }
        "URL" => {
            let url = format!("https://example.com/{}?q=a,b", tape.below(1_000));
            same(json!(url), url)
        }
        "ADDRESS" => {
            let city = text(tape, 6).replace('\n', " ");
            let street = text(tape, 20);
            let read = json!({"street": street, "city": city, "region": null, "postalCode": null, "country": "DE"});
            let given = json!({"street": street, "city": city, "country": "Germany"});
            Sample { given, read, cells: vec![(".street", street), (".city", city), (".country", "de".into())] }
        }
        "RATING" => {
            let stars = 1 + tape.below(5);
            same(json!(stars), stars.to_string())
        }
        _ => {
            let document = json!({"a": [tape.below(9), null, {"t": text(tape, 6)}], "n": 1.5});
            same(document.clone(), document.to_string())
        }
    }
}

fn selection(name: &str, ty: &str) -> String {
    match ty {
        "CURRENCY" => format!("{name} {{ value currency }}"),
        "ADDRESS" => format!("{name} {{ street city region postalCode country }}"),
        _ => name.to_owned(),
    }
}

/// Fields of random types on an object, some of them indexed, searchable or restricted.
async fn shape(client: &Client, tape: &mut Tape, object: &str) -> Vec<(String, &'static str)> {
    let mut fields = Vec::new();
    let more: Vec<&str> = (0..4).map(|_| tape.pick(&TYPES)).collect();
    for (at, ty) in TYPES.into_iter().chain(more).enumerate() {
        let name = format!("{}{at}", tape.pick(&["a", "veryLongNameOfAField", "x", "order", "filter"]));
        let mut input = json!({"name": name, "type": ty, "filterable": tape.chance(40), "restricted": tape.chance(20)});
        if ty.ends_with("SELECT") {
            input["options"] = OPTIONS.iter().map(|option| json!({"value": option})).collect();
        }
        let create = "mutation($object: String!, $input: CreateFieldInput!) { createField(object: $object, input: $input) { userErrors { message } } }";
        let made = client.data(create, json!({"object": object, "input": input})).await;
        assert_eq!(made["createField"]["userErrors"], json!([]), "{input}");
        fields.push((name, ty));
    }
    fields
}

/// Fields of one object, and rows of values for them.
struct World {
    client: Client,
    object: &'static str,
    one: &'static str,
    many: &'static str,
    fields: Vec<(String, &'static str)>,
    rows: Vec<Vec<Option<Sample>>>,
}

impl World {
    async fn of(app: &TestApp, seed: u64) -> Self {
        let mut tape = Tape::of_seed(71 + seed);
        let client = app.sign_up(&format!("ana{seed}")).await;
        let create =
            "mutation { createObject(input: { name: \"Horse\", plural: \"horses\" }) { userErrors { message } } }";
        assert_eq!(client.data(create, Value::Null).await["createObject"]["userErrors"], json!([]));
        let (object, one, many) =
            if seed == 0 { ("Contact", "contact", "contacts") } else { ("Horse", "horse", "horses") };
        let fields = shape(&client, &mut tape, object).await;
        let mut row = || fields.iter().map(|(_, ty)| (!tape.chance(15)).then(|| sample(&mut tape, ty))).collect();
        let rows = (0..12).map(|_| row()).collect();
        Self { client, object, one, many, fields, rows }
    }

    fn wanted(&self) -> String {
        self.fields.iter().map(|(name, ty)| selection(name, ty)).collect::<Vec<_>>().join(" ")
    }

    /// Writes a row through the graph; the record as it comes back.
    async fn create(&self, at: usize) -> Value {
        let Self { object, one, .. } = self;
        let given = self.fields.iter().zip(&self.rows[at]);
        let mut input: Map<String, Value> =
            given.filter_map(|((name, _), sample)| Some((name.clone(), sample.as_ref()?.given.clone()))).collect();
        input.insert("externalId".into(), json!(format!("g{at}")));
        let create = format!(
            "mutation($input: {object}CreateInput!) {{ create{object}(input: $input) {{ {one} {{ id {} }} userErrors {{ field message }} }} }}",
            self.wanted()
        );
        let mut created = self.client.data(&create, json!({"input": input})).await[format!("create{object}")].take();
        assert_eq!(created["userErrors"], json!([]), "{input:?}");
        created[*one].take()
    }

    /// A file with all rows, and the mapping that reads it.
    fn file(&self) -> (String, String) {
        let mut mapping = format!(
            "[[step]]\nfile = \"rows.csv\"\nobject = \"{}\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"id\"\n",
            self.object
        );
        let mut header = vec!["id".to_owned()];
        for (name, ty) in &self.fields {
            for part in parts(ty) {
                let currency = if *ty == "CURRENCY" { ", currency = \"EUR\"" } else { "" };
                mapping
                    .push_str(&["\"", name, part, "\" = { column = \"", name, part, "\"", currency, " }\n"].concat());
                header.push(format!("{name}{part}"));
            }
        }
        let line = |cells: Vec<String>| {
            let quoted: Vec<_> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            quoted.join(",") + "\n"
        };
        let mut file = line(header);
        for (at, row) in self.rows.iter().enumerate() {
            let mut cells = vec![format!("f{at}")];
            for ((_, ty), sample) in self.fields.iter().zip(row) {
                match sample {
                    Some(sample) => cells.extend(sample.cells.iter().map(|(_, cell)| cell.clone())),
                    None => cells.extend(parts(ty).iter().map(|_| String::new())),
                }
            }
            file.push_str(&line(cells));
        }
        (mapping, file)
    }
}

/// The columns of a file that a value of a type has.
fn parts(ty: &str) -> &'static [&'static str] {
    if ty == "ADDRESS" { &[".street", ".city", ".country"] } else { &[""] }
}

/// What the log says of a value, in the form of the graph.
fn told(ty: &str, after: &Value, read: &Value) -> Value {
    match (ty, after.as_str()) {
        ("DATE_TIME", Some(text)) => json!(text.replace(".000000Z", "Z")),
        // 10.0 is 10.
        ("NUMBER", _) if after.as_f64() == read.as_f64() => read.clone(),
        _ => after.clone(),
    }
}

#[tokio::test]
async fn whatever_is_written_is_read_back_from_the_graph_from_a_file_and_from_the_log() {
    let app = TestApp::start().await;
    for seed in 0..3 {
        let world = World::of(&app, seed).await;
        for (at, row) in world.rows.iter().enumerate() {
            let record = world.create(at).await;
            let sql = format!(
                "SELECT after::text FROM {}.event WHERE record_id = '{}'",
                schema_of(&world.client),
                record["id"].as_str().unwrap()
            );
            let after: Value = serde_json::from_str(app.sql(&sql).await.unwrap()[0][0].as_ref().unwrap()).unwrap();
            for ((name, ty), sample) in world.fields.iter().zip(row) {
                let Some(sample) = sample else {
                    assert!(record[name].is_null() && after.get(name).is_none(), "{name} {ty} {}", record[name]);
                    continue;
                };
                assert_eq!(record[name], sample.read, "{name} {ty}");
                let mut read = sample.read.clone();
                if let ("ADDRESS", Some(parts)) = (*ty, read.as_object_mut()) {
                    parts.retain(|_, part| !part.is_null());
                }
                assert_eq!(told(ty, &after[name], &read), read, "{name} {ty}");
            }
        }
        let (mapping, file) = world.file();
        crate::golf_club::import(&world.client, &mapping, &[("rows.csv", &file)]).await;
        let (many, wanted) = (world.many, world.wanted());
        let query = format!("{{ {many}(first: 100) {{ nodes {{ externalId {wanted} }} }} }}");
        let read = world.client.data(&query, Value::Null).await;
        let nodes = read[many]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 2 * world.rows.len());
        let of = |id: String| nodes.iter().find(|node| node["externalId"] == *id).unwrap();
        for at in 0..world.rows.len() {
            for (name, ty) in &world.fields {
                assert_eq!(of(format!("g{at}"))[name], of(format!("f{at}"))[name], "{name} {ty}");
            }
        }
    }
}

#[tokio::test]
async fn a_workspace_can_have_500_fields_and_50_objects() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let schema = schema_of(&ana);
    app.sql(&format!(
        "INSERT INTO {schema}.metadata_object (id, name, plural, key, label, label_plural, name_field)
           SELECT gen_random_uuid(), 'Thing' || n, 'things' || n, 'Thing' || n, 'Thing', 'Things', 'name' FROM generate_series(1, 50) AS n;
         INSERT INTO {schema}.metadata_field (id, object, name, key, label, type, settings)
           SELECT gen_random_uuid(), 'Thing' || n, 'name', 'name', 'Name', 'TEXT', '{{}}'::jsonb FROM generate_series(1, 50) AS n
           UNION ALL SELECT gen_random_uuid(), 'Thing' || n, 'next', 'next', 'Next', 'RELATION',
             jsonb_build_object('target', 'Thing' || (n % 50 + 1), 'inverse', 'previous') FROM generate_series(1, 50) AS n
           UNION ALL SELECT gen_random_uuid(), 'Contact', 'field' || n, 'field' || n, 'Field', (ARRAY['TEXT', 'NUMBER', 'DATE', 'CURRENCY'])[1 + n % 4], '{{}}'::jsonb
             FROM generate_series(1, 500) AS n;
         UPDATE {schema}.metadata_version SET version = version + 1"
    ))
    .await
    .unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    let all: Vec<String> =
        (1..=500).map(|n| selection(&format!("field{n}"), if n % 4 == 3 { "CURRENCY" } else { "TEXT" })).collect();
    let written = ana
        .data(
            "mutation { createContact(input: { lastName: \"Ames\", field4: \"x\", field499: { value: \"1.00\", currency: \"EUR\" } }) { userErrors { message } }
               createThing1(input: { name: \"One\" }) { thing1 { id } userErrors { message } } }",
            Value::Null,
        )
        .await;
    let one = &written["createThing1"]["thing1"]["id"];
    ana.data(
        "mutation($one: ID!) { createThing50(input: { name: \"Fifty\", nextId: $one }) { userErrors { message } } }",
        json!({"one": one}),
    )
    .await;
    // A document may not be that wide at once: in pieces.
    for piece in all.chunks(120) {
        let read = ana.data(&format!("{{ contacts {{ nodes {{ {} }} }} }}", piece.join(" ")), Value::Null).await;
        assert!(read["contacts"]["nodes"][0].is_object());
    }
    let read = ana
        .data("{ contacts(filter: { field4: { eq: \"x\" } }) { nodes { field4 field499 { value } } } things50 { nodes { name next { name previous { nodes { name } } } } } }", Value::Null)
        .await;
    assert_eq!(read["contacts"]["nodes"], json!([{"field4": "x", "field499": {"value": "1.00"}}]));
    assert_eq!(
        read["things50"]["nodes"],
        json!([{"name": "Fifty", "next": {"name": "One", "previous": {"nodes": [{"name": "Fifty"}]}}}])
    );
    // The next one is refused, and says so.
    let more = ana
        .data("mutation { createField(object: \"Contact\", input: { name: \"oneMore\", type: TEXT }) { userErrors { code } } }", Value::Null)
        .await;
    assert_eq!(more["createField"]["userErrors"], json!([{"code": "LIMIT_REACHED"}]));
}
