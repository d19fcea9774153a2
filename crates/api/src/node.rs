//! One gateway node, from its settings to its orderly end.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use rapport_tenancy::{MigrationReport, SecretString, Tenancy, Unreachable};
use secrecy::ExposeSecret as _;
use tokio::task::JoinHandle;

use crate::{
    app::{self, App},
    auth,
    background::Background,
    config::Settings,
    embedded::Progress,
    health::{Check, Health, Need},
    http::{
        self,
        door::Door,
        server::{BindError, Server},
    },
    limits, mail,
    metrics::{self, Metrics},
    redis_link,
    shutdown::Shutdown,
};

/// What a node is made of.
pub struct Node {
    pub settings: Settings,
    pub server: Server,
    pub database_url: SecretString,
    pub redis_url: Option<SecretString>,
    /// Bring the database up to date first.
    pub migrate: bool,
    /// Where mail goes without an SMTP server.
    pub without_smtp: mail::Way,
}

/// Why a node ended without being asked.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("the database cannot be used")]
    Database(#[from] rapport_tenancy::Error),
    #[error("the gateway cannot start")]
    App(#[from] app::StartError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("metrics cannot be collected")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error("{0}")]
    Prepare(String),
}

impl Node {
    /// Serves until it is asked to stop. `prepare` is done between migrating and serving; `serving` is called with
    /// the public URL once requests are answered.
    pub async fn run(
        self,
        shutdown: Shutdown,
        progress: &Progress,
        prepare: impl AsyncFnOnce(&Arc<App>) -> Result<(), NodeError>,
        serving: impl FnOnce(&str),
    ) -> Result<(), NodeError> {
        let (door, health) = (Door::default(), Health::new(shutdown.clone()));
        let public = door.router(health.clone());
        let metrics = self.serve_metrics(&shutdown, progress).await?;
        let (server, start) = self.split();
        let public_url = start.public_url.clone();
        let background = Background::new(shutdown.clone());
        let answering = tokio::spawn(server.serve(public, shutdown.clone()));
        let started = tokio::select! {
            started = start.run(&door, &health, &background, progress, prepare) => started.map(|()| serving(&public_url)),
            // Nothing is served yet: what was begun is safe to leave.
            () = shutdown.asked() => Ok(()),
        };
        if started.is_err() {
            shutdown.ask();
        }
        let _ = answering.await;
        background.end().await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        started
    }

    async fn serve_metrics(
        &self,
        shutdown: &Shutdown,
        progress: &Progress,
    ) -> Result<Option<JoinHandle<()>>, NodeError> {
        let Some(address) = self.settings.metrics.address else {
            return Ok(None);
        };
        let server = match Server::bind(address, "RAPPORT_METRICS_ADDR").await {
            Ok(server) => server,
            Err(error) if self.settings.metrics.chosen => return Err(error.into()),
            Err(error) => {
                progress.say(format!("no metrics: {error}"));
                return Ok(None);
            }
        };
        let metrics = Metrics::install()?;
        let router = metrics.router();
        let shutdown = shutdown.clone();
        Ok(Some(tokio::spawn(async move {
            tokio::select! { () = metrics.gather() => {}, () = server.serve(router, shutdown) => {} }
        })))
    }

    fn split(self) -> (Server, Start) {
        let Self { settings, server, database_url, redis_url, migrate, without_smtp } = self;
        let public_url = settings.http.public_url(server.address());
        (server, Start { settings, public_url, database_url, redis_url, migrate, without_smtp })
    }
}

struct Start {
    settings: Settings,
    public_url: String,
    database_url: SecretString,
    redis_url: Option<SecretString>,
    migrate: bool,
    without_smtp: mail::Way,
}

impl Start {
    async fn run(
        self,
        door: &Door,
        health: &Health,
        background: &Background,
        progress: &Progress,
        prepare: impl AsyncFnOnce(&Arc<App>) -> Result<(), NodeError>,
    ) -> Result<(), NodeError> {
        let tenancy = tenancy_settings(&self.settings, self.database_url);
        if self.migrate {
            let database = Tenancy::connect(tenancy.clone()).await?;
            let report = database.migrate().await?;
            database.close().await;
            progress.say(describe(&report));
        }
        if self.settings.mail.is_sent() && self.settings.http.public_url.is_none() {
            tracing::warn!(
                url = self.public_url,
                "Links in mails begin with this: set RAPPORT_PUBLIC_URL to where people reach Rapport"
            );
        }
        let settings = app::Settings {
            tenancy,
            mail: self.settings.mail.settings(&self.public_url, self.without_smtp),
            auth: auth::Settings {
                issuer: self.public_url,
                password_cost: auth::Cost::default(),
                breached_passwords: self.settings.breached_passwords,
                session_lifetime: self.settings.sessions.lifetime,
                session_idle: self.settings.sessions.idle,
                signing_key_age: self.settings.sessions.key_age,
            },
            limits: self.settings.limits.or(limits::Settings::DEFAULT),
            redis_url: self.redis_url.map(|url| url.expose_secret().to_owned()),
            redis_patience: redis_link::PATIENCE,
            trusted_hops: self.settings.http.trusted_hops,
        };
        tokio::task::spawn_blocking(rapport_domain::catalog::types::prepare);
        let app = App::start(settings, background.clone()).await?;
        tokio::spawn(metrics::watch(Arc::downgrade(&app)));
        prepare(&app).await?;
        health.started(checks(&app));
        let gateway = http::router::router(Arc::clone(&app)).layer(axum::middleware::from_fn(metrics::observe));
        door.open(gateway);
        Ok(())
    }
}

/// How the database is used, as the settings say.
pub fn tenancy_settings(settings: &Settings, url: SecretString) -> rapport_tenancy::Settings {
    let mut tenancy = rapport_tenancy::Settings::new(url);
    tenancy.connections = settings.database.connections;
    tenancy.statement_timeout = settings.database.statement_timeout;
    tenancy.master_keys.clone_from(&settings.master_key.keys);
    tenancy
}

/// A run of the migrations in one line, with one for each failure.
pub fn describe(report: &MigrationReport) -> String {
    let MigrationReport { control, current, migrated, repaired, resumed, .. } = report;
    let mut line = format!(
        "Database: {} control migrations applied, {migrated} workspaces brought up to date, {current} were",
        control.len()
    );
    if *resumed > 0 {
        let _ = write!(line, ", {resumed} half made or half deleted ones ended");
    }
    if *repaired > 0 {
        let _ = write!(line, ", rights of {repaired} put right");
    }
    for (failures, what) in [
        (&report.postponed, "is tried again next time"),
        (&report.quarantined, "is quarantined"),
        (&report.failed, "is not as it should be"),
    ] {
        for failure in failures {
            let _ = write!(line, "\n           {} {what}: {}", failure.slug, failure.reason);
        }
    }
    for Unreachable { database, reason } in &report.unreachable {
        let _ = write!(line, "\n           {database} cannot be reached: {reason}");
    }
    line
}

fn checks(app: &Arc<App>) -> Vec<Check> {
    let tenancy = app.tenancy.clone();
    let mut checks = vec![Check::new("database", Need::Required, move || {
        let tenancy = tenancy.clone();
        async move { tenancy.check().await }
    })];
    if let Some(redis) = app.redis.clone() {
        checks.push(Check::new("redis", Need::Helpful, move || {
            let redis = redis.clone();
            async move { redis.check().await }
        }));
    }
    checks
}

/// How often it is looked whether a server of our own still runs.
pub const WATCH: Duration = Duration::from_millis(500);
