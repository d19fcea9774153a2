//! What sign-in needs done now and then, on every node, as long as it lives.

use std::{
    error::Error as StdError,
    sync::{Arc, Weak},
    time::Duration,
};

use chrono::Utc;
use rapport_tenancy::{Seen, SessionId};

use super::{Auth, Error, seen::Last};
use crate::app::App;

const EVERY: Duration = Duration::from_mins(1);
/// Every so many rounds what ended is forgotten.
const FORGET_EVERY: u32 = 60;
/// For so long an ended session is kept, for whoever asks what became of it.
const KEPT: chrono::Duration = chrono::Duration::days(1);
/// For so long an address is known from which nobody came again.
const ADDRESS_KEPT: chrono::Duration = chrono::Duration::days(90);
/// Sessions of one statement.
const AT_ONCE: usize = 5_000;

/// In the background.
pub fn start(app: &Arc<App>) {
    tokio::spawn(run(Arc::downgrade(app)));
}

async fn run(app: Weak<App>) {
    for round in 0u32.. {
        tokio::time::sleep(EVERY).await;
        let Some(app) = app.upgrade() else { return };
        told("when sessions were used could not be written down", app.auth.write_seen().await);
        told("signing keys could not be looked after", app.auth.look_after_keys().await);
        if round % FORGET_EVERY == 0 {
            told("what ended could not be forgotten", app.auth.forget_ended().await);
        }
    }
}

fn used(id: SessionId, (at, address): Last) -> Seen {
    Seen { id, at, address: address.to_string() }
}

fn told(what: &'static str, outcome: Result<(), impl StdError + 'static>) {
    if let Err(error) = outcome {
        tracing::warn!(error = &error as &dyn StdError, "{what}");
    }
}

impl Auth {
    /// Writes down when sessions were used last.
    pub async fn write_seen(&self) -> Result<(), Error> {
        let mut seen = self.recent.take();
        while !seen.is_empty() {
            let rest = seen.split_off(seen.len().min(AT_ONCE));
            let used: Vec<_> = seen.iter().map(|&(id, last)| used(id, last)).collect();
            if let Err(error) = self.tenancy.note_seen(&used).await {
                self.recent.put_back(seen.into_iter().chain(rest));
                return Err(error.into());
            }
            seen = rest;
        }
        Ok(())
    }

    async fn forget_ended(&self) -> Result<(), Error> {
        let sessions = self.tenancy.forget_sessions(Utc::now() - KEPT).await?;
        let challenges = self.tenancy.forget_challenges().await?;
        let addresses = self.tenancy.forget_addresses(Utc::now() - ADDRESS_KEPT).await?;
        if sessions + challenges + addresses > 0 {
            tracing::info!(sessions, challenges, addresses, "Forgot what had ended");
        }
        Ok(())
    }
}
