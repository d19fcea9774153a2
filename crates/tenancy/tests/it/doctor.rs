use rapport_tenancy::{
    Severity,
    testing::{Step, TestDatabase, person, workspace_of},
};

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
        format!(
            "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}; REVOKE ALL ON SCHEMA {schema} FROM {role}"
        ),
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

/// What a role may do too little or too much of in its own schema.
#[tokio::test]
async fn rights_that_are_missing_or_too_many_are_put_right() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    for (name, change, found) in [
        ("no insert", "REVOKE INSERT ON {s}.team FROM {r}", "its role lacks rights"),
        ("no update", "REVOKE UPDATE ON {s}.team FROM {r}", "its role lacks rights"),
        ("no delete", "REVOKE DELETE ON {s}.company FROM {r}", "its role lacks rights"),
        ("no events", "REVOKE INSERT ON {s}.event FROM {r}", "its role lacks rights"),
        ("no numbers", "REVOKE USAGE ON SEQUENCE {s}.event_id_seq FROM {r}", "its role lacks rights"),
        ("changes seals", "GRANT UPDATE ON {s}.audit_seal TO {r}", "its role has too many rights"),
        ("changes events", "GRANT UPDATE ON {s}.event TO {r}", "its role has too many rights"),
        ("changes a column", "GRANT UPDATE (type) ON {s}.event TO {r}", "its role has too many rights"),
        ("deletes events", "GRANT DELETE ON {s}.event TO {r}", "its role has too many rights"),
        ("sees the ledger", "GRANT SELECT ON {s}.schema_migration TO {r}", "its role has too many rights"),
        ("empties tables", "GRANT TRUNCATE ON {s}.team TO {r}", "its role has too many rights"),
    ] {
        let (tenant, _) = home(&tenancy, name).await;
        let change = change.replace("{s}", &schema_of(tenant.id)).replace("{r}", &role_of(tenant.id));
        owner.batch_execute(&change).await.unwrap();

        let findings = diagnosis(&tenancy).await;

        assert_eq!(findings.len(), 1, "{name}: {findings:?}");
        assert!(findings[0].what.contains(found) && findings[0].tenant == Some(tenant.id), "{name}: {findings:?}");
        assert_eq!((findings[0].severity, findings[0].command.as_str()), (Severity::Error, "rapport migrate"));
        assert_eq!(tenancy.migrate().await.unwrap().repaired, 1, "{name}");
        assert!(diagnosis(&tenancy).await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_stands_on_a_log_is_found_and_left_to_an_operator() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let schema = schema_of(acme.id);
    let swallow = format!(
        "CREATE FUNCTION {schema}.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER swallow BEFORE INSERT ON {schema}.event FOR EACH ROW EXECUTE FUNCTION {schema}.swallow()"
    );
    let trigger = (swallow, format!("DROP TRIGGER swallow ON {schema}.event"));
    let rule = format!("CREATE RULE swallow AS ON INSERT TO {schema}.audit_seal DO INSTEAD NOTHING");
    let rule = (rule, format!("DROP RULE swallow ON {schema}.audit_seal"));
    let hidden = format!("ALTER TABLE {schema}.event ENABLE ROW LEVEL SECURITY");
    let hidden = (hidden, format!("ALTER TABLE {schema}.event DISABLE ROW LEVEL SECURITY"));
    for (make, undo) in [trigger, rule, hidden] {
        owner.batch_execute(&make).await.unwrap();
        let findings = diagnosis(&tenancy).await;
        assert_eq!(findings.len(), 1, "{make}: {findings:?}");
        assert!(findings[0].what.contains("stands on its log") && findings[0].tenant == Some(acme.id), "{findings:?}");
        assert_eq!(tenancy.migrate().await.unwrap().repaired, 0, "{make}");
        owner.batch_execute(&undo).await.unwrap();
        assert!(diagnosis(&tenancy).await.is_empty(), "{make}");
    }
}

/// What roles may do beyond their schemas; the statement in each command takes it away.
#[tokio::test]
async fn roles_that_reach_too_far_are_found() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let (globex, _) = home(&tenancy, "Globex").await;
    let login: String = owner.query_one("SELECT login FROM control.cells", &[]).await.unwrap().get(0);
    let (role, other, schema) = (role_of(acme.id), role_of(globex.id), schema_of(globex.id));
    for (change, found) in [
        (format!("GRANT USAGE ON SCHEMA {schema} TO {role}"), format!("{role} has USAGE on schema {schema}")),
        (format!("GRANT USAGE ON SCHEMA {schema} TO PUBLIC"), format!("PUBLIC has USAGE on schema {schema}")),
        (format!("GRANT USAGE ON SCHEMA control TO {login}"), format!("{login} has USAGE on schema control")),
        (format!("GRANT {other} TO {role}"), format!("{role} may take the role {other}")),
        (format!("GRANT pg_monitor TO {login}"), format!("{login} may take the role pg_monitor")),
        (format!("GRANT {other} TO {login} WITH ADMIN OPTION"), format!("{login} may give the role {other} to others")),
        (format!("ALTER ROLE {login} INHERIT"), format!("gateway login {login} is INHERIT")),
        (format!("ALTER ROLE {login} SUPERUSER CREATEDB"), format!("gateway login {login} is SUPERUSER, CREATEDB")),
        (format!("ALTER ROLE {role} LOGIN"), format!("tenant's role {role} is LOGIN")),
    ] {
        owner.batch_execute(&change).await.unwrap();

        let findings = diagnosis(&tenancy).await;

        let finding = findings.iter().find(|finding| finding.what == found);
        let finding = finding.unwrap_or_else(|| panic!("{change}: {findings:?}"));
        assert_eq!(finding.severity, Severity::Error);
        let statement = finding.command.split('\'').nth(1).expect("a statement");
        assert!(finding.command.starts_with("psql \"$RAPPORT_DATABASE_URL\" -c '"), "{}", finding.command);
        owner.batch_execute(statement).await.unwrap();
        // Some changes of others follow: PostgreSQL 16 and newer take rights over from the attribute.
        for finding in diagnosis(&tenancy).await {
            owner.batch_execute(finding.command.split('\'').nth(1).expect("a statement")).await.unwrap();
        }
        let left = diagnosis(&tenancy).await;
        assert!(left.is_empty(), "{change}: {left:?}");
    }
}

