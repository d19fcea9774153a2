use rapport_domain::import::{self, RowOutcome, RowQuery};

use super::workspace::{Workspace, request};

const TEAMS: &str = r#"
[[step]]
file = "teams.csv"
object = "Team"
match_on = "externalId"
distinct = true
[step.columns]
externalId = "id"
name = "name"
parent = { column = "parent", match = "externalId" }

[[step]]
object = "Product"
match_on = "externalId"
rows = [{ externalId = "1", name = "One" }, { externalId = "2", name = "Two" }]
"#;

fn all() -> RowQuery {
    RowQuery { outcomes: Vec::new(), first: 1_000, after: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_every_step_is_told_in_the_order_read() {
    let workspace = Workspace::new().await;
    let file = b"id,name,parent\n1,North,\n2,,\n1,North,\n\n3,South,1\n4,East,nowhere\n";
    let done = workspace.import(request(TEAMS, &[("teams.csv", file)])).await;
    let (rows, more) = import::rows(&workspace.db, done.id, &all()).await.unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {} {}", row.step, row.line, row.outcome.as_str(), row.record.is_some()))
        .collect();
    assert_eq!(
        told,
        [
            "teams.csv 2 CREATED true",
            "teams.csv 3 REFUSED false",
            "teams.csv 4 REPEATED false",
            "teams.csv 6 CREATED true",
            "teams.csv 7 CREATED true",
            // The second pass, for the parents: what points nowhere is no row of it.
            "teams.csv: parent 6 UPDATED true",
            "teams.csv: parent 7 REFUSED false",
            "Product 15 CREATED true",
            "Product 15 CREATED true",
        ],
        "{rows:#?}"
    );
    assert!(!more);
    assert_eq!(rows[6].problems[0].code, "RELATED_NOT_FOUND");

    // In pages of one, and from a place inside a batch.
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (page, more) = import::rows(&workspace.db, done.id, &RowQuery { first: 1, after, ..all() }).await.unwrap();
        after = page.last().map(|row| row.place);
        seen.extend(page);
        if !more {
            break;
        }
    }
    assert_eq!(seen, rows);
    let refused = RowQuery { outcomes: vec![RowOutcome::Refused], ..all() };
    assert_eq!(import::rows(&workspace.db, done.id, &refused).await.unwrap().0.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_refused_rows_are_kept_however_many() {
    let workspace = Workspace::new().await;
    let people: String = (0..3_500).map(|n| format!("P{n},Name,{}\n", if n % 2 == 0 { "bad" } else { "" })).collect();
    let mapping = "[[step]]\nfile = \"people.csv\"\nobject = \"Contact\"\nmatch_on = \"externalId\"\n[step.columns]\nexternalId = \"id\"\nlastName = \"name\"\nemail = \"mail\"\n";
    let file = "id,name,mail\n".to_owned() + &people;
    for dry_run in [true, false] {
        let request = import::Request { dry_run, ..request(mapping, &[("people.csv", file.as_bytes())]) };
        let done = workspace.import(request).await;
        let refused = RowQuery { outcomes: vec![RowOutcome::Refused], first: 5_000, after: None };
        let (rows, _) = import::rows(&workspace.db, done.id, &refused).await.unwrap();
        let lines: Vec<i64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, (0..1_750).map(|n| 2 + 2 * n).collect::<Vec<_>>());
        let created = RowQuery { outcomes: vec![RowOutcome::Created], ..refused };
        let (rows, _) = import::rows(&workspace.db, done.id, &created).await.unwrap();
        assert_eq!(rows.len(), 1_750);
        assert!(rows.iter().all(|row| row.record.is_some() != dry_run));
    }
}
