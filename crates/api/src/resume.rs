//! Goes on with what a crash left half done, at start and every minute, whichever node that is: workspaces that are half made
//! or half deleted, user records that do not say what their people do.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rapport_domain::record::Origin;

use crate::{app::App, following};

const EVERY: Duration = Duration::from_mins(1);

/// In the background, as long as the node lives.
pub fn start(app: &Arc<App>) {
    tokio::spawn(run(Arc::downgrade(app)));
}

async fn run(app: Weak<App>) {
    // What is there at the start was most likely left by this node.
    let mut age = Duration::ZERO;
    while let Some(tenancy) = app.upgrade().map(|app| app.tenancy.clone()) {
        match tenancy.resume_unfinished_since(age).await {
            Ok(Some(resumed)) if resumed.done > 0 => {
                tracing::info!(done = resumed.done, "Ended what was half made or half deleted");
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "Unfinished workspaces could not be looked for"
                );
            }
        }
        if let Some(app) = app.upgrade() {
            following::follow(&app, &Origin::default()).await;
        }
        age = EVERY;
        tokio::time::sleep(EVERY).await;
    }
}
