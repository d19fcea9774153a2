use tracing_subscriber::EnvFilter;

use super::{setting::Setting, source::Source};

pub static FILTER: Setting = Setting {
    name: "RAPPORT_LOG",
    default: Some("info"),
    expected: "off, error, warn, info, debug or trace, also for a part: info,rapport_api=debug",
    about: "what is logged",
};

pub static FORMAT: Setting = Setting {
    name: "RAPPORT_LOG_FORMAT",
    default: Some("text"),
    expected: "text or json",
    about: "how a line of the log looks",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What is logged and how.
#[derive(Debug, Clone)]
pub struct Log {
    pub filter: String,
    /// Whether somebody asked for this filter.
    pub chosen: bool,
    pub format: LogFormat,
}

impl Log {
    pub(super) fn read(source: &mut Source) -> Self {
        Self {
            chosen: source.is_set(&FILTER),
            filter: source.get(&FILTER, |value| EnvFilter::try_new(value).ok().map(|_| value.to_owned())),
            format: source.get(&FORMAT, |value| match value {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            }),
        }
    }
}
