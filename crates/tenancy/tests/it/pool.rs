//! What happens to a cell's connections when things go wrong.

use std::time::{Duration, Instant};

use futures::FutureExt;
use rapport_tenancy::{DbError, Settings, Tenancy, TenantDb, testing::TestDatabase};

use crate::support::{add_team, backend, code, current_user, home, killer, role_of, schema_of, teams};

async fn with(database: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Tenancy {
    let mut settings = database.settings();
    change(&mut settings);
    Tenancy::connect(settings).await.unwrap()
}

async fn one_connection(database: &TestDatabase) -> Tenancy {
    with(database, |settings| settings.connections = 1).await
}

async fn pid(db: &TenantDb) -> i32 {
    backend(&db.session().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_connection_changes_its_role_with_the_tenant_it_serves() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    let (globex, globex_db) = home(&tenancy, "Globex").await;
    let first = pid(&acme_db).await;
    for _ in 0..3 {
        for (tenant, db) in [(&acme, &acme_db), (&globex, &globex_db)] {
            let session = db.session().await.unwrap();
            assert_eq!(current_user(&session).await.unwrap(), role_of(tenant.id));
            assert_eq!(session.statements(), 1);
            assert_eq!(backend(&session).await.unwrap(), first);
            assert_eq!(session.statements(), 2);
        }
    }
}

#[tokio::test]
async fn a_tenant_comes_back_to_the_connection_that_knows_it() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (_, acme) = home(&tenancy, "Acme").await;
    let (_, globex) = home(&tenancy, "Globex").await;
    let (a, b) = (pid(&acme).await, pid(&globex).await);
    for _ in 0..5 {
        assert_eq!(pid(&acme).await, a);
        assert_eq!(pid(&globex).await, b);
    }
}

#[tokio::test]
async fn joined_statements_answer_in_the_role_of_their_tenant() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (_, globex_db) = home(&tenancy, "Globex").await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    current_user(&globex_db.session().await.unwrap()).await.unwrap();

    let session = acme_db.session().await.unwrap();
    let (one, two, three) = futures::join!(current_user(&session), current_user(&session), backend(&session));

    let role = role_of(acme.id);
    assert_eq!((one.unwrap(), two.unwrap()), (role.clone(), role));
    assert!(three.is_ok());
}

#[tokio::test]
async fn a_dropped_role_costs_its_tenant_an_error_and_nobody_else() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    let (globex, globex_db) = home(&tenancy, "Globex").await;
    current_user(&globex_db.session().await.unwrap()).await.unwrap();
    let owner = database.owner().await;
    let (schema, role) = (schema_of(acme.id), role_of(acme.id));
    let drop_role = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON SCHEMA {schema} FROM {role}; DROP ROLE {role}"
    );
    owner.batch_execute(&drop_role).await.unwrap();

    for _ in 0..3 {
        let session = acme_db.session().await.unwrap();
        let (one, two) = futures::join!(current_user(&session), current_user(&session));
        assert!(one.is_err() && two.is_err(), "answered as {one:?}, {two:?}");
        assert!(matches!(current_user(&session).await, Err(DbError::Lost)));
        drop(session);
        let tx = acme_db.begin().await.unwrap();
        assert!(current_user(&tx).await.is_err());
        assert!(tx.commit().await.is_err());
        assert_eq!(current_user(&globex_db.session().await.unwrap()).await.unwrap(), role_of(globex.id));
    }
}

#[tokio::test]
async fn a_killed_connection_is_replaced() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, db) = home(&tenancy, "Acme").await;
    for busy in [false, true] {
        let session = db.session().await.unwrap();
        let killed = backend(&session).await.unwrap();
        let kill = format!("SELECT pg_terminate_backend({killed})");
        killer(&database).await.execute(&kill, &[]).await.unwrap();
        if busy {
            let lost = session.query("SELECT pg_sleep(5)", &[]).await;
            assert!(matches!(lost, Err(DbError::Lost)), "{lost:?}");
        }
        drop(session);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let session = db.session().await.unwrap();
        assert_eq!(current_user(&session).await.unwrap(), role_of(acme.id));
        assert_ne!(backend(&session).await.unwrap(), killed);
    }
}

