//! Keeps every node's set of revoked sessions fresh: told by Redis at once, by Postgres at the latest.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use futures::StreamExt as _;
use rapport_tenancy::{SessionId, Tenancy};
use tokio::time::Instant;

use super::revoked::{KEEP, Revoked};
use crate::redis_link::RedisLink;

const CHANNEL: &str = "rapport:sessions:revoked";
/// How often Postgres is asked while nobody else tells.
const POLL_ALONE: Duration = Duration::from_secs(1);
/// How often it is asked though Redis tells: a message may be lost.
const POLL_TOLD: Duration = Duration::from_secs(5);
/// Each question reaches further back than the last answer: clocks differ, and a transaction commits after its time.
const OVERLAP: Duration = Duration::from_secs(30);

/// Revokes sessions and hears of those that other nodes revoke. Cheap to clone.
#[derive(Clone)]
pub struct Revocation {
    tenancy: Tenancy,
    redis: Option<RedisLink>,
    revoked: Arc<Revoked>,
}

impl Revocation {
    /// Reads what was revoked while this node was not running.
    pub async fn start(tenancy: Tenancy, redis: Option<RedisLink>) -> Result<Self, rapport_tenancy::Error> {
        let this = Self { tenancy, redis, revoked: Arc::default() };
        let mut follower = this.follower();
        follower.read(KEEP).await?;
        tokio::spawn(follower.run(this.redis.clone()));
        Ok(this)
    }

    pub fn is_revoked(&self, session: SessionId) -> bool {
        self.revoked.contains(session)
    }

    /// Ends a session: in Postgres, here at once, on the other nodes as soon as they hear of it.
    pub async fn revoke(&self, session: SessionId) -> Result<(), rapport_tenancy::Error> {
        self.tenancy.revoke_session(session).await?;
        self.tell([session]).await;
        Ok(())
    }

    /// Sessions were ended in Postgres: ends them here at once, tells the other nodes.
    pub async fn ended(&self, sessions: Vec<SessionId>) {
        self.tell(sessions).await;
    }

    /// Postgres ended sessions by itself (a refresh token used twice): finds them, forgets them here at once, tells the
    /// other nodes.
    pub async fn hear_of_ended(&self) -> Result<(), rapport_tenancy::Error> {
        let ended = self.tenancy.sessions_revoked_since(Utc::now() - OVERLAP).await?;
        let news: Vec<_> = ended.into_iter().filter(|id| !self.is_revoked(*id)).collect();
        self.tell(news).await;
        Ok(())
    }

    /// Sessions ended in Postgres: forgets them here at once and tells the other nodes.
    pub async fn tell(&self, sessions: impl IntoIterator<Item = SessionId>) {
        for session in sessions {
            self.revoked.add([session]);
            let Some(redis) = &self.redis else { continue };
            if let Err(error) = redis.publish(CHANNEL, &session.to_string()).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a revoked session was not published, nodes will poll it"
                );
            }
        }
    }

    fn follower(&self) -> Follower {
        Follower { tenancy: self.tenancy.clone(), revoked: Arc::clone(&self.revoked), read_at: Instant::now() }
    }
}

/// The background task of a node.
struct Follower {
    tenancy: Tenancy,
    revoked: Arc<Revoked>,
    /// When Postgres last answered.
    read_at: Instant,
}

impl Follower {
    /// Runs until nobody else holds the set.
    async fn run(mut self, redis: Option<RedisLink>) {
        while self.is_needed() {
            if let Some(redis) = &redis {
                self.listen(redis).await;
            }
            self.poll().await;
            tokio::time::sleep(POLL_ALONE).await;
        }
    }

    /// Hears messages until the connection is lost; returns at once when there is none.
    async fn listen(&mut self, redis: &RedisLink) {
        let subscribed = tokio::time::timeout(POLL_ALONE, redis.subscribe(CHANNEL)).await;
        let Ok(Ok(listener)) = subscribed else { return };
        let mut messages = listener.into_on_message();
        let mut clock = tokio::time::interval(POLL_TOLD);
        while self.is_needed() {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else {
                        tracing::warn!("Redis is lost, revoked sessions are polled");
                        return;
                    };
                    self.hear(&message);
                }
                // The first tick is now: whatever was told while nobody listened.
                _ = clock.tick() => self.poll().await,
            }
        }
    }

    fn is_needed(&self) -> bool {
        Arc::strong_count(&self.revoked) > 1
    }

    fn hear(&self, message: &redis::Msg) {
        let text = message.get_payload::<String>().ok();
        self.revoked.add(text.and_then(|id| id.parse().ok()));
    }

    async fn poll(&mut self) {
        self.revoked.forget_old();
        if let Err(error) = self.read(self.read_at.elapsed() + OVERLAP).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "revoked sessions could not be read");
        }
    }

    async fn read(&mut self, back: Duration) -> Result<(), rapport_tenancy::Error> {
        let asked_at = Instant::now();
        let sessions = self.tenancy.sessions_revoked_since(Utc::now() - back).await?;
        self.revoked.add(sessions);
        self.read_at = asked_at;
        Ok(())
    }
}
