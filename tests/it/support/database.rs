//! A migrated template once a run, a clone of it for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use rapport_tenancy::{Settings, Tenancy};
use tokio::sync::{Mutex, OnceCell};

static TEMPLATE: OnceCell<String> = OnceCell::const_new();
/// Postgres copies a template for one caller at a time.
static COPYING: Mutex<()> = Mutex::const_new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database that goes away with its test.
pub struct Database {
    url: String,
    name: String,
}

impl Database {
    pub async fn create() -> Self {
        let template = TEMPLATE.get_or_init(template).await;
        let name = format!("rapport_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let copying = COPYING.lock().await;
        on_server(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        drop(copying);
        Self { url: at(&server(), &name), name }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The test's own runtime is ending.
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(on_server(&drop));
        });
        let _ = done.join();
    }
}

async fn template() -> String {
    let name = format!("rapport_template_{}", std::process::id());
    on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    on_server(&format!("CREATE DATABASE {name}")).await;
    let tenancy = Tenancy::connect(Settings::new(at(&server(), &name))).await.expect("the template opens");
    tenancy.migrate().await.expect("the template migrates");
    tenancy.close().await;
    drop(tenancy);
    name
}

/// The server that the test command started.
fn server() -> String {
    rapport_api::config::env::var("RAPPORT_TEST_DATABASE_URL").expect(
        "RAPPORT_TEST_DATABASE_URL names no PostgreSQL: run the tests with `make test`, or with `rapport dev --exec -- cargo test`",
    )
}

/// The same server, another database.
fn at(url: &str, database: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    let parameters = parameters.map(|rest| format!("?{rest}")).unwrap_or_default();
    format!("{}/{database}{parameters}", &address[..end])
}

#[expect(clippy::disallowed_methods, reason = "makes and drops databases, which the product never does")]
async fn on_server(sql: &str) {
    let connected = tokio_postgres::connect(&server(), tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("the test server answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.expect(sql);
    drop(client);
    let _ = driver.await;
}