#[tokio::test]
async fn a_statement_nobody_waits_for_is_cancelled_and_its_connection_replaced() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, db) = home(&tenancy, "Acme").await;
    let before = pid(&db).await;
    let started = Instant::now();

    let session = db.session().await.unwrap();
    let cut = tokio::time::timeout(Duration::from_millis(30), session.query("SELECT pg_sleep(20)", &[])).await;
    assert!(cut.is_err());
    assert!(matches!(current_user(&session).await, Err(DbError::Lost)), "a connection in doubt went on");
    drop(session);

    let session = db.session().await.unwrap();
    assert_eq!(current_user(&session).await.unwrap(), role_of(acme.id));
    assert_ne!(backend(&session).await.unwrap(), before);
    assert!(started.elapsed() < Duration::from_secs(10));
    let running = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
    let running: i64 = killer(&database).await.query_one(running, &[&before]).await.unwrap().get(0);
    assert_eq!(running, 0);
}

#[tokio::test]
async fn a_short_statement_nobody_waits_for_costs_no_connection() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, db) = home(&tenancy, "Acme").await;
    let before = pid(&db).await;
    for _ in 0..20 {
        let session = db.session().await.unwrap();
        assert!(current_user(&session).now_or_never().is_none());
        drop(session);
        let tx = db.begin().await.unwrap();
        assert!(add_team(&tx, "ghost").now_or_never().is_none());
        drop(tx);
    }
    assert_eq!(pid(&db).await, before);
    assert_eq!(current_user(&db.session().await.unwrap()).await.unwrap(), role_of(acme.id));
    assert_eq!(teams(&db).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_transaction_is_kept_by_commit_alone() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (_, db) = home(&tenancy, "Acme").await;

    let tx = db.begin().await.unwrap();
    add_team(&tx, "kept").await.unwrap();
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    add_team(&tx, "dropped").await.unwrap();
    drop(tx);
    let tx = db.begin().await.unwrap();
    add_team(&tx, "rolled back").await.unwrap();
    tx.rollback().await;
    db.begin().await.unwrap().commit().await.unwrap();
    drop(db.begin().await.unwrap());

    assert_eq!(teams(&db).await, ["kept"]);
}

/// `COMMIT` of a failed transaction rolls back and reports success: the handle must not.
#[tokio::test]
async fn a_failed_transaction_cannot_be_committed() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (_, db) = home(&tenancy, "Acme").await;

    let tx = db.begin().await.unwrap();
    add_team(&tx, "one").await.unwrap();
    let twice = add_team(&tx, "one").await.unwrap_err();
    assert!(matches!(&twice, DbError::UniqueViolation { constraint } if constraint == "team_external_id_key"));
    assert_eq!(code(&add_team(&tx, "two").await.unwrap_err()), "25P02");
    assert!(tx.commit().await.is_err());
    let tx = db.begin().await.unwrap();
    let (good, bad) = futures::join!(add_team(&tx, "three"), tx.query("SELECT 1 / (length($1) - 1)", &[&"x"]));
    assert!(good.is_ok() && bad.is_err());
    assert!(tx.commit().await.is_err());
    assert_eq!(teams(&db).await, Vec::<String>::new());

    let tx = db.begin().await.unwrap();
    add_team(&tx, "one").await.unwrap();
    tx.execute("SAVEPOINT row", &[]).await.unwrap();
    assert!(add_team(&tx, "one").await.is_err());
    tx.execute("ROLLBACK TO SAVEPOINT row", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(teams(&db).await, ["one"]);
}

