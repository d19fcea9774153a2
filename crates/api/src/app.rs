//! What all requests share.

use std::{sync::Arc, time::Duration};

use rapport_tenancy::{Tenancy, TenantDb};

use crate::{
    auditing::Auditing,
    auth::{self, Auth},
    background::Background,
    converting::Converting,
    graphql::Graph,
    indexing::Indexing,
    limits::{self, Limits},
    mail::{self, Mailer},
    redis_link::RedisLink,
    resume,
    searching::Searching,
};

/// What the gateway needs to start.
#[derive(Clone)]
pub struct Settings {
    pub tenancy: rapport_tenancy::Settings,
    pub auth: auth::Settings,
    pub limits: limits::Settings,
    pub mail: mail::Settings,
    /// `RAPPORT_REDIS_URL`; without it each node counts on its own and hears of ended sessions by Postgres alone.
    pub redis_url: Option<String>,
    /// How long a request waits for Redis; [`PATIENCE`](crate::redis_link::PATIENCE) but in tests.
    pub redis_patience: Duration,
    /// Proxies in front of us that append to `X-Forwarded-For`; 0 when clients connect directly.
    pub trusted_hops: usize,
}

/// One gateway node.
pub struct App {
    pub tenancy: Tenancy,
    pub auth: Auth,
    pub graph: Graph,
    pub mail: Mailer,
    pub limits: Arc<Limits>,
    pub redis: Option<RedisLink>,
    pub indexing: Indexing,
    pub searching: Searching,
    pub auditing: Auditing,
    pub converting: Converting,
    pub background: Background,
    pub(crate) trusted_hops: usize,
}

impl App {
    /// Connects. Expects the schema to be migrated.
    pub async fn start(settings: Settings, background: Background) -> Result<Arc<Self>, StartError> {
        let tenancy = Tenancy::connect(settings.tenancy).await?;
        let redis =
            settings.redis_url.as_deref().map(|url| RedisLink::new(url, settings.redis_patience)).transpose()?;
        if let Some(redis) = &redis
            && let Err(error) = redis.check().await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "Redis does not answer yet, it is not waited for");
        }
        let limits = Arc::new(Limits::new(settings.limits, redis.clone()));
        let auditing = Auditing::new(tenancy.clone(), background.clone());
        let mail = Mailer::new(settings.mail)?;
        let auth = Auth::start(
            settings.auth,
            tenancy.clone(),
            Arc::clone(&limits),
            mail.clone(),
            background.clone(),
            auditing.clone(),
        )
        .await?;
        let graph = Graph::default();
        let indexing = Indexing::new(tenancy.clone(), Arc::clone(&graph.catalogs));
        let searching = Searching::new(Arc::clone(&graph.catalogs), background.shutdown().clone());
        let converting =
            Converting::new(tenancy.clone(), Arc::clone(&graph.catalogs), indexing.clone(), auditing.clone());
        let trusted_hops = settings.trusted_hops;
        let app = Arc::new(Self {
            tenancy,
            auth,
            graph,
            mail,
            limits,
            redis,
            indexing,
            searching,
            auditing,
            converting,
            background,
            trusted_hops,
        });
        resume::start(&app);
        app.auditing.sweep();
        mail::worker::start(&app);
        auth::upkeep::start(&app);
        Ok(app)
    }

    /// Something was written to the workspace: search follows it, and the log of it is sealed.
    pub fn wrote(&self, db: &TenantDb) {
        self.searching.wake(db);
        self.auditing.wake(db);
    }
}

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database cannot be used")]
    Tenancy(#[from] rapport_tenancy::Error),
    #[error("RAPPORT_REDIS_URL is no Redis URL")]
    Redis(#[from] redis::RedisError),
    #[error(transparent)]
    Mail(#[from] mail::UnusableSmtp),
    #[error("sign-in cannot be offered")]
    Auth(#[from] auth::StartError),
}
