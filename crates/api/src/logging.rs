//! The log: one line for an event, with the ids of the spans it happened in.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};

/// Logs to standard error from now on. Once in a process.
pub fn start(log: &Log) {
    let filter = EnvFilter::new(&log.filter);
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