/// A role taken inside the transaction would be undone by its rollback.
#[tokio::test]
async fn a_rollback_leaves_the_role_as_it_is() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    let (_, globex_db) = home(&tenancy, "Globex").await;
    current_user(&globex_db.session().await.unwrap()).await.unwrap();
    let tx = acme_db.begin().await.unwrap();
    assert!(tx.query("SELECT 1 / (length($1) - 1)", &[&"x"]).await.is_err());
    drop(tx);
    assert_eq!(current_user(&acme_db.session().await.unwrap()).await.unwrap(), role_of(acme.id));
}

#[tokio::test]
async fn waiting_for_a_connection_ends() {
    let database = TestDatabase::create().await;
    let tenancy = with(&database, |settings| {
        settings.connections = 1;
        settings.acquire_timeout = Duration::from_millis(100);
    })
    .await;
    let (_, db) = home(&tenancy, "Acme").await;
    let held = db.session().await.unwrap();
    assert!(matches!(db.session().await.err(), Some(DbError::Busy)));
    let (waited, ()) = futures::join!(db.session(), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(held);
    });
    assert!(current_user(&waited.unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let database = TestDatabase::create().await;
    let tenancy = with(&database, |settings| settings.statement_timeout = Duration::from_millis(100)).await;
    let (_, db) = home(&tenancy, "Acme").await;
    let session = db.session().await.unwrap();
    assert!(matches!(session.query("SELECT pg_sleep(5)", &[]).await, Err(DbError::Timeout)));
    assert!(current_user(&session).await.is_ok());
}

#[tokio::test]
async fn a_connection_that_met_many_tenants_is_replaced() {
    let database = TestDatabase::create().await;
    let tenancy = with(&database, |settings| {
        settings.connections = 1;
        settings.tenants_per_connection = 2;
    })
    .await;
    let mut pids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let (_, db) = home(&tenancy, name).await;
        pids.push(pid(&db).await);
    }
    assert_eq!(pids[0], pids[1]);
    assert_ne!(pids[1], pids[3]);
}

#[tokio::test]
async fn statements_are_prepared_once_and_let_go_when_there_are_too_many() {
    let database = TestDatabase::create().await;
    let tenancy = with(&database, |settings| {
        settings.connections = 1;
        settings.statements_per_connection = 16;
    })
    .await;
    let (_, db) = home(&tenancy, "Acme").await;
    let prepared =
        "SELECT count(*), count(*) FILTER (WHERE statement LIKE 'SELECT 1000 %') FROM pg_prepared_statements";
    for round in 0..100 {
        let session = db.session().await.unwrap();
        session.query(&format!("SELECT {round} + 1"), &[]).await.unwrap();
        session.query("SELECT 1000 + 1", &[]).await.unwrap();
        let row = &session.query(prepared, &[]).await.unwrap()[0];
        assert!(row.get::<_, i64>(0) <= 17, "{} are kept", row.get::<_, i64>(0));
        assert_eq!(row.get::<_, i64>(1), 1);
    }
}

#[tokio::test]
async fn a_table_that_changed_under_a_prepared_statement_is_read_anew() {
    let database = TestDatabase::create().await;
    let tenancy = one_connection(&database).await;
    let (acme, db) = home(&tenancy, "Acme").await;
    let all = format!("SELECT * FROM {}.team", schema_of(acme.id));
    let session = db.session().await.unwrap();
    session.query(&all, &[]).await.unwrap();
    let alter = format!("ALTER TABLE {}.team ADD COLUMN later text", schema_of(acme.id));
    database.owner().await.batch_execute(&alter).await.unwrap();

    assert!(session.query(&all, &[]).await.is_ok());
    drop(session);

    let tx = db.begin().await.unwrap();
    tx.query(&all, &[]).await.unwrap();
    let again = format!("ALTER TABLE {}.team DROP COLUMN later", schema_of(acme.id));
    tx.commit().await.unwrap();
    database.owner().await.batch_execute(&again).await.unwrap();
    let tx = db.begin().await.unwrap();
    assert!(tx.query(&all, &[]).await.is_err(), "a failed transaction cannot be mended from inside");
    drop(tx);
    assert!(db.begin().await.unwrap().query(&all, &[]).await.is_ok());
}
