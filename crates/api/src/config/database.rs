use std::time::Duration;

use rapport_tenancy::check_database_url;
use secrecy::SecretString;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static URL: Setting = Setting {
    name: "RAPPORT_DATABASE_URL",
    default: None,
    expected: "a URL such as postgres://user:password@host:5432/rapport",
    about: "PostgreSQL 15 or newer, as a user that may make roles; unset: a private PostgreSQL in the data directory",
};

pub static CONNECTIONS: Setting = Setting {
    name: "RAPPORT_DATABASE_CONNECTIONS",
    default: Some("8"),
    expected: "a whole number from 1 to 1000",
    about: "most connections to one cell",
};

pub static STATEMENT_SECONDS: Setting = Setting {
    name: "RAPPORT_DATABASE_STATEMENT_SECONDS",
    default: Some("15"),
    expected: "a whole number of seconds from 1 to 3600",
    about: "how long one statement may take",
};

/// How the database is used.
#[derive(Debug, Clone)]
pub struct Database {
    pub url: Option<SecretString>,
    /// Most connections to one cell.
    pub connections: usize,
    pub statement_timeout: Duration,
}

impl Database {
    pub(super) fn read(source: &mut Source) -> Self {
        let seconds = |value: &str| parse::number(value).filter(|seconds| (1..=3600).contains(seconds));
        Self {
            url: source
                .checked(&URL, |value| check_database_url(value).map(|()| value.to_owned()))
                .map(SecretString::from),
            connections: source
                .get(&CONNECTIONS, |value| parse::number(value).filter(|count| (1..=1000).contains(count))),
            statement_timeout: Duration::from_secs(source.get(&STATEMENT_SECONDS, seconds)),
        }
    }
}
