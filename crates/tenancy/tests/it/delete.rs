use rapport_tenancy::{
    Error, Person, Tenancy, TenantState,
    testing::{DeleteStep, Step, TestDatabase, person, workspace, workspace_of},
};

use crate::support::{diagnosis, home, role_of, schema_of, session, teams};

/// How many there are of: tenants, memberships, sessions, tenants counted by cells, people, schemas, roles.
async fn counts(database: &TestDatabase, tenant: rapport_tenancy::TenantId) -> [i64; 7] {
    let sql = format!(
        "SELECT (SELECT count(*) FROM control.tenants), (SELECT count(*) FROM control.memberships),
                (SELECT count(*) FROM control.sessions), (SELECT sum(tenants) FROM control.cells),
                (SELECT count(*) FROM control.people), (SELECT count(*) FROM pg_namespace WHERE nspname = '{}'),
                (SELECT count(*) FROM pg_roles WHERE rolname = '{}')",
        schema_of(tenant),
        role_of(tenant)
    );
    let row = database.owner().await.query_one(&sql, &[]).await.unwrap();
    std::array::from_fn(|at| row.get(at))
}

async fn sign_in(tenancy: &Tenancy, person: &Person, tenant: rapport_tenancy::TenantId) {
    let later = chrono::Utc::now() + chrono::Duration::days(1);
    tenancy.open_session(session(person, tenant, [7; 32], later)).await.unwrap();
}

#[tokio::test]
async fn a_deleted_workspace_leaves_its_people_and_its_neighbours() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;
    let (_, neighbour) = home(&tenancy, "Globex").await;
    sign_in(&tenancy, &ana, acme.id).await;
    assert!(tenancy.scope(ana.id, acme.id).await.unwrap().is_some());
    let goes = tenancy.belongings(&acme).await.unwrap();
    assert_eq!((goes.schema, goes.role, goes.members, goes.sessions), (schema_of(acme.id), role_of(acme.id), 1, 1));
    assert!(goes.tables > 10 && goes.bytes > 0);
    assert_eq!(counts(&database, acme.id).await, [2, 2, 1, 2, 2, 1, 1]);

    tenancy.delete_tenant(acme.id).await.unwrap();

    assert_eq!(counts(&database, acme.id).await, [1, 1, 0, 1, 2, 0, 0]);
    assert!(tenancy.scope(ana.id, acme.id).await.unwrap().is_none());
    assert!(tenancy.memberships(ana.id).await.unwrap().is_empty());
    assert!(matches!(tenancy.delete_tenant(acme.id).await, Err(Error::NoSuchTenant { .. })));
    assert_eq!(teams(&neighbour).await, Vec::<String>::new());
    assert!(diagnosis(&tenancy).await.is_empty());
    assert_eq!(tenancy.create_tenant(workspace_of(&ana, "Acme")).await.unwrap().slug, "acme");
}

#[tokio::test]
async fn a_deletion_goes_on_after_a_crash_at_any_step() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let mut halves = Vec::new();
    for step in [DeleteStep::Marked, DeleteStep::Dropped] {
        let (tenant, owner) = workspace(&tenancy, "Gone").await;
        sign_in(&tenancy, &owner, tenant.id).await;
        tenancy.delete_tenant_until(tenant.id, step).await.unwrap();
        assert!(tenancy.scope(owner.id, tenant.id).await.unwrap().is_none(), "served after {step:?}");
        assert!(tenancy.memberships(owner.id).await.unwrap().is_empty());
        assert_eq!(tenancy.tenant(&tenant.slug).await.unwrap().unwrap().state, TenantState::Deleting);
        halves.push(tenant);
        if step == DeleteStep::Marked {
            tenancy.delete_tenant(halves[0].id).await.unwrap();
            assert!(tenancy.tenant(&halves[0].slug).await.unwrap().is_none());
        }
    }
    let (marked, _) = workspace(&tenancy, "Marked").await;
    tenancy.delete_tenant_until(marked.id, DeleteStep::Marked).await.unwrap();
    let found = diagnosis(&tenancy).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| it.what.ends_with("is half deleted") && it.command == "rapport migrate"));

    let report = tenancy.migrate().await.unwrap();

    assert!(report.is_complete() && report.resumed == 2, "{report:?}");
    assert_eq!(tenancy.tenants().await.unwrap().len(), 0);
    assert_eq!(counts(&database, marked.id).await, [0, 0, 0, 0, 3, 0, 0]);
    assert!(diagnosis(&tenancy).await.is_empty());
}

#[tokio::test]
async fn a_workspace_that_is_half_made_can_be_deleted_and_is_not_made_after_that() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = person(&tenancy, "ana").await;
    let id = tenancy.create_tenant_until(workspace_of(&owner, "Half"), Step::Built).await.unwrap();
    let (made, deleted) = futures::join!(tenancy.resume_unfinished(), tenancy.delete_tenant(id));
    deleted.unwrap();
    made.unwrap();
    tenancy.resume_unfinished().await.unwrap();
    assert_eq!(counts(&database, id).await, [0, 0, 0, 0, 1, 0, 0]);
}

#[tokio::test]
async fn a_workspace_in_use_is_not_waited_for_without_end() {
    let database = TestDatabase::create().await;
    let (acme, _) = home(&database.tenancy().await, "Acme").await;
    let mut settings = database.settings();
    settings.lock_timeout = std::time::Duration::from_millis(200);
    let tenancy = Tenancy::connect(settings).await.unwrap();
    let reader = database.owner().await;
    reader.batch_execute(&format!("BEGIN; SELECT * FROM {}.team", schema_of(acme.id))).await.unwrap();

    let refused = tenancy.delete_tenant(acme.id).await.unwrap_err();

    assert!(matches!(refused, Error::InUse { .. }), "{refused:?}");
    reader.batch_execute("ROLLBACK").await.unwrap();
    tenancy.delete_tenant(acme.id).await.unwrap();
}
