//! The way to Redis: one multiplexed connection for small commands. Losing it is never fatal.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use deadpool_redis::{Manager, Pool, Runtime};
use redis::{FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::sync::Mutex;

use crate::metrics;

/// Nothing on a request path waits longer for Redis.
pub const PATIENCE: Duration = Duration::from_millis(50);
/// How long a connection may take to come up, behind the requests.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Redis did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RedisLost {
    #[error("Redis did not answer in time")]
    Timeout,
    #[error("no connection to Redis")]
    Connect(#[source] deadpool_redis::PoolError),
    #[error("Redis refused a command")]
    Command(#[source] RedisError),
}

/// What is wrong with a Redis URL, if anything: all that can be told without reaching the server. Repeats none of its
/// secrets.
pub fn check_url(url: &str) -> Result<(), String> {
    const SCHEMES: [&str; 5] = ["redis", "valkey", "unix", "redis+unix", "valkey+unix"];
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let wrong = match scheme {
        "rediss" | "valkeys" => {
            "it asks for TLS, which connections to Redis do not have yet: use redis:// on a network you trust"
        }
        scheme if !SCHEMES.contains(&scheme) => "it does not start with redis://",
        _ if redis::Client::open(url).is_err() => "its host, port or database number cannot be read",
        _ => return Ok(()),
    };
    Err(wrong.to_owned())
}

/// Cheap to clone.
#[derive(Clone)]
pub struct RedisLink(Arc<Inner>);

struct Inner {
    /// Makes and checks connections; a check costs a round trip, so a good connection is kept in `current`.
    pool: Pool,
    patience: Duration,
    current: ArcSwapOption<MultiplexedConnection>,
    connecting: Arc<Mutex<()>>,
}

impl RedisLink {
    /// Reads the URL. Connects later, when first needed; nobody waits longer than `patience` for an answer.
    pub fn new(url: &str, patience: Duration) -> Result<Self, RedisError> {
        let pool =
            Pool::builder(Manager::new(url)?).max_size(2).runtime(Runtime::Tokio1).build().expect("a runtime is given");
        let (current, connecting) = (ArcSwapOption::empty(), Arc::default());
        Ok(Self(Arc::new(Inner { pool, patience, current, connecting })))
    }

    /// Runs a script by its hash; one round trip, two the first time after Redis started.
    pub async fn script<T: FromRedisValue>(&self, invocation: &redis::ScriptInvocation<'_>) -> Result<T, RedisLost> {
        self.within(async |mut connection| invocation.invoke_async(&mut connection).await).await
    }

    /// Sets keys to one value for some time, in one round trip; those that are there only where they may be replaced.
    pub async fn set_all(&self, keys: &[String], value: i64, lives: Duration, replace: bool) -> Result<(), RedisLost> {
        let seconds = lives.as_secs();
        let mut pipeline = redis::pipe();
        for key in keys {
            let set = pipeline.cmd("SET").arg(key).arg(value).arg("EX").arg(seconds);
            if !replace {
                set.arg("NX");
            }
            pipeline.ignore();
        }
        self.within(async |mut connection| pipeline.query_async(&mut connection).await).await
    }

    /// A real round trip.
    pub async fn check(&self) -> Result<(), RedisLost> {
        self.within(async |mut connection| redis::cmd("PING").query_async(&mut connection).await).await
    }

    async fn within<T>(
        &self,
        work: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, RedisLost> {
        let attempt = async {
            let connection = self.connection().await?;
            work(connection).await.map_err(RedisLost::Command)
        };
        let outcome = tokio::time::timeout(self.0.patience, attempt).await.unwrap_or(Err(RedisLost::Timeout));
        if outcome.is_err() {
            metrics::redis_failed();
            self.0.current.store(None);
        }
        outcome
    }

    /// The connection that is there, or a new one. Making one may take longer than a request waits: it goes on by
    /// itself, for the next request.
    async fn connection(&self) -> Result<MultiplexedConnection, RedisLost> {
        if let Some(current) = self.0.current.load_full() {
            return Ok((*current).clone());
        }
        let Ok(turn) = Arc::clone(&self.0.connecting).try_lock_owned() else {
            return Err(RedisLost::Timeout);
        };
        let this = self.clone();
        let connecting = tokio::spawn(async move {
            let _turn = turn;
            let made = tokio::time::timeout(CONNECT_TIMEOUT, this.0.pool.get()).await;
            let pooled = made.map_err(|_| RedisLost::Timeout)?.map_err(RedisLost::Connect)?;
            let connection = MultiplexedConnection::clone(&pooled);
            this.0.current.store(Some(Arc::new(connection.clone())));
            Ok(connection)
        });
        connecting.await.unwrap_or(Err(RedisLost::Timeout))
    }
}
