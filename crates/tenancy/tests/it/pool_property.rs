//! Whatever many tasks of several tenants do at once, nobody is ever answered as somebody else.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use rapport_tenancy::{DbError, Tenancy, TenantDb, testing::TestDatabase};
use tokio::time::timeout;

use crate::support::{add_team, current_user, home, killer, role_of, teams};

const TASKS: u64 = 12;
const STEPS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_ever_answered_as_somebody_else() {
    for seed in 0..2 {
        let database = TestDatabase::create().await;
        let mut settings = database.settings();
        settings.connections = 3;
        settings.acquire_timeout = Duration::from_secs(20);
        settings.tenants_per_connection = 3;
        let tenancy = Tenancy::connect(settings).await.unwrap();
        let mut tenants = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            tenants.push(home(&tenancy, name).await);
        }
        let tenants = Arc::new(tenants);
        let killer = Arc::new(killer(&database).await);

        let tasks = (0..TASKS).map(|task| {
            let (tenants, killer) = (tenants.clone(), killer.clone());
            tokio::spawn(async move {
                let mut random = StdRng::seed_from_u64(seed * 1_000 + task);
                for step in 0..STEPS {
                    let (tenant, db) = &tenants[random.random_range(0..tenants.len())];
                    let name = format!("{seed}-{task}-{step}");
                    act(db, &role_of(tenant.id), &name, random.random_range(0..10), &killer).await;
                }
            })
        });
        for task in futures::future::join_all(tasks).await {
            task.expect("a task saw another tenant's role");
        }
        for (tenant, db) in tenants.iter() {
            let session = db.session().await.unwrap();
            assert_eq!(current_user(&session).await.unwrap(), role_of(tenant.id));
            drop(session);
            let found = teams(db).await;
            assert!(found.iter().all(|name| !name.starts_with("never")), "an uncommitted row was kept: {found:?}");
        }
    }
}

/// One of the things that a request does, some of them cut short. An error is fine; the wrong role is not.
async fn act(db: &TenantDb, role: &str, name: &str, what: u32, killer: &tokio_postgres::Client) {
    match what {
        0..=3 => {
            let Ok(session) = db.session().await else { return };
            let (one, two) = futures::join!(current_user(&session), current_user(&session));
            assert_role(one, role);
            assert_role(two, role);
        }
        4 => {
            let Ok(tx) = db.begin().await else { return };
            assert_role(current_user(&tx).await, role);
            if add_team(&tx, name).await.is_ok() {
                let _ = tx.commit().await;
            }
        }
        5 => {
            let Ok(tx) = db.begin().await else { return };
            let _ = add_team(&tx, &format!("never {name}")).await;
            assert_role(current_user(&tx).await, role);
        }
        6 => {
            let Ok(session) = db.session().await else { return };
            let _ = timeout(Duration::from_millis(2), session.query("SELECT pg_sleep(0.02), current_user::text", &[]))
                .await;
        }
        7 => {
            let Ok(tx) = db.begin().await else { return };
            let _ = timeout(Duration::from_micros(300), add_team(&tx, &format!("never {name}"))).await;
        }
        8 => {
            let Ok(session) = db.session().await else { return };
            let _ = session.query("SELECT 1 / (length($1) - 1)", &[&"x"]).await;
            assert_role(current_user(&session).await, role);
        }
        _ => kill(db, role, killer).await,
    }
}

async fn kill(db: &TenantDb, role: &str, killer: &tokio_postgres::Client) {
    let Ok(session) = db.session().await else { return };
    let Ok(rows) = session.query("SELECT pg_backend_pid(), current_user::text", &[]).await else { return };
    assert_eq!(rows[0].get::<_, String>(1), role);
    killer.execute("SELECT pg_terminate_backend($1)", &[&rows[0].get::<_, i32>(0)]).await.unwrap();
    assert_role(current_user(&session).await, role);
}

fn assert_role(answer: Result<String, DbError>, role: &str) {
    match answer {
        Ok(user) => assert_eq!(user, role),
        Err(DbError::Lost | DbError::Busy | DbError::Timeout) => {}
        Err(other) => panic!("{other:?}"),
    }
}
