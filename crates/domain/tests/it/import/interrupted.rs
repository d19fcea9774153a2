use std::time::Duration;

use rapport_domain::import::{self, Observer, Progress, State};

use super::{
    lossy::Lossy,
    workspace::{Workspace, counts, demo, request},
};

/// Stops after so many rows.
struct Impatient(u64, u64);

impl Observer for Impatient {
    fn progress(&mut self, progress: &Progress<'_>) {
        self.1 = progress.rows;
    }

    fn wants_to_stop(&self) -> bool {
        self.1 >= self.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_stopped_or_killed_is_finished_by_running_it_again() {
    let whole = Workspace::new().await;
    whole.import(demo()).await;

    let workspace = Workspace::new().await;
    let stopped = workspace.watched(demo(), &mut Impatient(3_000, 0)).await.unwrap();
    assert_eq!(stopped.state, State::Cancelled);
    let there: u64 = workspace.one("SELECT count(*) FROM {t}.opportunity").await.parse().unwrap();
    assert!((1_000..8_800).contains(&there), "{there}");

    // Killed: the task goes in the middle of whatever it does.
    for after in [300, 900] {
        let (db, catalogs) = (workspace.db.clone(), workspace.catalogs.clone());
        let running =
            tokio::spawn(async move { import::run(&db, &catalogs, demo(), &mut ()).await.map(|done| done.state) });
        tokio::time::sleep(Duration::from_millis(after)).await;
        running.abort();
        let _ = running.await;
        let broken = "SELECT count(*) FROM {t}.line_item l WHERE NOT EXISTS (SELECT FROM {t}.opportunity o WHERE o.id = l.opportunity_id)";
        assert_eq!(workspace.one(broken).await, "0");
    }

    workspace.import(demo()).await;
    assert_eq!(workspace.contents().await, whole.contents().await);
    let doubled = "SELECT count(*) FROM (SELECT record_id FROM {t}.event WHERE type LIKE '%.created' GROUP BY 1 HAVING count(*) > 1) AS d";
    assert_eq!(workspace.one(doubled).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_import_can_be_cancelled_from_elsewhere() {
    let workspace = Workspace::new().await;
    let (started, work) = import::start(&workspace.db, &workspace.catalogs, demo(), ()).await.unwrap();
    tokio::spawn(work);
    assert!(import::cancel(&workspace.db, started.id).await.unwrap());
    let import = loop {
        let import = import::find(&workspace.db, started.id).await.unwrap().expect("the import");
        if import.state != State::Running {
            break import;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(import.state, State::Cancelled);
    assert!(import.report.is_some());
    assert!(!import::cancel(&workspace.db, started.id).await.unwrap());
}

const PEOPLE: &str = r#"
[[step]]
file = "people.csv"
object = "Contact"
match_on = "externalId"
[step.columns]
externalId = "id"
lastName = "name"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_neither_done_twice_nor_told_wrong() {
    let workspace = Workspace::new().await;
    let lossy = Lossy::default();
    let by_lossy = workspace.by(&lossy).await;
    let people: String = (0..12_000).map(|n| format!("P{n},Name {n}\n")).collect();
    let people = "id,name\n".to_owned() + &people;
    let mut watcher = Losing(lossy.clone(), 0);
    let done = by_lossy.watched(request(PEOPLE, &[("people.csv", people.as_bytes())]), &mut watcher).await.unwrap();
    assert_eq!((done.state, lossy.left()), (State::Succeeded, 0), "{}", done.report);
    assert_eq!(counts(&done.report, "people.csv"), (12_000, 0, 0, 0));
    assert_eq!(workspace.one("SELECT count(*) FROM {t}.contact").await, "12000");
    assert_eq!(
        workspace.one("SELECT (count(*), count(DISTINCT record_id)) FROM {t}.event WHERE import_id IS NOT NULL").await,
        "(12000,12000)"
    );
    let created = "SELECT sum(length(replace(outcomes, 'C', 'CC')) - length(outcomes)) FROM {t}.import_rows";
    assert_eq!(workspace.one(created).await, "12000");
}

/// Loses answers and commits, once the import is under way.
struct Losing(Lossy, u64);

impl Observer for Losing {
    fn progress(&mut self, progress: &Progress<'_>) {
        if self.1 == 0 && progress.rows > 0 {
            self.0.lose(3, 3);
        }
        self.1 = progress.rows;
    }
}
