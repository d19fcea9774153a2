use rapport_domain::import::{self, State, UndoError};
use rapport_domain::record::Origin;

use super::workspace::{Workspace, demo, request};

fn companies(rows: &str) -> rapport_domain::import::Request {
    request(&format!("[[step]]\nobject = \"Company\"\nmatch_on = \"name\"\nrows = [{rows}]"), &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undoing_the_demo_leaves_the_workspace_as_it_was() {
    let workspace = Workspace::new().await;
    let before = workspace.contents().await;
    let done = workspace.import(demo()).await;
    let report = import::undo(&workspace.db, done.id, &Origin::default()).await.unwrap();
    assert_eq!((report.left, &*report.reasons), (0, &[][..]));
    assert_eq!(report.deleted, done.report.total().created);
    assert_eq!(workspace.contents().await, before);
    let import = import::find(&workspace.db, done.id).await.unwrap().unwrap();
    assert_eq!((import.state, import.undo), (State::Undone, Some(report)));
    assert!(matches!(import::undo(&workspace.db, done.id, &Origin::default()).await, Err(UndoError::Impossible(_))));

    // What was undone can be brought in again.
    let again = workspace.import(demo()).await;
    assert_eq!(again.report.total().created, done.report.total().created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_since_or_is_needed_stays_and_updates_are_taken_back() {
    let workspace = Workspace::new().await;
    workspace.import(companies(r#"{ name = "Old", phone = "+49 30 1", description = "first" }"#)).await;
    let second = r#"
[[step]]
object = "Company"
match_on = "name"
rows = [
  { name = "Old", phone = "+49 30 2", description = "second", employeeCount = 7 },
  { name = "New" }, { name = "Changed" }, { name = "Needed" },
]
"#;
    let done = workspace.import(request(second, &[])).await;
    workspace.import(companies(r#"{ name = "Changed", phone = "+49 30 9" }"#)).await;
    workspace
        .import(request(
            "[[step]]\nobject = \"Contact\"\nmatch_on = \"email\"\nrows = [{ email = \"a@example.com\", company = \"Needed\" }]",
            &[],
        ))
        .await;

    let report = import::undo(&workspace.db, done.id, &Origin::default()).await.unwrap();
    assert_eq!((report.deleted, report.reverted, report.left), (1, 1, 2), "{report:?}");
    let mut reasons: Vec<_> = report.reasons.iter().map(|left| format!("{} {}", left.code, left.message)).collect();
    reasons.sort();
    assert_eq!(reasons, ["CONFLICT It was changed since.", "IN_USE Contacts need it."]);
    let there = "SELECT name || coalesce(' ' || phone, '') || coalesce(' ' || description, '') || coalesce(' ' || employee_count, '') \
                 FROM {t}.company WHERE deleted_at IS NULL ORDER BY name";
    assert_eq!(workspace.all(there).await, ["Changed +49309", "Needed", "Old +49301 first"]);
}
