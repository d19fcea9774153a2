use rapport_tenancy::{
    TenantId,
    testing::{TestDatabase, person, workspace},
};

use crate::support::{code, current_user, home, role_of, schema_of, teams};

const DENIED: &str = "42501";

#[tokio::test]
async fn a_tenants_role_is_refused_in_every_other_schema() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    let (globex, globex_db) = home(&tenancy, "Globex").await;
    let (a, b) = (schema_of(acme.id), schema_of(globex.id));
    let session = acme_db.session().await.unwrap();

    for statement in [
        format!("SELECT name FROM {b}.team"),
        format!("INSERT INTO {b}.team (id, name) VALUES (gen_random_uuid(), 'stolen')"),
        format!("UPDATE {b}.users SET name = 'stolen'"),
        format!("DELETE FROM {b}.users"),
        format!("TRUNCATE {b}.users"),
        format!("SELECT u.name FROM {a}.users u JOIN {b}.users o ON true"),
        format!("CREATE TABLE {a}.mine (id int)"),
        format!("DROP TABLE {a}.team"),
        format!("ALTER TABLE {a}.team ADD COLUMN x int"),
        format!("UPDATE {a}.event SET type = 'x'"),
        format!("DELETE FROM {a}.event"),
        format!("SELECT * FROM {a}.schema_migration"),
        "SELECT * FROM control.people".to_owned(),
        "SELECT * FROM control.signing_keys".to_owned(),
        "SELECT * FROM control.cells".to_owned(),
        "CREATE SCHEMA mine".to_owned(),
        "CREATE ROLE mine".to_owned(),
    ] {
        let error = session.execute(&statement, &[]).await.expect_err(&statement);
        assert_eq!(code(&error), DENIED, "{statement}: {error:?}");
    }
    let events = format!("INSERT INTO {a}.event (type, object, record_id) VALUES ('x', 'Team', gen_random_uuid())");
    assert_eq!(session.execute(&events, &[]).await.unwrap(), 1);
    assert_eq!(teams(&globex_db).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_workspace_of_others_and_one_that_does_not_exist_look_the_same() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;
    let gus = person(&tenancy, "gus").await;

    assert!(tenancy.scope(gus.id, acme.id).await.unwrap().is_none());
    assert!(tenancy.scope(gus.id, TenantId::new()).await.unwrap().is_none());
    assert!(tenancy.scope(ana.id, TenantId::new()).await.unwrap().is_none());
    assert!(tenancy.scope(ana.id, acme.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_gateway_alone_may_see_nothing() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let owner = database.owner().await;
    let login: String = owner.query_one("SELECT login FROM control.cells", &[]).await.unwrap().get(0);

    let sees = "SELECT has_schema_privilege($1, $2, 'USAGE'), has_schema_privilege($1, 'control', 'USAGE'),
                has_table_privilege($1, $2 || '.users', 'SELECT'),
                (SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = $1)";
    let row = owner.query_one(sees, &[&login, &schema_of(acme.id)]).await.unwrap();

    assert!(!row.get::<_, bool>(0) && !row.get::<_, bool>(1) && !row.get::<_, bool>(2));
    assert_eq!(row.get::<_, i64>(3), 0);
}

/// Expressions that the server would run if they got into a statement.
#[tokio::test]
async fn a_role_cannot_be_smuggled_into_a_statement() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, acme_db) = home(&tenancy, "Acme").await;
    let (globex, globex_db) = home(&tenancy, "Globex").await;
    let owner = database.owner().await;
    let is_super = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
    let withdrawn: bool = owner.query_one(is_super, &[]).await.unwrap().get(0);
    for _ in 0..3 {
        let session = acme_db.session().await.unwrap();
        let smuggled = format!("SELECT set_config('role', '{}', false)", role_of(globex.id));
        let answer = session.query(&smuggled, &[]).await;
        assert!(answer.is_err() || !withdrawn);
        let own = format!("SELECT name FROM {}.users", schema_of(acme.id));
        let _ = session.query(&own, &[]).await;
        drop(session);
        // Whatever happened, the connection is good again for the next in line.
        for (tenant, db) in [(&acme, &acme_db), (&globex, &globex_db)] {
            assert_eq!(current_user(&db.session().await.unwrap()).await.unwrap(), role_of(tenant.id));
        }
    }
}
