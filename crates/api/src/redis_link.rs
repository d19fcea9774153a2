//! The way to Redis: one multiplexed connection for small commands, and subscriptions. Losing it is never fatal.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use deadpool_redis::{Manager, Pool, Runtime};
use redis::{AsyncCommands, FromRedisValue, RedisError, aio::MultiplexedConnection};

/// Nothing on a request path waits longer for Redis.
const TIMEOUT: Duration = Duration::from_millis(50);

/// Redis did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RedisLost {
    #[error("Redis did not answer within 50 ms")]
    Timeout,
    #[error("no connection to Redis")]
    Connect(#[source] deadpool_redis::PoolError),
    #[error("Redis refused a command")]
    Command(#[source] RedisError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct RedisLink(Arc<Inner>);

struct Inner {
    client: redis::Client,
    /// Makes and checks connections; a check costs a round trip, so a good connection is kept in `current`.
    pool: Pool,
    current: ArcSwapOption<MultiplexedConnection>,
}

impl RedisLink {
    /// Reads the URL. Connects later, when first needed.
    pub fn new(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(url)?;
        let pool =
            Pool::builder(Manager::new(url)?).max_size(2).runtime(Runtime::Tokio1).build().expect("a runtime is given");
        let current = ArcSwapOption::empty();
        Ok(Self(Arc::new(Inner { client, pool, current })))
    }

    /// Runs a script by its hash; one round trip, two the first time after Redis started.
    pub async fn script<T: FromRedisValue>(&self, invocation: &redis::ScriptInvocation<'_>) -> Result<T, RedisLost> {
        self.within(async |mut connection| invocation.invoke_async(&mut connection).await).await
    }

    pub async fn publish(&self, channel: &str, message: &str) -> Result<(), RedisLost> {
        self.within(async |mut connection| connection.publish(channel, message).await).await
    }

    /// A real round trip.
    pub async fn check(&self) -> Result<(), RedisLost> {
        self.within(async |mut connection| redis::cmd("PING").query_async(&mut connection).await).await
    }

    /// A connection of its own that listens to one channel.
    pub async fn subscribe(&self, channel: &str) -> Result<redis::aio::PubSub, RedisError> {
        let mut listener = self.0.client.get_async_pubsub().await?;
        listener.subscribe(channel).await?;
        Ok(listener)
    }

    async fn within<T>(
        &self,
        work: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, RedisLost> {
        let attempt = async {
            let connection = self.connection().await.map_err(RedisLost::Connect)?;
            work(connection).await.map_err(RedisLost::Command)
        };
        let outcome = tokio::time::timeout(TIMEOUT, attempt).await.unwrap_or(Err(RedisLost::Timeout));
        if outcome.is_err() {
            self.0.current.store(None);
        }
        outcome
    }

    async fn connection(&self) -> Result<MultiplexedConnection, deadpool_redis::PoolError> {
        if let Some(current) = self.0.current.load_full() {
            return Ok((*current).clone());
        }
        let pooled = self.0.pool.get().await?;
        let connection = MultiplexedConnection::clone(&pooled);
        self.0.current.store(Some(Arc::new(connection.clone())));
        Ok(connection)
    }
}
