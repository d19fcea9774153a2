//! Work that goes on after its request was answered. It is asked to end with the program, and waited for.

use std::{future::Future, time::Duration};

use tokio_util::task::TaskTracker;

use crate::shutdown::Shutdown;

/// How long work may take to write down how far it came.
const GRACE: Duration = Duration::from_secs(10);

/// Cheap to clone; all clones hold the same work.
#[derive(Debug, Clone, Default)]
pub struct Background {
    tasks: TaskTracker,
    shutdown: Shutdown,
}

impl Background {
    pub fn new(shutdown: Shutdown) -> Self {
        Self { tasks: TaskTracker::new(), shutdown }
    }

    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// When the work has to end.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Waits for the work, which has been asked to end. Takes no more.
    pub async fn end(&self) {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = tokio::time::sleep(GRACE) => tracing::warn!(left = self.tasks.len(), "some work did not end in time"),
            () = self.shutdown.insisted() => {}
        }
    }
}
