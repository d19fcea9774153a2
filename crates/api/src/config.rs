//! Settings: one small struct for each topic, from the environment or a file. Everything that is wrong is found at
//! once and said with what was expected; secrets are never repeated.
//!
//! To add a setting: declare it in its topic's file, read it there, and list it in [`ALL`].

mod database;
mod embedded;
pub mod env;
mod http;
mod limits;
mod log;
mod mail;
mod master_key;
mod metrics;
mod sessions;
mod setting;
mod source;
mod unknown;

use std::path::{Path, PathBuf};

use self::source::Source;
pub use self::{
    database::Database,
    embedded::Embedded,
    http::Http,
    limits::Limits,
    log::{Log, LogFormat},
    mail::Mail,
    master_key::MasterKey,
    metrics::Metrics,
    sessions::Sessions,
    setting::{Setting, help},
    source::{InvalidSettings, Problem},
};
use crate::redis_link;
use secrecy::SecretString;

/// Every setting, in the order of `rapport serve --help`.
pub static ALL: [&Setting; 26] = [
    &http::ADDRESS,
    &http::PUBLIC_URL,
    &http::TRUSTED_HOPS,
    &embedded::DATA_DIR,
    &embedded::ROOT,
    &database::URL,
    &database::CONNECTIONS,
    &database::STATEMENT_SECONDS,
    &master_key::KEY,
    &master_key::FILE,
    &REDIS_URL,
    &EVENT_BUS,
    &metrics::ADDRESS,
    &mail::SMTP_URL,
    &mail::FROM,
    &BREACHED_PASSWORDS,
    &limits::USER_HOUR,
    &limits::ADDRESS_HOUR,
    &limits::ACCOUNT_HOUR,
    &limits::INVITATION_HOUR,
    &sessions::DAYS,
    &sessions::IDLE_DAYS,
    &sessions::KEY_DAYS,
    &log::FILTER,
    &log::FORMAT,
    &FILE,
];

static REDIS_URL: Setting = Setting {
    name: "RAPPORT_REDIS_URL",
    default: None,
    expected: "a URL such as redis://:password@host:6379/",
    about: "Redis 7 or Valkey; unset: a private one where `redis-server` or `valkey-server` is at hand, else in process",
};

static EVENT_BUS: Setting = Setting {
    name: "RAPPORT_EVENT_BUS",
    default: Some("local"),
    expected: "local (redis and kafka are not built yet)",
    about: "what carries events between nodes",
};

static BREACHED_PASSWORDS: Setting = Setting {
    name: "RAPPORT_BREACHED_PASSWORDS_FILE",
    default: None,
    expected: "a file with sorted lines `<SHA-1 in upper-case hexadecimal>:<count>`, as of Have I Been Pwned",
    about: "passwords known from breaches, which nobody may choose; the most common ones are known without it",
};

static FILE: Setting = Setting {
    name: "RAPPORT_SETTINGS",
    default: None,
    expected: "a TOML file with lines such as http_addr = \"127.0.0.1:8080\"",
    about: "a file with settings, also `--settings`; the environment goes before it",
};

/// All that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    pub http: Http,
    pub embedded: Embedded,
    pub database: Database,
    pub master_key: MasterKey,
    pub redis_url: Option<SecretString>,
    pub metrics: Metrics,
    pub mail: Mail,
    pub breached_passwords: Option<PathBuf>,
    pub limits: Limits,
    pub sessions: Sessions,
    pub log: Log,
}

impl Settings {
    /// Reads the environment and the file, if one is named here or in `RAPPORT_SETTINGS`.
    pub fn load(file: Option<&Path>) -> Result<Self, InvalidSettings> {
        let named = file.map(Path::to_owned).or_else(|| env::var(FILE.name).map(PathBuf::from));
        let mut source = Source::open(named.as_deref(), env::var);
        let settings = Self::read(&mut source);
        source.finish(&ALL)?;
        Ok(settings)
    }

    /// What is odd about the environment and does no harm by itself.
    pub fn warnings() -> Vec<String> {
        unknown::warnings(env::names())
    }

    fn read(source: &mut Source) -> Self {
        let http = Http::read(source);
        let _local: String = source.get(&EVENT_BUS, |value| (value == "local").then(|| value.to_owned()));
        let embedded = Embedded::read(source);
        Self {
            http,
            database: Database::read(source),
            master_key: MasterKey::read(source, &embedded.data_dir),
            embedded,
            redis_url: source
                .checked(&REDIS_URL, |value| redis_link::check_url(value).map(|()| value.to_owned()))
                .map(SecretString::from),
            metrics: Metrics::read(source),
            mail: Mail::read(source),
            breached_passwords: source.optional(&BREACHED_PASSWORDS, |value| Some(PathBuf::from(value))),
            limits: Limits::read(source),
            sessions: Sessions::read(source),
            log: Log::read(source),
        }
    }
}

#[cfg(test)]
mod tests;
