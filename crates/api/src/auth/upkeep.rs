//! What sign-in needs done now and then, on every node, as long as it lives.

use std::{
    error::Error as StdError,
    sync::{Arc, Weak},
    time::Duration,
};

use chrono::Utc;

use super::{Auth, Error};
use crate::app::App;

const EVERY: Duration = Duration::from_mins(1);
/// Every so many rounds what ended is forgotten.
const FORGET_EVERY: u32 = 60;
/// For so long an ended session is kept, for whoever asks what became of it.
const KEPT: chrono::Duration = chrono::Duration::days(1);

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

fn told(what: &'static str, outcome: Result<(), impl StdError + 'static>) {
    if let Err(error) = outcome {
        tracing::warn!(error = &error as &dyn StdError, "{what}");
    }
}

impl Auth {
    /// Writes down when sessions were used last.
    pub async fn write_seen(&self) -> Result<(), Error> {
        let seen = self.recent.take();
        if !seen.is_empty() {
            self.tenancy.note_seen(&seen).await?;
        }
        Ok(())
    }

    async fn forget_ended(&self) -> Result<(), Error> {
        let sessions = self.tenancy.forget_sessions(Utc::now() - KEPT).await?;
        let challenges = self.tenancy.forget_challenges().await?;
        if sessions + challenges > 0 {
            tracing::info!(sessions, challenges, "Forgot what had ended");
        }
        Ok(())
    }
}
