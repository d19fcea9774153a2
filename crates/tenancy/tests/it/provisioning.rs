use std::{collections::HashMap, time::Duration};

use rapport_tenancy::{
    Actor, BuiltInRole, CreateTenantError, NewTenant, Tenancy, TenantId, TenantSession, TenantState, UserId,
    testing::{Step, TestDatabase, person, workspace, workspace_of},
};

use crate::support::{current_user, diagnosis, home, open, role_of};

#[tokio::test]
async fn a_new_workspace_is_ready_for_its_owner() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;

    let (acme, ana) = workspace(&tenancy, "Acme, Inc.").await;

    assert_eq!((acme.slug.as_str(), acme.state), ("acme-inc", TenantState::Active));
    let scope = tenancy.scope(ana.id, acme.id).await.unwrap().expect("the owner's scope");
    let session = tenancy.open(&scope).session().await.unwrap();
    assert_eq!(roles(&session, scope.actor().user_id().unwrap()).await, [BuiltInRole::Owner.id()]);
    let users = format!("SELECT id, name FROM {}.users", scope.schema());
    let rows = session.query(&users, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<_, uuid::Uuid>(0), scope.actor().user_id().unwrap().uuid());
    assert_eq!(rows[0].get::<_, String>(1), ana.name);
    assert_eq!(current_user(&session).await.unwrap(), role_of(acme.id));
    tenancy.check().await.unwrap();
}

#[tokio::test]
async fn provisioning_goes_on_after_a_crash_at_any_step() {
    let database = TestDatabase::create().await;
    let before = database.tenancy().await;
    let mut made = Vec::new();
    for step in [Step::Placed, Step::CellReady, Step::Built] {
        let owner = person(&before, &format!("{step:?}")).await;
        let id = before.create_tenant_until(workspace_of(&owner, "Crash"), step).await.unwrap();
        assert!(before.scope(owner.id, id).await.unwrap().is_none(), "served after {step:?}");
        assert!(before.memberships(owner.id).await.unwrap().is_empty());
        made.push((owner.id, id));
    }
    before.close().await;

    let after = database.tenancy().await;
    assert_eq!(diagnosis(&after).await.len(), 3);
    assert_eq!(after.resume_unfinished().await.unwrap().done, 3);
    assert_eq!(after.resume_unfinished().await.unwrap().done, 0);

    for (owner, id) in made {
        let db = open(&after, owner, id).await;
        assert_eq!(users(&after, id).await, 1);
        assert_eq!(current_user(&db.session().await.unwrap()).await.unwrap(), role_of(id));
    }
    assert!(diagnosis(&after).await.is_empty());
}

/// The future of a sign-up is dropped wherever it happens to be.
#[tokio::test]
async fn provisioning_goes_on_after_being_cut_anywhere() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    workspace(&tenancy, "warm").await;
    for step in 0..24_u64 {
        let owner = person(&tenancy, "cut").await;
        let cut = Duration::from_millis(step * 5);
        let _ = tokio::time::timeout(cut, tenancy.create_tenant(workspace_of(&owner, "Cut"))).await;
    }

    tenancy.resume_unfinished().await.unwrap();

    let tenants = tenancy.tenants().await.unwrap();
    assert!(tenants.iter().all(|tenant| tenant.state == TenantState::Active));
    for tenant in &tenants {
        assert_eq!(users(&tenancy, tenant.id).await, 1);
    }
    let findings = diagnosis(&tenancy).await;
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn two_nodes_may_end_the_same_provisioning() {
    let database = TestDatabase::create().await;
    let (one, other) = (database.tenancy().await, database.tenancy().await);
    let owner = person(&one, "ana").await;
    let id = one.create_tenant_until(workspace_of(&owner, "Twice"), Step::Placed).await.unwrap();

    let (first, second) = futures::join!(one.resume_unfinished(), other.resume_unfinished());

    assert_eq!(first.unwrap().done + second.unwrap().done, 1);
    assert_eq!(users(&one, id).await, 1);
    assert!(diagnosis(&one).await.is_empty());
}

#[tokio::test]
async fn workspaces_made_at_once_get_addresses_and_places_of_their_own() {
    let database = TestDatabase::create().await;
    let mut settings = database.settings();
    settings.tenants_per_cell = 3;
    let tenancy = Tenancy::connect(settings).await.unwrap();
    let owner = person(&tenancy, "ana").await;

    let made = futures::future::join_all((0..8).map(|_| tenancy.create_tenant(workspace_of(&owner, "Acme")))).await;

    let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
    let mut slugs: Vec<_> = made.iter().map(|tenant| tenant.slug.clone()).collect();
    slugs.sort();
    assert_eq!(slugs, ["acme", "acme-2", "acme-3", "acme-4", "acme-5", "acme-6", "acme-7", "acme-8"]);
    let mut cells: HashMap<_, usize> = HashMap::new();
    for tenant in &made {
        *cells.entry(tenant.cell).or_default() += 1;
    }
    let mut loads: Vec<_> = cells.into_values().collect();
    loads.sort_unstable();
    assert_eq!(loads, [2, 3, 3]);
    assert_eq!(tenancy.memberships(owner.id).await.unwrap().len(), 8);
}

