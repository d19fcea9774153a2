//! The log: one line for an event, with the ids of the spans it happened in.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// What writes the values of statements into the log at `debug`: names of people, what they keep, hashes.
const TALKATIVE: &str = "tokio_postgres";

/// Logs to standard error from now on. Once in a process.
pub fn start(log: &Log) {
    let is_asked_for = log.filter.contains(TALKATIVE);
    let discreet = filter_fn(move |event| is_asked_for || is_discreet(event));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(EnvFilter::new(&log.filter)).with(discreet).with(lines).init();
}

/// Unless an operator names that part, it says no more than what everybody may read who reads the log.
fn is_discreet(event: &Metadata<'_>) -> bool {
    !event.target().starts_with(TALKATIVE) || *event.level() <= Level::INFO
}
