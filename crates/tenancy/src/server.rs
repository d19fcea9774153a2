//! The database URL, read once: what the drivers need for the owner's connections and for the gateway's.

use std::{fmt, str::FromStr};

use sea_orm::sqlx::{
    self, ConnectOptions, Row as _,
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode},
};
use secrecy::ExposeSecret;
use tokio_postgres::{Config, config::Host};

use crate::{Error, Settings, data::knock};

/// What is wrong with a database URL, if anything: all that can be told without reaching the server. Repeats none of its
/// secrets.
pub fn check_database_url(url: &str) -> Result<(), String> {
    match Server::parse(&Settings::new(url)) {
        Ok(_) => Ok(()),
        Err(Error::Settings { reason }) => Err(reason),
        Err(error) => Err(error.to_string()),
    }
}

/// Another server, or another database, than the one of the control plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elsewhere<'a> {
    /// `host:port`, or the directory of a socket.
    pub address: Option<&'a str>,
    pub database: Option<&'a str>,
}

/// The same, kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    address: Option<String>,
    name: Option<String>,
}

impl From<Elsewhere<'_>> for Database {
    fn from(at: Elsewhere<'_>) -> Self {
        Self { address: at.address.map(str::to_owned), name: at.database.map(str::to_owned) }
    }
}

impl Database {
    pub(crate) fn at(&self) -> Elsewhere<'_> {
        Elsewhere { address: self.address.as_deref(), database: self.name.as_deref() }
    }

    /// What takes `psql` there from the database of the control plane; `-` keeps what it has.
    pub(crate) fn psql_connect(&self) -> Option<String> {
        let (name, address) = (self.name.as_deref().unwrap_or("-"), self.address.as_deref().map(host_and_port));
        let (host, port) =
            address.map_or(("-", "-".to_owned()), |(host, port)| (host, port.unwrap_or(5432).to_string()));
        (*self != Self::default()).then(|| format!("\\c {name} - {host} {port}"))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.address) {
            (None, None) => f.write_str("the control plane's database"),
            (None, Some(address)) => write!(f, "the database on {address}"),
            (Some(name), None) => write!(f, "database {name}"),
            (Some(name), Some(address)) => write!(f, "database {name} on {address}"),
        }
    }
}

pub(crate) struct Server {
    admin: PgConnectOptions,
    gateway: Config,
    control_connections: u32,
}

impl Server {
    pub(crate) fn parse(settings: &Settings) -> Result<Self, Error> {
        let text = settings.admin_url.expose_secret();
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(unusable("it does not start with postgres://"));
        }
        refuse_tls(text)?;
        // What the drivers say of a URL they cannot read may quote its password.
        let mut gateway = Config::from_str(text).map_err(|_| {
            let reason =
                if has_ports(text) { "it is not a PostgreSQL URL" } else { "its port is no number from 1 to 65535" };
            unusable(reason)
        })?;
        if gateway.get_hosts().len() > 1 {
            return Err(unusable("it names more than one host"));
        }
        if gateway.get_hosts().is_empty() {
            gateway.host("localhost");
        }
        if gateway.get_dbname().is_none_or(str::is_empty) {
            return Err(unusable("it names no database"));
        }
        gateway
            .application_name(&settings.application_name)
            .options(gateway_options(settings))
            .connect_timeout(settings.connect_timeout)
            .keepalives_idle(std::time::Duration::from_secs(30))
            .tcp_user_timeout(std::time::Duration::from_secs(15));
        let admin = admin_options(&gateway)
            .application_name(&format!("{} control", settings.application_name))
            .disable_statement_logging();
        Ok(Self {
            admin,
            gateway,
            control_connections: u32::try_from(settings.control_connections).unwrap_or(6).max(2),
        })
    }

    /// Says in the server's own words why the owner is not let in; the pool would only say that it waited in vain.
    pub(crate) async fn knock(&self) -> Result<(), Error> {
        knock(&self.gateway).await.map_err(Error::Unreachable)
    }

    /// Connections of the owner. None is opened yet.
    pub(crate) fn admin_pool(&self, at: Elsewhere<'_>, settings: &Settings) -> PgPool {
        let mut options = self.admin.clone();
        if let Some(address) = at.address {
            options = match host_and_port(address) {
                (directory, None) if directory.starts_with('/') => options.socket(directory),
                (host, port) => options.host(host).port(port.unwrap_or(5432)),
            };
        }
        if let Some(database) = at.database {
            options = options.database(database);
        }
        PgPoolOptions::new()
            .max_connections(self.control_connections)
            .acquire_timeout(settings.connect_timeout + settings.acquire_timeout)
            .idle_timeout(std::time::Duration::from_mins(2))
            .after_release(|connection, _| Box::pin(is_between_transactions(connection)))
            .connect_lazy_with(options)
    }

    /// How a cell's login reaches its data.
    pub(crate) fn gateway(&self, login: &str, password: &str, at: Elsewhere<'_>) -> Config {
        let mut config = self.gateway.clone();
        if let Some(address) = at.address {
            config = elsewhere(&config, address);
        }
        if let Some(database) = at.database {
            config.dbname(database);
        }
        config.user(login).password(password);
        config
    }
}

