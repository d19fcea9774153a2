use rapport_domain::import::Request;

use super::workspace::{Workspace, places, request};

const CUPS: &str = r#"
[[field]]
object = "Company"
name = "size"
label = "Size"
type = "SELECT"
options = "from-values"

[[step]]
file = "a.csv"
object = "Company"
match_on = "name"
columns = { name = "name", size = "size" }
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_makes_no_fields_either_and_new_values_become_options_later() {
    let workspace = Workspace::new().await;
    let file: &[u8] = b"name,size\nA,large\nB,Very small\n";
    let dry = workspace.import(Request { dry_run: true, ..request(CUPS, &[("a.csv", file)]) }).await;
    assert!(dry.report.is_clean(), "{}", dry.report);
    assert_eq!(dry.report.fields.len(), 1);
    assert_eq!(workspace.one("SELECT count(*) FROM {t}.metadata_field").await, "0");

    workspace.import(request(CUPS, &[("a.csv", file)])).await;
    let more: &[u8] = b"name,size\nA,large\nB,medium\n";
    let done = workspace.import(request(CUPS, &[("a.csv", more)])).await;
    assert_eq!((done.report.total().updated, done.report.total().unchanged), (1, 1), "{}", done.report);
    let options =
        "SELECT string_agg(option->>'value', ' ') FROM {t}.metadata_field, jsonb_array_elements(options) AS option";
    assert_eq!(workspace.one(options).await, "LARGE VERY_SMALL MEDIUM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_of_another_type_is_in_the_way() {
    let workspace = Workspace::new().await;
    let file: &[u8] = b"name,size\nA,large\n";
    workspace.import(request(CUPS, &[("a.csv", file)])).await;
    let other = CUPS.replace("\"SELECT\"\noptions = \"from-values\"", "\"NUMBER\"");
    let problems = workspace.try_import(request(&other, &[("a.csv", file)])).await.unwrap_err();
    assert_eq!(places(&problems), ["INVALID_MAPPING 2"]);
    assert!(problems[0].message.contains("`size` is there already, and it is SELECT"), "{problems:?}");
}
