//! Imports from outside: what became of each row, over the API and on the command line.

use std::{fmt::Write as _, fs, path::Path, process::Output};

use rapport_domain::rights::{Level, ObjectRights, RoleRights};
use rapport_tenancy::testing::TestDatabase;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const MAPPING: &str = "[[step]]\nfile = \"people.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n\
    where_not = { name = [\"Test\"] }\n[step.columns]\nexternalId = \"id\"\nlastName = \"name\"\nemail = \"mail\"\n";

/// 30 people: every third is refused, the last is left out by a rule.
fn people() -> String {
    let line = |n: usize| match n {
        29 => "P29,Test,\n".to_owned(),
        n if n % 3 == 0 => format!("P{n},Name {n},nonsense\n"),
        n => format!("P{n},Name {n},p{n}@example.com\n"),
    };
    "id,name,mail\n".to_owned() + &(0..30).map(line).collect::<String>()
}

async fn run(client: &Client, content: &str, dry_run: bool) -> Value {
    let start = "mutation($mapping: String!, $content: String!, $dry: Boolean) { startImport(input: { mapping: $mapping, dryRun: $dry, \
        files: [{ name: \"people.csv\", content: $content }] }) { import { id } userErrors { code } } }";
    let variables = json!({"mapping": MAPPING, "content": content, "dry": dry_run});
    let id = client.data(start, variables).await["startImport"]["import"]["id"].clone();
    for _ in 0..400 {
        let state = client.data("query($id: ID!) { import(id: $id) { state } }", json!({"id": id})).await;
        if state["import"]["state"] != "RUNNING" {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}

/// All rows with an outcome, seven at a time.
async fn rows(client: &Client, import: &Value, outcome: Value) -> Vec<Value> {
    let ask = "query($id: ID!, $outcome: [ImportRowOutcome!], $after: String) { import(id: $id) { rows(outcome: $outcome, first: 7, after: $after) {
        nodes { step file line outcome record problems { code column message } } hasNextPage endCursor } } }";
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({"id": import, "outcome": outcome, "after": after});
        let page = client.data(ask, variables).await["import"]["rows"].take();
        all.extend(page["nodes"].as_array().expect("a list").clone());
        if page["hasNextPage"] == false {
            return all;
        }
        after = page["endCursor"].clone();
    }
}

fn lines(rows: &[Value]) -> Vec<i64> {
    rows.iter().filter_map(|row| row["line"].as_i64()).collect()
}

#[tokio::test]
async fn the_rows_of_an_import_can_be_paged_through_by_what_became_of_them() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let import = run(&ana, &people(), false).await;
    let all = rows(&ana, &import, Value::Null).await;
    assert_eq!(lines(&all), (2..32).collect::<Vec<_>>());
    let refused = rows(&ana, &import, json!(["REFUSED"])).await;
    assert_eq!(lines(&refused), (0..10).map(|n| 2 + 3 * n).collect::<Vec<_>>());
    let first = &refused[0];
    assert_eq!(
        (&first["step"], &first["file"], &first["record"]),
        (&json!("people.csv"), &json!("people.csv"), &Value::Null)
    );
    assert_eq!(
        (&first["problems"][0]["code"], &first["problems"][0]["column"]),
        (&json!("INVALID_VALUE"), &json!("mail"))
    );
    let others = rows(&ana, &import, json!(["CREATED", "SKIPPED"])).await;
    assert_eq!(others.len(), 20);
    assert_eq!((&others[19]["outcome"], &others[19]["line"]), (&json!("SKIPPED"), &json!(31)));
    let record = "query($id: ID!) { contact(id: $id) { externalId } }";
    assert_eq!(ana.data(record, json!({"id": others[0]["record"]})).await["contact"]["externalId"], "P1");

    // Again: the same records, unchanged; a dry run tells the same and names none.
    let again = run(&ana, &people(), false).await;
    let unchanged = rows(&ana, &again, json!(["UNCHANGED"])).await;
    assert_eq!(unchanged.len(), 19);
    assert_eq!(unchanged[0]["record"], others[0]["record"]);
    let dry = run(&ana, "id,name,mail\nQ1,New,\nQ2,Bad,nonsense\n", true).await;
    let dry = rows(&ana, &dry, Value::Null).await;
    assert_eq!(dry.iter().map(|row| &row["outcome"]).collect::<Vec<_>>(), ["CREATED", "REFUSED"]);
    assert_eq!(dry[0]["record"], Value::Null);
}

#[tokio::test]
async fn what_is_asked_of_the_rows_wrongly_is_refused() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let import = run(&ana, &people(), false).await;
    for arguments in ["first: 0", "first: 1001", "first: -1", "after: \"nonsense\"", "outcome: DELETED"] {
        let query = format!("query($id: ID!) {{ import(id: $id) {{ rows({arguments}) {{ hasNextPage }} }} }}");
        let answer = ana.graphql(&query, json!({"id": import})).await;
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&answer.code()),
            "{arguments} {}",
            answer.body
        );
    }
    let one = "query($id: ID!) { import(id: $id) { rows(outcome: REFUSED, first: 1) { nodes { line } } } }";
    assert_eq!(ana.data(one, json!({"id": import})).await["import"]["rows"]["nodes"], json!([{"line": 2}]));
}

/// The binary on a database with the workspace `cli`.
struct Shell {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Shell {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let tenancy = database.tenancy().await;
        rapport_tenancy::testing::workspace(&tenancy, "cli").await;
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mapping.toml"), MAPPING).expect("a file");
        fs::write(folder.path().join("people.csv"), people()).expect("a file");
        Self { database, folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.folder)
            .expect("a folder")
            .map(|entry| entry.expect("a file").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        names
    }

