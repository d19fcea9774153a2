//! How the program is asked to end: once for an orderly end, twice for an end now.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cheap to clone; all clones see the same request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    asked: CancellationToken,
    insisted: CancellationToken,
}

impl Shutdown {
    /// Follows Ctrl-C, SIGTERM and SIGHUP from now on.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::default();
        let (mut interrupt, mut terminate, mut hang_up) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
        let told = shutdown.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hang_up.recv() => {} }
                if told.asked.is_cancelled() {
                    told.insist();
                } else {
                    told.ask();
                }
            }
        });
        Ok(shutdown)
    }

    pub fn ask(&self) {
        self.asked.cancel();
    }

    pub fn insist(&self) {
        self.insisted.cancel();
    }

    /// Ends when somebody asked.
    pub async fn asked(&self) {
        self.asked.cancelled().await;
    }

    /// Ends when somebody asked a second time.
    pub async fn insisted(&self) {
        self.insisted.cancelled().await;
    }

    pub fn is_asked(&self) -> bool {
        self.asked.is_cancelled()
    }
}
