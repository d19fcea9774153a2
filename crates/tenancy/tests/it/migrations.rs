use std::time::Duration;

use rapport_tenancy::{Settings, Tenancy, TenantId, TenantState, testing::TestDatabase};

use crate::support::{diagnosis, home, open, schema_of, teams};

#[tokio::test]
async fn an_empty_database_is_made_ready_and_a_second_run_finds_nothing_to_do() {
    let database = TestDatabase::empty().await;
    let tenancy = database.tenancy().await;
    assert!(tenancy.check().await.is_err(), "ready before the first migration");
    assert_eq!(diagnosis(&tenancy).await[0].command, "rapport migrate");

    let first = tenancy.migrate().await.unwrap();
    let second = tenancy.migrate().await.unwrap();

    assert_eq!(first.control, ["0001_start", "0002_deleting", "0003_identity_by_mail"]);
    assert!(second.control.is_empty());
    tenancy.check().await.unwrap();
    assert!(diagnosis(&tenancy).await.is_empty());
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_in_the_servers_words_without_a_password() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let nobody = format!("postgres://nobody:hunter2@{}", url.rsplit_once('@').unwrap().1);
    for (url, word) in [(nobody.as_str(), "nobody"), ("postgres://nobody:hunter2@127.0.0.1:1/x", "refused")] {
        let error = Tenancy::connect(Settings::new(url)).await.err().expect("nobody was let in");
        let text = format!("{error} {error:?}");
        assert!(text.contains(word) && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn several_nodes_may_migrate_at_once() {
    let database = TestDatabase::empty().await;
    let nodes = futures::future::join_all((0..4).map(|_| database.tenancy())).await;

    let reports = futures::future::join_all(nodes.iter().map(Tenancy::migrate)).await;

    let mut applied: Vec<_> = reports.into_iter().flat_map(|report| report.unwrap().control).collect();
    applied.sort();
    assert_eq!(applied, ["0001_start", "0002_deleting", "0003_identity_by_mail"]);
}

/// Takes a tenant back to before its first migration, cleanly or so that it will stumble over its tables.
async fn set_back(database: &TestDatabase, tenant: TenantId, cleanly: bool) {
    let schema = schema_of(tenant);
    let tables = if cleanly { "true" } else { "relname = 'schema_migration'" };
    let drop_tables = format!(
        "DO $$ DECLARE t text; BEGIN
           FOR t IN SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'r' AND {tables}
           LOOP EXECUTE 'DROP TABLE {schema}.' || t || ' CASCADE'; END LOOP; END $$;
         UPDATE control.tenants SET schema_version = 0 WHERE id = '{tenant}'"
    );
    database.owner().await.batch_execute(&drop_tables).await.unwrap();
}

#[tokio::test]
async fn a_tenant_whose_migration_fails_is_quarantined_and_the_others_go_on() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let mut good = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let (tenant, _) = home(&tenancy, name).await;
        set_back(&database, tenant.id, true).await;
        good.push(tenant.id);
    }
    let (current, _) = home(&tenancy, "current").await;
    let (bad, _) = home(&tenancy, "bad").await;
    set_back(&database, bad.id, false).await;
    let behind = diagnosis(&tenancy).await;
    assert_eq!(behind.len(), 6);
    assert!(behind.iter().all(|finding| finding.command == "rapport migrate" && finding.tenant.is_some()));

    let report = tenancy.migrate().await.unwrap();

    assert_eq!((report.migrated, report.current, report.quarantined.len()), (5, 1, 1));
    assert_eq!((report.quarantined[0].tenant, report.postponed.len()), (bad.id, 0));
    assert!(report.quarantined[0].reason.contains("already exists"), "{}", report.quarantined[0].reason);
    for tenant in tenancy.tenants().await.unwrap() {
        let wanted = if tenant.id == bad.id { TenantState::Quarantined } else { TenantState::Active };
        assert_eq!(tenant.state, wanted, "{}", tenant.slug);
        assert_eq!(tenancy.system_scope(&tenant.slug).await.unwrap().is_some(), tenant.id != bad.id);
    }
    assert!(good.iter().all(|id| *id != current.id));
    let findings = diagnosis(&tenancy).await;
    assert_eq!(findings.iter().map(|finding| finding.tenant).collect::<Vec<_>>(), [Some(bad.id)]);

    set_back(&database, bad.id, true).await;
    assert_eq!(tenancy.migrate().await.unwrap().migrated, 1);
    assert!(diagnosis(&tenancy).await.is_empty());
    assert!(tenancy.system_scope("bad").await.unwrap().is_some());
}

#[tokio::test]
async fn a_tenant_that_is_locked_is_postponed_not_quarantined() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    set_back(&database, acme.id, true).await;
    let mut settings = database.settings();
    settings.lock_timeout = Duration::from_millis(200);
    let tenancy = Tenancy::connect(settings).await.unwrap();
    let reader = database.owner().await;
    let hold = format!("BEGIN; CREATE TABLE {}.team (id int)", schema_of(acme.id));
    reader.batch_execute(&hold).await.unwrap();

    let report = tenancy.migrate().await.unwrap();

    assert_eq!((report.postponed.len(), report.quarantined.len()), (1, 0));
    reader.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(tenancy.migrate().await.unwrap().migrated, 1);
}

/// The node's crash between a tenant's own transaction and the control plane's ledger.
#[tokio::test]
async fn a_migration_that_was_done_but_not_recorded_is_recorded() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, db) = home(&tenancy, "Acme").await;
    let owner = database.owner().await;
    owner
        .batch_execute("UPDATE control.tenants SET schema_version = 1; DELETE FROM control.tenant_migrations")
        .await
        .unwrap();

    let report = tenancy.migrate().await.unwrap();

    assert_eq!((report.migrated, report.quarantined.len()), (1, 0));
    let lines: i64 = owner.query_one("SELECT count(*) FROM control.tenant_migrations", &[]).await.unwrap().get(0);
    assert_eq!(lines, i64::from(tenancy.tenants().await.unwrap()[0].schema_version));
    assert_eq!((acme.id, teams(&db).await), (db.scope().tenant(), vec![]));
}

#[tokio::test]
async fn a_migration_that_was_edited_after_its_release_is_refused() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    owner.batch_execute("UPDATE control.schema_migration SET checksum = 'other' WHERE version = 1").await.unwrap();
    let error = tenancy.migrate().await.unwrap_err();
    assert!(format!("{error:?}").contains("Changed"), "{error:?}");
}

#[tokio::test]
async fn an_older_release_refuses_a_newer_control_schema() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = rapport_tenancy::testing::workspace(&tenancy, "Acme").await;
    let owner = database.owner().await;
    owner.batch_execute("UPDATE control.tenants SET schema_version = 99").await.unwrap();
    assert_eq!(tenancy.migrate().await.unwrap().current, 1);
    assert_eq!(teams(&open(&tenancy, ana.id, acme.id).await).await, Vec::<String>::new());

    owner.batch_execute("INSERT INTO control.schema_migration VALUES (99, '0099_later', 'x')").await.unwrap();

    assert!(format!("{:?}", tenancy.migrate().await.unwrap_err()).contains("Newer"));
}