/// As after a restore of one tenant's schema from an older backup, and as after a crash.
#[tokio::test]
async fn a_schema_of_another_version_than_the_control_plane_knows_is_found_and_caught_up() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (acme, db) = home(&tenancy, "Acme").await;
    let (schema, role, latest) = (schema_of(acme.id), role_of(acme.id), acme.schema_version);
    let empty =
        format!("DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}; GRANT USAGE ON SCHEMA {schema} TO {role}");
    for (change, its, known) in
        [(empty.as_str(), 0, latest), ("UPDATE control.tenants SET schema_version = 9999", latest, 9999)]
    {
        owner.batch_execute(change).await.unwrap();

        let findings = diagnosis(&tenancy).await;

        assert_eq!(findings.len(), 1, "{findings:?}");
        let what = format!("workspace acme: its schema has version {its}, the control plane knows {known}");
        assert_eq!((&findings[0].what, findings[0].command.as_str()), (&what, "rapport migrate"));
        assert_eq!(tenancy.migrate().await.unwrap().repaired, 1);
        assert!(diagnosis(&tenancy).await.is_empty());
        let session = db.session().await.unwrap();
        session.query(&format!("SELECT id FROM {schema}.team"), &[]).await.unwrap();
    }
}

/// Cells of two other databases: one that is not there, one whose tenant is broken.
#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_finding_and_keeps_nobody_waiting() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (acme, _) = home(&tenancy, "Acme").await;
    let (lost, _) = home(&tenancy, "Lost").await;
    let cell = uuid::Uuid::now_v7();
    let sql = format!(
        "INSERT INTO control.cells (id, login, password, database, admin_address, data_address, tenants)
           VALUES ('{cell}', 'rapport_cell_none', 'x', 'nowhere', '127.0.0.1:1', '127.0.0.1:1', 1);
         UPDATE control.tenants SET cell_id = '{cell}' WHERE id = '{}';
         REVOKE SELECT ON {}.team FROM {}",
        lost.id,
        schema_of(acme.id),
        role_of(acme.id)
    );
    owner.batch_execute(&sql).await.unwrap();

    let findings = diagnosis(&tenancy).await;

    let found: Vec<_> =
        findings.iter().filter(|finding| finding.what.contains("database nowhere on 127.0.0.1:1")).collect();
    assert_eq!(found.len(), 1, "{findings:?}");
    assert!(found[0].command.contains("-c '\\c nowhere - 127.0.0.1 1'"), "{}", found[0].command);
    assert!(findings.iter().any(|finding| finding.tenant == Some(acme.id)), "{findings:?}");
    let report = tenancy.migrate().await.unwrap();
    assert_eq!((report.repaired, report.unreachable.len(), report.is_complete()), (1, 1, false));
}

#[tokio::test]
async fn one_tenant_that_cannot_be_put_right_does_not_keep_the_others_waiting() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let owner = database.owner().await;
    let (gone, _) = home(&tenancy, "Gone").await;
    let (broken, _) = home(&tenancy, "Broken").await;
    let ana = person(&tenancy, "ana").await;
    let stuck = tenancy.create_tenant_until(workspace_of(&ana, "Stuck"), Step::CellReady).await.unwrap();
    let (lost, half) = (schema_of(gone.id), schema_of(stuck));
    let revoke = format!("REVOKE SELECT ON {}.team FROM {}", schema_of(broken.id), role_of(broken.id));
    let sql = format!("DROP SCHEMA {lost} CASCADE; {revoke}; CREATE SCHEMA {half}; CREATE TABLE {half}.event ()");
    owner.batch_execute(&sql).await.unwrap();

    let report = tenancy.migrate().await.unwrap();

    assert_eq!((report.repaired, report.resumed, report.is_complete()), (1, 0, false));
    let failed: Vec<_> = report.failed.iter().map(|failure| failure.slug.as_str()).collect();
    assert_eq!(failed, ["gone", "stuck"]);
    assert!(report.failed[1].reason.contains("already exists"), "{}", report.failed[1].reason);
}
