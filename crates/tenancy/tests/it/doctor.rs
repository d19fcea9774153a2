use rapport_tenancy::{Severity, testing::TestDatabase};

use crate::support::{current_user, diagnosis, home, role_of, schema_of};

#[tokio::test]
async fn what_the_doctor_finds_the_named_command_closes() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (no_role, db) = home(&tenancy, "No role").await;
    let (no_grant, _) = home(&tenancy, "No grant").await;
    let (no_rights, _) = home(&tenancy, "No rights").await;
    home(&tenancy, "Sound").await;
    let login: String = owner.query_one("SELECT login FROM control.cells", &[]).await.unwrap().get(0);
    let (schema, role) = (schema_of(no_role.id), role_of(no_role.id));
    for sql in [
        format!("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON SCHEMA {schema} FROM {role}"),
        format!("DROP ROLE {role}"),
        format!("REVOKE {} FROM {login}", role_of(no_grant.id)),
        format!("REVOKE SELECT ON {}.team FROM {}", schema_of(no_rights.id), role_of(no_rights.id)),
    ] {
        owner.batch_execute(&sql).await.unwrap();
    }

    let findings = diagnosis(&tenancy).await;

    let found: Vec<_> = findings.iter().map(|finding| (finding.tenant, finding.what.as_str())).collect();
    assert_eq!(
        found,
        [
            (Some(no_role.id), "workspace no-role: its database role is gone"),
            (Some(no_grant.id), "workspace no-grant: the gateway may not take its role"),
            (Some(no_rights.id), "workspace no-rights: its role lacks rights on its own tables"),
        ]
    );
    assert!(findings.iter().all(|finding| finding.command == "rapport migrate" && finding.severity == Severity::Error));
    assert_eq!(tenancy.migrate().await.unwrap().repaired, 3);
    assert!(diagnosis(&tenancy).await.is_empty());
    assert_eq!(current_user(&db.session().await.unwrap()).await.unwrap(), role);
}

#[tokio::test]
async fn a_lost_schema_and_a_stray_one_are_found() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let stray = format!("t_{}", uuid::Uuid::now_v7().simple());
    let sql = format!("DROP SCHEMA {} CASCADE; CREATE SCHEMA {stray}", schema_of(acme.id));
    owner.batch_execute(&sql).await.unwrap();

    let findings = diagnosis(&tenancy).await;

    assert_eq!(findings.len(), 2, "{findings:?}");
    assert_eq!((findings[0].tenant, findings[0].what.as_str()), (Some(acme.id), "workspace acme: its schema is gone"));
    assert!(findings[0].command.starts_with("rapport tenant delete acme"));
    assert!(findings[1].command.contains(&format!("DROP SCHEMA {stray}")));
    assert_eq!(tenancy.migrate().await.unwrap().repaired, 0);
}

#[tokio::test]
async fn a_lost_login_is_made_again() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (_, db) = home(&tenancy, "Acme").await;
    let login: String = owner.query_one("SELECT login FROM control.cells", &[]).await.unwrap().get(0);
    let name: String = owner.query_one("SELECT current_database()::text", &[]).await.unwrap().get(0);
    owner.batch_execute(&format!("REVOKE ALL ON DATABASE {name} FROM {login}; DROP ROLE {login}")).await.unwrap();
    let fresh = database.tenancy().await;
    assert!(fresh.check().await.is_err());
    let findings = diagnosis(&fresh).await;
    assert!(findings.iter().any(|finding| finding.what.contains("gateway login")), "{findings:?}");

    fresh.migrate().await.unwrap();

    assert!(diagnosis(&fresh).await.is_empty());
    fresh.check().await.unwrap();
    assert!(current_user(&fresh.open(db.scope()).session().await.unwrap()).await.is_ok());
}
