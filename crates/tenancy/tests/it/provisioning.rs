use rapport_tenancy::{
    Role, TenantState,
    testing::{TestDatabase, person, workspace},
};

#[tokio::test]
async fn a_new_workspace_is_ready_for_its_owner() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;

    let (acme, ana) = workspace(&tenancy, "Acme, Inc.").await;

    assert_eq!((acme.slug.as_str(), acme.state), ("acme-inc", TenantState::Active));
    let scope = tenancy.scope(ana.id, acme.id).await.unwrap().expect("the owner's scope");
    assert_eq!(scope.role(), Role::Owner);
    let session = tenancy.open(&scope).session().await.unwrap();
    let users = format!("SELECT id, name, email, current_user::text FROM {}.users", scope.schema());
    let rows = session.query(&users, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<_, uuid::Uuid>(0), scope.actor().user().unwrap().uuid());
    assert_eq!(rows[0].get::<_, String>(1), ana.name);
    assert_eq!(rows[0].get::<_, String>(3), format!("rapport_t_{}", acme.id.uuid().simple()));
    let stranger = person(&tenancy, "gus").await;
    assert!(tenancy.scope(stranger.id, acme.id).await.unwrap().is_none());
    tenancy.check().await.unwrap();
    assert_eq!(tenancy.doctor().await.unwrap().len(), 0);
}
