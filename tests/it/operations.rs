//! What operators run beside a gateway, on a database of their own.

use std::{
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use rapport_api::cli;
use rapport_tenancy::{
    Key, NewTenant, PersonId, Tenancy, TenantState,
    testing::{DeleteStep, Step, TestDatabase, person, workspace, workspace_of},
};

use serde_json::json;

use crate::{
    command::rapport,
    support::{TestApp, email},
};

/// The binary on this database; it must not need a data directory.
fn on(database: &TestDatabase, arguments: &[&str]) -> Output {
    let mut command: Command = rapport(Path::new("/nowhere"));
    command.args(arguments).env("RAPPORT_DATABASE_URL", database.url()).output().expect("the binary runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Breaks a database in all the ways for which a command of ours is the remedy.
#[tokio::test]
async fn every_command_of_ours_that_the_doctor_names_is_one() {
    let unmigrated = TestDatabase::empty().await;
    let mut findings = unmigrated.tenancy().await.doctor().await.unwrap();
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let mut broken = Vec::new();
    for name in ["No schema", "No role", "Old", "Quarantined", "Other"] {
        let (tenant, _) = workspace(&tenancy, name).await;
        broken.push((format!("t_{}", tenant.id.uuid().simple()), tenant));
    }
    let owner = person(&tenancy, "ana").await;
    tenancy.create_tenant_until(workspace_of(&owner, "Half"), Step::Placed).await.unwrap();
    let (half, _) = workspace(&tenancy, "Half deleted").await;
    tenancy.delete_tenant_until(half.id, DeleteStep::Marked).await.unwrap();
    let sql = format!(
        "DROP SCHEMA {} CASCADE; DROP OWNED BY rapport_{}; DROP ROLE rapport_{1};
         UPDATE control.tenants SET schema_version = 1 WHERE id = '{}';
         UPDATE control.tenants SET state = 'QUARANTINED' WHERE id = '{}';
         UPDATE control.memberships SET ready_at = NULL WHERE tenant_id = '{}'",
        broken[0].0, broken[1].0, broken[2].1.id, broken[3].1.id, broken[4].1.id
    );
    database.owner().await.batch_execute(&sql).await.unwrap();

    findings.extend(tenancy.doctor().await.unwrap());

    let ours: Vec<_> = findings.iter().filter(|finding| finding.command.starts_with("rapport ")).collect();
    assert!(ours.len() >= 8, "{findings:?}");
    for finding in ours {
        assert_eq!(cli::understands(&finding.command), Ok(()), "{finding:?}");
    }
    assert!(cli::understands("rapport tenant destroy acme").is_err());
}

#[tokio::test]
async fn a_workspace_is_deleted_only_with_yes() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    let (acme, ana) = workspace(&tenancy, "Acme").await;

    let asked = on(&database, &["tenant", "delete", "acme"]);

    assert!(!asked.status.success());
    let schema = format!("schema t_{}", acme.id.uuid().simple());
    assert!(out(&asked).contains(&schema) && out(&asked).contains("1 memberships and 0 sessions"), "{asked:?}");
    assert!(String::from_utf8_lossy(&asked.stderr).contains("nothing was deleted: add --yes"), "{asked:?}");
    assert!(tenancy.tenant("acme").await.unwrap().is_some());

    tenancy.delete_tenant_until(acme.id, DeleteStep::Marked).await.unwrap();
    assert!(out(&on(&database, &["tenant", "list"])).contains("deleting"));
    let done = on(&database, &["tenant", "delete", &acme.id.to_string(), "--yes"]);
    assert!(done.status.success() && out(&done).starts_with("Deleted workspace acme"), "{done:?}");
    assert!(tenancy.tenant("acme").await.unwrap().is_none());
    assert!(tenancy.person(ana.id).await.unwrap().is_some());
    let gone = on(&database, &["tenant", "delete", "acme", "--yes"]);
    assert!(!gone.status.success() && String::from_utf8_lossy(&gone.stderr).contains("there is no workspace"));
}

#[tokio::test]
async fn a_migration_that_leaves_a_workspace_behind_is_no_success() {
    let database = TestDatabase::create().await;
    let tenancy = database.tenancy().await;
    assert!(on(&database, &["migrate"]).status.success());
    let ana = person(&tenancy, "ana").await;
    let stuck = tenancy.create_tenant_until(workspace_of(&ana, "Stuck"), Step::CellReady).await.unwrap();
    let (gone, _) = workspace(&tenancy, "Gone").await;
    let schema = |tenant: rapport_tenancy::TenantId| format!("t_{}", tenant.uuid().simple());
    let sql = format!(
        "CREATE SCHEMA {0}; CREATE TABLE {0}.event (); DROP SCHEMA {1} CASCADE",
        schema(stuck),
        schema(gone.id)
    );
    database.owner().await.batch_execute(&sql).await.unwrap();

    let migrated = on(&database, &["migrate"]);

    assert_eq!(migrated.status.code(), Some(1));
    for (slug, why) in [("gone", "schema of the tenant is gone"), ("stuck", "already exists")] {
        let line = out(&migrated).lines().find(|line| line.trim().starts_with(slug)).map(str::to_owned);
        assert!(line.is_some_and(|line| line.contains(why)), "{}", out(&migrated));
    }
}

#[test]
fn who_only_looks_makes_no_database() {
    let data_dir = tempfile::tempdir().unwrap();
    let nowhere = data_dir.path().join("none");
    for folder in [data_dir.path(), &nowhere] {
        for arguments in [&["doctor"][..], &["tenant", "list"], &["tenant", "delete", "acme"]] {
            let output = rapport(folder).args(arguments).output().expect("the binary runs");
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains("there is nothing yet: no database in ") && said.lines().count() == 1, "{said}");
        }
    }
    assert_eq!(std::fs::read_dir(data_dir.path()).unwrap().count(), 0);
}

fn acme_of(owner: PersonId) -> NewTenant {
    let (owner_name, owner_email) = ("ana".to_owned(), email("ana"));
    NewTenant { name: "Acme".to_owned(), slug: None, owner, by: None, owner_name, owner_email }
}

async fn ana(tenancy: &Tenancy) -> PersonId {
    tenancy.person_by_email(&email("ana")).await.expect("readable").expect("ana").id
}

#[tokio::test]
async fn a_gateway_that_starts_ends_what_is_unfinished() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let tenancy = &app.app.tenancy;
    let made = tenancy.create_tenant_until(acme_of(ana(tenancy).await), Step::CellReady).await.unwrap();
    let (gone, _) = workspace(tenancy, "Gone").await;
    tenancy.delete_tenant_until(gone.id, DeleteStep::Marked).await.unwrap();

    let _other = app.second_node().await;

    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let tenants = tenancy.tenants().await.unwrap();
        let is_made = tenants.iter().any(|it| it.id == made && it.state == TenantState::Active);
        if is_made && tenants.iter().all(|it| it.id != gone.id) {
            break;
        }
        assert!(Instant::now() < until, "{tenants:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.sign_in("ana", Some("acme")).await.status, 200);
}

#[tokio::test]
async fn an_operator_helps_whoever_has_lost_their_second_factor_and_the_log_tells_of_it() {
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let person = app.app.tenancy.person_by_email(&email("ana")).await.expect("readable").expect("ana");
    let reset = |email: &str| {
        let mut command: Command = rapport(Path::new("/nowhere"));
        command.args(["user", "reset-second-factor", email]).env("RAPPORT_DATABASE_URL", app.database.url());
        let smtp = [("RAPPORT_SMTP_URL", "smtp://127.0.0.1:1"), ("RAPPORT_MAIL_FROM", "rapport@example.com")];
        command.envs(smtp).output().expect("the binary runs")
    };
    let none = reset(&email("ana"));
    assert!(!none.status.success() && String::from_utf8_lossy(&none.stderr).contains("has no second factor"));
    assert!(!reset("nobody@example.com").status.success());
    assert!(app.app.tenancy.start_second_factor(person.proved(), &Key::random()).await.unwrap());
    assert!(app.app.tenancy.confirm_second_factor(person.id, 1, &[], &[]).await.unwrap());
    assert_eq!(app.sign_in("ana", None).await.code(), "TOTP_REQUIRED");

    let done = reset(&email("ana"));

    assert!(done.status.success(), "{done:?}");
    assert!(out(&done).contains("ana@example.com signs in with the password alone now"), "{}", out(&done));
    assert_eq!(app.sign_in("ana", None).await.status, 200);
    let mails = app.sql("SELECT kind, recipient FROM control.mails").await.expect("SQL");
    assert_eq!(mails, [["SECOND_FACTOR_OFF", "ana@example.com"].map(|text| Some(text.to_owned()))]);
    let log = "{ auditEvents(filter: { type: \"second_factor.disabled\" }) { nodes { actor { kind } } } }";
    let log = ana.data(log, serde_json::Value::Null).await["auditEvents"]["nodes"].clone();
    assert_eq!(log, json!([{"actor": {"kind": "SYSTEM"}}]));
}

/// Statements of the control plane have hashes and addresses among their values.
#[tokio::test]
async fn a_talkative_log_says_nothing_of_what_people_keep() {
    let app = TestApp::start().await;
    app.sign_up_to("ana", "Acme").await;
    let list = |log: &str| {
        let mut command: Command = rapport(Path::new("/nowhere"));
        command.args(["user", "list", "acme"]).env("RAPPORT_DATABASE_URL", app.database.url()).env("RAPPORT_LOG", log);
        String::from_utf8_lossy(&command.output().expect("the binary runs").stderr).into_owned()
    };
    let named = list("info,tokio_postgres=debug");
    assert!(named.contains("statement"), "{named}");
    let talkative = list("debug");
    assert!(!talkative.contains("tokio_postgres"), "{talkative}");
}

#[tokio::test]
async fn who_signs_up_again_after_a_crash_gets_the_workspace_that_is_half_made() {
    let app = TestApp::start().await;
    app.sign_up("ana").await;
    let tenancy = &app.app.tenancy;
    let half = tenancy.create_tenant_until(acme_of(ana(tenancy).await), Step::Placed).await.unwrap();

    let again = app.sign_up_to("ana", "Acme").await;

    assert_eq!(again.workspace["id"], half.to_string());
    assert_eq!(again.workspace["slug"], "acme");
    assert_eq!(tenancy.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_gateway_that_stops_writes_down_how_far_its_imports_are() {
    const ROWS: usize = 20_000;
    let app = TestApp::start().await;
    let ana = app.sign_up("ana").await;
    let rows: Vec<String> = (0..ROWS).map(|row| format!("row-{row}")).collect();
    let rows = format!("id\n{}\n", rows.join("\n"));
    let mapping = "[[step]]\nfile = \"rows.csv\"\nobject = \"Company\"\nmatch_on = \"externalId\"\n\
                   [step.columns]\nexternalId = \"id\"\nname = \"id\"\n";
    let input = json!({"mapping": mapping, "files": [{"name": "rows.csv", "content": rows}]});
    let start = "mutation($input: StartImportInput!) { it: startImport(input: $input) { import { id } userErrors { message } } }";
    let started = ana.data(start, json!({"input": input})).await;
    assert_eq!(started["it"]["userErrors"], json!([]));

    app.app.background.shutdown().ask();
    app.app.background.end().await;

    let query =
        "query($id: ID!) { import(id: $id) { state rowsDone finishedAt report { steps { counts { created } } } } }";
    let import = ana.data(query, json!({"id": started["it"]["import"]["id"]})).await["import"].clone();
    assert_eq!(import["state"], "CANCELLED", "{import}");
    let done = import["rowsDone"].as_u64().expect("a number");
    assert!(done < ROWS as u64 && import["finishedAt"].is_string(), "{import}");
    assert_eq!(import["report"]["steps"][0]["counts"]["created"], done, "{import}");
}