/// Whether the next one may have the connection. Who is cut off while sqlx begins a transaction leaves it open, and what others
/// did on the connection then would never be committed.
async fn is_between_transactions(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // Where there is no transaction around a statement, that of its one message begins with it.
    let row = sqlx::raw_sql("SELECT now() = statement_timestamp()").fetch_one(connection).await?;
    row.try_get(0)
}

/// One reading of the URL for both drivers: they differ in what they take.
fn admin_options(config: &Config) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass().ssl_mode(PgSslMode::Disable);
    options = match config.get_hosts().first() {
        Some(Host::Unix(directory)) => options.socket(directory),
        Some(Host::Tcp(host)) => options.host(host),
        None => options.host("localhost"),
    };
    options = options.port(config.get_ports().first().copied().unwrap_or(5432));
    if let Some(user) = config.get_user() {
        options = options.username(user);
    }
    if let Some(password) = config.get_password() {
        options = options.password(&String::from_utf8_lossy(password));
    }
    options.database(config.get_dbname().unwrap_or_default())
}

/// A driver's configuration can only gain hosts, so this starts a new one.
fn elsewhere(config: &Config, address: &str) -> Config {
    let (host, port) = host_and_port(address);
    let mut moved = Config::new();
    moved.host(host).port(port.unwrap_or(5432));
    if let Some(dbname) = config.get_dbname() {
        moved.dbname(dbname);
    }
    if let Some(options) = config.get_options() {
        moved.options(options);
    }
    if let Some(name) = config.get_application_name() {
        moved.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        moved.connect_timeout(*timeout);
    }
    moved
}

fn host_and_port(address: &str) -> (&str, Option<u16>) {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (address, None),
        },
        _ => (address, None),
    }
}

/// JIT costs more than it saves on statements of a few milliseconds; `pg_temp` last keeps it from shadowing anything.
fn gateway_options(settings: &Settings) -> String {
    format!(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} -c search_path=rapport,pg_temp -c jit=off",
        settings.statement_timeout.as_millis(),
        settings.lock_timeout.as_millis(),
        settings.idle_in_transaction_timeout.as_millis()
    )
}

fn refuse_tls(url: &str) -> Result<(), Error> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let wanted = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| matches!(*key, "sslmode" | "ssl-mode"));
    match wanted {
        None | Some((_, "disable" | "allow" | "prefer")) => Ok(()),
        Some((_, mode)) => Err(Error::Settings {
            reason: format!(
                "it asks for sslmode={mode}, but connections to PostgreSQL are not encrypted yet: use sslmode=disable on a network you trust"
            ),
        }),
    }
}

/// Whether what stands where ports do is one.
fn has_ports(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let hosts = rest.split(['/', '?']).next().unwrap_or_default();
    let hosts = hosts.rsplit_once('@').map_or(hosts, |(_, hosts)| hosts);
    hosts.split(',').all(|host| match host.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => true,
    })
}

fn unusable(reason: &str) -> Error {
    Error::Settings { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Server::parse(&Settings::new(url)).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_url_that_cannot_be_used_is_refused_without_its_password() {
        for url in [
            "mysql://u:hunter2@h/d",
            "postgres://u:hunter2@h:notaport/d",
            "postgres://u:hunter2@h/d?sslmode=require",
            "postgres://u:hunter2@h/d?sslmode=verify-full",
            "postgres://u:hunter2@a,b/d",
            "hunter2",
        ] {
            let text = refusal(url);
            assert!(!text.is_empty(), "{url} was accepted");
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert!(refusal("postgres://u:hunter2@h/d?sslmode=require").contains("sslmode"));
        assert_eq!(refusal("postgres://u:p@h:5433/d"), "");
        assert_eq!(refusal("postgresql://u@/d?host=/tmp/somewhere&port=5433"), "");
    }

    #[test]
    fn a_cell_may_be_elsewhere() {
        let server = Server::parse(&Settings::new("postgres://u:p@h:5433/d")).unwrap();
        let here = server.gateway("cell", "secret", Elsewhere::default());
        assert_eq!((here.get_ports(), here.get_dbname(), here.get_user()), (&[5433][..], Some("d"), Some("cell")));
        let there = server.gateway("cell", "secret", Elsewhere { address: Some("node:6000"), database: Some("e") });
        assert_eq!((there.get_ports(), there.get_dbname()), (&[6000][..], Some("e")));
        assert_eq!(there.get_options(), here.get_options());
    }
}