#[tokio::test]
async fn an_address_that_is_taken_or_wrong_is_refused_and_leaves_nothing_behind() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = person(&tenancy, "ana").await;
    let with = |name: &str, slug: &str| NewTenant { slug: Some(slug.to_owned()), ..workspace_of(&owner, name) };
    tenancy.create_tenant(with("Acme", "acme")).await.unwrap();

    let taken = tenancy.create_tenant(with("Other", "acme")).await.unwrap_err();
    let wrong = tenancy.create_tenant(with("Other", "Not OK")).await.unwrap_err();
    let nameless = tenancy.create_tenant(with("  ", "fine")).await.unwrap_err();

    assert!(matches!(taken, CreateTenantError::SlugTaken { slug } if slug == "acme"));
    assert!(matches!(wrong, CreateTenantError::InvalidSlug));
    assert!(matches!(nameless, CreateTenantError::InvalidName));
    assert_eq!(tenancy.tenants().await.unwrap().len(), 1);
    let load: i32 =
        database.owner().await.query_one("SELECT sum(tenants)::int FROM control.cells", &[]).await.unwrap().get(0);
    assert_eq!(load, 1);
}

#[tokio::test]
async fn a_new_member_has_a_user_record_and_a_scope_at_once() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let gus = person(&tenancy, "gus").await;
    assert!(tenancy.scope(gus.id, acme.id).await.unwrap().is_none());

    let joined = tenancy.add_member(acme.id, gus.id, &BuiltInRole::Rep.into()).await.unwrap();

    let scope = tenancy.scope(gus.id, acme.id).await.unwrap().expect("known at once");
    assert_eq!(scope.actor().user_id(), Some(joined.user));
    let session = tenancy.open(&scope).session().await.unwrap();
    assert_eq!(roles(&session, joined.user).await, [BuiltInRole::Rep.id()]);
    assert_eq!(users(&tenancy, acme.id).await, 2);
    let again = tenancy.add_member(acme.id, gus.id, &BuiltInRole::Owner.into()).await.unwrap();
    assert_eq!(again.user, joined.user);
    assert_eq!(roles(&session, joined.user).await, [BuiltInRole::Rep.id()], "who is a member stays as they are");
    assert_eq!(users(&tenancy, acme.id).await, 2);
}

#[tokio::test]
async fn the_system_acts_in_a_workspace_by_address_or_id() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, _) = workspace(&tenancy, "Acme").await;
    for name in [acme.slug.clone(), acme.id.to_string()] {
        let scope = tenancy.system_scope(&name).await.unwrap().expect("a scope");
        assert_eq!((scope.tenant(), scope.actor()), (acme.id, Actor::SYSTEM));
    }
    for name in ["nobody", &TenantId::new().to_string(), "'; --"] {
        assert!(tenancy.system_scope(name).await.unwrap().is_none());
    }
}

async fn users(tenancy: &Tenancy, tenant: TenantId) -> i64 {
    let scope = tenancy.system_scope(&tenant.to_string()).await.unwrap().expect("a live tenant");
    let count = format!("SELECT count(*) FROM {}.users", scope.schema());
    tenancy.open(&scope).session().await.unwrap().query(&count, &[]).await.unwrap()[0].get(0)
}

#[tokio::test]
async fn who_asks_again_after_a_crash_gets_the_workspace_that_is_half_made() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (ana, ben) = (person(&tenancy, "ana").await, person(&tenancy, "ben").await);
    for step in [Step::Placed, Step::CellReady, Step::Built] {
        let half = tenancy.create_tenant_until(workspace_of(&ana, "Acme"), step).await.unwrap();

        let of_another = tenancy.create_or_resume_tenant(workspace_of(&ben, "Acme")).await.unwrap();
        let of_another_name = tenancy.create_or_resume_tenant(workspace_of(&ana, "Globex")).await.unwrap();
        let again = tenancy.create_or_resume_tenant(workspace_of(&ana, " Acme ")).await.unwrap();

        assert!(of_another.id != half && of_another_name.id != half);
        assert_eq!((again.id, again.state), (half, TenantState::Active));
    }
    assert_ne!(
        tenancy.create_or_resume_tenant(workspace_of(&ana, "Acme")).await.unwrap().id,
        tenancy.create_or_resume_tenant(workspace_of(&ana, "Acme")).await.unwrap().id
    );
}

#[tokio::test]
async fn one_node_ends_what_is_unfinished_and_leaves_young_work_to_whoever_is_at_it() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let ana = person(&tenancy, "ana").await;
    tenancy.create_tenant_until(workspace_of(&ana, "Acme"), Step::Placed).await.unwrap();
    let other_node = database.owner().await;
    let since = async |age| tenancy.resume_unfinished_since(age).await.unwrap().map(|resumed| resumed.done);
    other_node.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(x'726170000004'::bigint)").await.unwrap();
    assert_eq!(since(Duration::ZERO).await, None);
    other_node.batch_execute("COMMIT").await.unwrap();
    assert_eq!(since(Duration::from_mins(1)).await, Some(0));
    assert_eq!(since(Duration::ZERO).await, Some(1));
}

/// The roles that a user has.
async fn roles(session: &TenantSession, user: UserId) -> Vec<uuid::Uuid> {
    let sql = format!("SELECT role_id FROM {}.role_assignment WHERE subject = $1", session.scope().schema());
    session.query(&sql, &[&user.uuid()]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
