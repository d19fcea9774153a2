//! Databases for tests: each test gets one of its own, cloned from a migrated template.
//!
//! `RAPPORT_TEST_DATABASE_URL` is the URL of someone who may create databases and roles; `make test` sets it.

use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use crate::{
    LocalMasterKeys, MasterKeys, NewPerson, NewTenant, Person, Settings, Tenancy, Tenant, migrate::fingerprint,
};
pub use crate::{delete::DeleteStep, provision::Step};

/// A database that is dropped, with the roles made for it, when the last handle goes.
#[derive(Clone)]
pub struct TestDatabase(Arc<Owned>);

struct Owned {
    server: String,
    name: String,
}

impl TestDatabase {
    /// # Panics
    /// When there is no server to make it on.
    pub async fn create() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let server = server_url();
        let template = TEMPLATE.get_or_init(|| template(&server)).await;
        let name = format!("rapport_test_{}", uuid::Uuid::now_v7().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self(Arc::new(Owned { server, name }))
    }

    /// An empty one, as an operator hands it over.
    pub async fn empty() -> Self {
        let server = server_url();
        let name = format!("rapport_test_{}", uuid::Uuid::now_v7().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self(Arc::new(Owned { server, name }))
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    /// With [`master_keys`].
    pub fn settings(&self) -> Settings {
        Settings { master_keys: Some(master_keys(MASTER_KEY)), ..Settings::new(self.url()) }
    }

    pub async fn tenancy(&self) -> Tenancy {
        Tenancy::connect(self.settings()).await.expect("the test database can be reached")
    }

    /// A connection of the owner, to look behind the scenes.
    #[expect(clippy::disallowed_types, reason = "tests look at what no scope may see")]
    pub async fn owner(&self) -> tokio_postgres::Client {
        connect(&self.url()).await
    }
}

/// The master key of tests, as a setting.
pub const MASTER_KEY: &str = "tests:dGVzdHMgYWxvbmUgdXNlIHRoaXMgbWFzdGVyIGtleSE=";

/// The master keys that such a setting comes to.
pub fn master_keys(text: &str) -> Arc<dyn MasterKeys> {
    Arc::new(LocalMasterKeys::parse(text).expect("master keys"))
}

impl Owned {
    fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }
}

impl Drop for Owned {
    /// On a thread of its own that nobody waits for: the test's runtime may hold a connection half open, which keeps the
    /// database from going until the runtime has gone.
    fn drop(&mut self) {
        let (server, url, name) = (self.server.clone(), self.url(), self.name.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime for cleaning up").block_on(async {
                let roles = roles_of(&url).await;
                run(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                for role in roles {
                    run(&server, &format!("DROP ROLE IF EXISTS {role}")).await;
                }
            });
        });
    }
}

/// Also takes the right to end the gateway's connections, in case a test that failed left some.
async fn roles_of(url: &str) -> Vec<String> {
    let client = connect(url).await;
    let grant =
        "DO $$ DECLARE l text; BEGIN FOR l IN SELECT login FROM control.cells c JOIN pg_roles r ON r.rolname = c.login
                 LOOP EXECUTE format('GRANT %I TO CURRENT_USER', l); END LOOP; END $$";
    let _ = client.batch_execute(grant).await;
    let roles = "SELECT 'rapport_t_' || replace(id::text, '-', '') FROM control.tenants UNION ALL SELECT login FROM control.cells";
    client.query(roles, &[]).await.map(|rows| rows.iter().map(|row| row.get(0)).collect()).unwrap_or_default()
}

/// Made once for each set of migrations, whatever number of test processes ask.
async fn template(server: &str) -> String {
    let name = format!("rapport_template_{}", &fingerprint()[..16]);
    let client = connect(server).await;
    client.execute("SELECT pg_advisory_lock(727001)", &[]).await.expect("a lock on the test server");
    let there =
        client.query("SELECT 1 FROM pg_database WHERE datname = $1", &[&name]).await.expect("the list of databases");
    if there.is_empty() {
        let building = format!("{name}_building");
        run(server, &format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)")).await;
        run(server, &format!("CREATE DATABASE {building} TEMPLATE template0")).await;
        let tenancy = Tenancy::connect(Settings::new(with_database(server, &building))).await.expect("the template");
        tenancy.migrate().await.expect("the migrations of the template");
        tenancy.close().await;
        run(server, &format!("ALTER DATABASE {building} RENAME TO {name}")).await;
    }
    name
}

#[expect(clippy::disallowed_methods, reason = "a setting of tests alone")]
fn server_url() -> String {
    std::env::var("RAPPORT_TEST_DATABASE_URL")
        .expect("RAPPORT_TEST_DATABASE_URL names no PostgreSQL server to test on; `make test` starts one and sets it")
}

#[expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "databases are made outside any tenancy")]
async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the test server can be reached");
    tokio::spawn(connection);
    client
}

async fn run(server: &str, sql: &str) {
    let done = connect(server).await.batch_execute(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

fn with_database(url: &str, name: &str) -> String {
    let (start, query) =
        url.split_once('?').map_or((url, String::new()), |(start, query)| (start, format!("?{query}")));
    let server = start.rsplit_once('/').map_or(start, |(server, _)| server);
    format!("{server}/{name}{query}")
}

/// A person with a made-up address.
pub async fn person(tenancy: &Tenancy, name: &str) -> Person {
    let email = format!("{name}.{}@example.com", uuid::Uuid::now_v7().simple());
    let new = NewPerson { email, name: name.to_owned(), password_hash: None };
    tenancy.create_person(new).await.expect("a new person")
}

/// What it takes to make a workspace for someone.
pub fn workspace_of(owner: &Person, name: &str) -> NewTenant {
    NewTenant {
        name: name.to_owned(),
        slug: None,
        owner: owner.id,
        by: None,
        owner_name: owner.name.clone(),
        owner_email: owner.email.clone(),
    }
}

/// A workspace with an owner, ready for use.
pub async fn workspace(tenancy: &Tenancy, name: &str) -> (Tenant, Person) {
    let owner = person(tenancy, name).await;
    let tenant = tenancy.create_tenant(workspace_of(&owner, name)).await.expect("a new workspace");
    (tenant, owner)
}
