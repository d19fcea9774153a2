//! Ends sessions, so that no node lets them in any more: at once by their mark in Redis, which every request asks for,
//! and by Postgres, which is the truth and is asked every second. See `docs/decisions/session-marks.md`.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use rapport_tenancy::{Ended, SessionId, SessionsOf, Tenancy, TenantId};
use tokio::time::Instant;

use super::ended::{EndedSessions, KEEP};
use crate::limits::{Limits, Mark};

/// How often Postgres is asked for sessions that other nodes ended.
const EVERY: Duration = Duration::from_secs(1);
/// Each question reaches further back than the last answer: clocks differ, and a transaction commits after its time.
const OVERLAP: Duration = Duration::from_secs(30);

/// Cheap to clone.
#[derive(Clone)]
pub struct Revocation {
    tenancy: Tenancy,
    limits: Arc<Limits>,
    ended: Arc<EndedSessions>,
}

impl Revocation {
    /// Reads what ended while this node was not running.
    pub async fn start(tenancy: Tenancy, limits: Arc<Limits>) -> Result<Self, rapport_tenancy::Error> {
        let this = Self { tenancy, limits, ended: Arc::default() };
        let mut follower =
            Follower { tenancy: this.tenancy.clone(), ended: Arc::clone(&this.ended), read_at: Instant::now() };
        follower.read(KEEP).await?;
        tokio::spawn(follower.run());
        Ok(this)
    }

    /// As far as this node knows.
    pub fn is_ended(&self, session: SessionId) -> bool {
        self.ended.contains(session)
    }

    /// Another node ended it.
    pub fn remember(&self, session: SessionId) {
        self.ended.add([session]);
    }

    /// Ends sessions: in Postgres, then everywhere at once. Answers with those that had not ended before.
    pub async fn end(&self, which: SessionsOf) -> Result<Vec<Ended>, rapport_tenancy::Error> {
        let ended = self.tenancy.end_sessions(which).await?;
        self.tell(&ended).await;
        Ok(ended)
    }

    /// Postgres ended them by itself (a refresh token used twice).
    pub async fn tell(&self, ended: &[Ended]) {
        self.ended.add(ended.iter().map(|ended| ended.id));
        self.limits.mark(ended.iter().map(|ended| (ended.tenant, ended.id)), Mark::Ended).await;
    }

    /// Redis has no mark of a session: asks Postgres whether it stands, and leaves the mark for the next request.
    pub async fn confirm(&self, tenant: TenantId, session: SessionId) -> Result<bool, rapport_tenancy::Error> {
        let stands = self.tenancy.session_stands(session).await?;
        if !stands {
            self.remember(session);
        }
        let mark = if stands { Mark::Stands } else { Mark::Ended };
        self.limits.mark([(tenant, session)], mark).await;
        Ok(stands)
    }
}

/// The background task of a node.
struct Follower {
    tenancy: Tenancy,
    ended: Arc<EndedSessions>,
    /// When Postgres last answered.
    read_at: Instant,
}

impl Follower {
    /// Runs until nobody else holds the set.
    async fn run(mut self) {
        while Arc::strong_count(&self.ended) > 1 {
            tokio::time::sleep(EVERY).await;
            self.ended.forget_old();
            if let Err(error) = self.read(self.read_at.elapsed() + OVERLAP).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "ended sessions could not be read");
            }
        }
    }

    async fn read(&mut self, back: Duration) -> Result<(), rapport_tenancy::Error> {
        let asked_at = Instant::now();
        let sessions = self.tenancy.sessions_revoked_since(Utc::now() - back).await?;
        self.ended.add(sessions);
        self.read_at = asked_at;
        Ok(())
    }
}
