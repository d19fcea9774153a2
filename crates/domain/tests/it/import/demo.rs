use rapport_domain::import::{self, Request, State};

use super::workspace::{Workspace, counts, demo};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_the_figures_of_its_data_set() {
    let workspace = Workspace::new().await;
    let done = workspace.import(demo()).await;
    let text = done.report.to_string();
    assert!(done.report.is_clean(), "{text}");
    for (count, object) in [
        ("85", "company"),
        ("7", "product"),
        ("8800", "opportunity"),
        ("8800", "line_item"),
        ("6", "team"),
        ("41", "users"),
    ] {
        let extra = if object == "users" {
            " WHERE team_id IS NOT NULL OR id IN (SELECT manager_id FROM {t}.team)"
        } else {
            ""
        };
        assert_eq!(
            workspace.one(&format!("SELECT count(*) FROM {{t}}.{object}{extra}")).await,
            count,
            "{object}\n{text}"
        );
    }
    let stages = "SELECT s.name || ' ' || count(*) || ' ' || coalesce(sum(o.amount_minor)::text, '-') || ' ' || min(o.status) \
                  FROM {t}.opportunity o JOIN {t}.stage s ON s.id = o.stage_id GROUP BY s.name, s.position ORDER BY s.position";
    assert_eq!(
        workspace.all(stages).await,
        ["Prospecting 500 - OPEN", "Engaging 1589 - OPEN", "Won 4238 1000553400 WON", "Lost 2473 0 LOST"]
    );
    let leader = "SELECT u.name || ' ' || sum(o.amount_minor) FROM {t}.opportunity o JOIN {t}.users u ON u.id = o.owner_id \
                  WHERE o.status = 'WON' GROUP BY u.name ORDER BY sum(o.amount_minor) DESC LIMIT 1";
    assert_eq!(workspace.one(leader).await, "Darcel Schlecht 115321400");
    let acme = "SELECT c.name || ' ' || c.industry || ' ' || c.annual_revenue_minor || ' ' || p.name || ' ' || (c.address->>'country') \
                FROM {t}.company c JOIN {t}.company p ON p.id = c.parent_id WHERE c.name = 'Bluth Company'";
    assert_eq!(workspace.one(acme).await, "Bluth Company TECHNOLOGY 124232000000 Acme Corporation US");
    let without = "SELECT count(*) FROM {t}.opportunity WHERE company_id IS NULL";
    assert_eq!(workspace.one(without).await, "1425");
    let unmarked = format!("SELECT count(*) FROM {{t}}.event WHERE import_id = '{}'", done.id);
    assert_eq!(
        workspace.one(&unmarked).await,
        workspace.one("SELECT count(*) FROM {t}.event WHERE object <> 'User' OR import_id IS NOT NULL").await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_resolves_everything_and_keeps_nothing_and_running_again_changes_nothing() {
    let workspace = Workspace::new().await;
    let before = workspace.contents().await;
    let dry = workspace.import(Request { dry_run: true, ..demo() }).await;
    assert!(dry.report.is_clean(), "{}", dry.report);
    assert_eq!(counts(&dry.report, "opportunities"), (8_800, 0, 0, 0));
    assert_eq!(counts(&dry.report, "line items"), (8_800, 0, 0, 0));
    assert_eq!(workspace.contents().await, before);

    let first = workspace.import(demo()).await;
    let events = workspace.one("SELECT count(*) FROM {t}.event").await;
    let contents = workspace.contents().await;
    let again = workspace.import(demo()).await;
    let (one, two) = (first.report.total(), again.report.total());
    assert_eq!((two.created, two.updated, two.refused), (0, 0, 0), "{}", again.report);
    assert_eq!(two.unchanged, one.created + one.updated + one.unchanged);
    assert_eq!(workspace.one("SELECT count(*) FROM {t}.event").await, events);
    assert_eq!(workspace.contents().await, contents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_background_import_can_be_asked_how_it_is_doing() {
    let workspace = Workspace::new().await;
    let (started, work) = import::start(&workspace.db, &workspace.catalogs, demo(), ()).await.unwrap();
    tokio::spawn(work);
    let import = loop {
        let import = import::find(&workspace.db, started.id).await.unwrap().expect("the import");
        if import.state != State::Running {
            break import;
        }
        assert!(import.report.is_none());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!((import.state, import.rows_done), (State::Succeeded, import.rows_total));
    assert_eq!(import.rows_total, i64::try_from(started.rows).unwrap());
    assert_eq!(import.report.unwrap().total().refused, 0);
    assert!(import.finished_at.is_some());
    assert!(import::find(&workspace.db, uuid::Uuid::now_v7()).await.unwrap().is_none());
}