    fn import(&self, more: &[&str]) -> Output {
        let mut command = crate::command::rapport(Path::new("/nowhere"));
        command.env("RAPPORT_DATABASE_URL", self.database.url()).current_dir(&self.folder);
        command
            .args(["import", "--tenant", "cli", "--mapping", "mapping.toml"])
            .args(more)
            .output()
            .expect("the binary runs")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_about_rows_take_their_place_when_they_are_whole() {
    let shell = Shell::new().await;
    fs::write(shell.path("refused.csv"), "of yesterday").expect("a file");
    fs::write(shell.path("mapping.toml"), MAPPING.replace("lastName", "surname")).expect("a file");
    let refused = shell.import(&["--errors", "refused.csv", "--outcomes", "outcomes.csv"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(shell.read("refused.csv"), "of yesterday");
    assert_eq!(shell.names(), ["mapping.toml", "people.csv", "refused.csv"]);

    fs::write(shell.path("mapping.toml"), MAPPING).expect("a file");
    let done = shell.import(&["--errors", "refused.csv", "--outcomes", "outcomes.csv"]);
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert_eq!(shell.names(), ["mapping.toml", "outcomes.csv", "people.csv", "refused.csv"]);
    assert_eq!(shell.read("refused.csv").lines().count(), 11);
    let outcomes = shell.read("outcomes.csv");
    let outcomes: Vec<&str> = outcomes.lines().collect();
    assert_eq!(outcomes.len(), 31);
    assert_eq!(outcomes[0], "file,line,step,outcome,id,codes");
    assert_eq!(outcomes[1], "people.csv,2,people.csv,REFUSED,,INVALID_VALUE");
    assert!(outcomes[2].starts_with("people.csv,3,people.csv,CREATED,0"), "{}", outcomes[2]);
    assert_eq!(outcomes[30], "people.csv,31,people.csv,SKIPPED,,");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_reads_it_does_not_write_over() {
    let shell = Shell::new().await;
    assert_eq!(shell.import(&["--errors", "refused.csv"]).status.code(), Some(3));

    // Refused rows put right, and the same command again.
    let right = shell.read("refused.csv").replace("nonsense", "a@example.com");
    fs::write(shell.path("refused.csv"), &right).expect("a file");
    fs::write(shell.path("mapping.toml"), MAPPING.replace("people.csv", "refused.csv")).expect("a file");
    std::os::unix::fs::symlink("refused.csv", shell.path("link.csv")).expect("a link");
    for output in ["refused.csv", "./refused.csv", "link.csv", "mapping.toml"] {
        for option in ["--errors", "--outcomes"] {
            let refused = shell.import(&[option, output]);
            assert_eq!(refused.status.code(), Some(2), "{refused:?}");
            let said = String::from_utf8_lossy(&refused.stderr);
            assert!(
                said.contains("OUTPUT_IS_INPUT") && said.contains(&format!("name another one in {option}")),
                "{said}"
            );
        }
    }
    assert_eq!(shell.import(&["--errors", "same.csv", "--outcomes", "./same.csv"]).status.code(), Some(2));
    assert_eq!(shell.import(&["--errors", "no/such/folder.csv"]).status.code(), Some(2));
    assert_eq!(shell.read("refused.csv"), right);
    assert_eq!(shell.read("mapping.toml"), MAPPING.replace("people.csv", "refused.csv"));

    let done = shell.import(&["--errors", "again.csv"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(shell.read("again.csv").lines().count(), 1);
}

#[tokio::test]
async fn an_import_ends_where_its_maker_may_not_go_on() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let rights =
        ObjectRights { create: true, import: true, read: Level::All, update: Level::All, ..ObjectRights::default() };
    let role = app.role(&ana, "Importer", &RoleRights { others: rights, ..RoleRights::default() }).await;
    let ben = app.member_with(&ana, "ben", &[role]).await;
    let me = ben.data("{ me { userId } }", Value::Null).await["me"]["userId"].clone();
    let mut lines = String::new();
    for n in 0..30_000 {
        let _ = writeln!(lines, "P{n},Name {n},p{n}@example.com");
    }
    let start = "mutation($mapping: String!, $content: String!) { startImport(input: { mapping: $mapping, \
        files: [{ name: \"people.csv\", content: $content }] }) { import { id } userErrors { code } } }";
    let variables = json!({"mapping": MAPPING, "content": format!("id,name,mail\n{lines}")});
    let id = ben.data(start, variables).await["startImport"]["import"]["id"].clone();
    let take = "mutation($id: ID!) { setRoles(userId: $id, roleIds: [\"00000000-0000-7000-8000-000000000005\"]) { userErrors { code } } }";
    assert_eq!(ana.data(take, json!({"id": me})).await["setRoles"]["userErrors"], json!([]));

    let ask = "query($id: ID!) { import(id: $id) { state report { stopped { code message } } } }";
    for _ in 0..400 {
        let import = ana.data(ask, json!({"id": id})).await["import"].take();
        if import["state"] != "RUNNING" {
            assert_eq!(
                (&import["state"], &import["report"]["stopped"]["code"]),
                (&json!("FAILED"), &json!("FORBIDDEN"))
            );
            let made = ana.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"].clone();
            assert!(made.as_i64() < Some(30_000), "{made}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the import does not end");
}
