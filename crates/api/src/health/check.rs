use std::{future::Future, pin::Pin, time::Duration};

use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the node can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Helpful,
}

type Asking = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A part that the node stands on, and how to see that it is there.
pub struct Check {
    pub(super) name: &'static str,
    pub(super) need: Need,
    ask: Box<dyn Fn() -> Asking + Send + Sync>,
}

impl Check {
    /// `ask` makes a real round trip; its error goes to the log.
    pub fn new<F, E>(name: &'static str, need: Need, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::error::Error,
    {
        let ask = move || -> Asking {
            let asked = ask();
            Box::pin(async move { asked.await.map_err(|error| error.to_string()) })
        };
        Self { name, need, ask: Box::new(ask) }
    }

    pub(super) async fn run(&self) -> bool {
        let outcome = timeout(PATIENCE, (self.ask)()).await.unwrap_or_else(|_| Err("no answer in 2 s".to_owned()));
        if let Err(error) = &outcome {
            tracing::warn!(part = self.name, %error, "a part does not answer");
        }
        outcome.is_ok()
    }
}
