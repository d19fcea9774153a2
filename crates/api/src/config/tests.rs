use std::collections::HashMap;
use std::io::Write as _;

use secrecy::ExposeSecret as _;

use super::*;

fn read(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let written = file.map(|text| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    });
    let path = written.as_ref().map(tempfile::NamedTempFile::path);
    let mut source = Source::open(path, move |name| variables.get(name).cloned());
    let settings = Settings::read(&mut source);
    source.finish(&ALL).map(|()| settings).map_err(|invalid| match path {
        Some(path) => invalid.to_string().replace(&path.display().to_string(), "FILE"),
        None => invalid.to_string(),
    })
}

#[test]
fn every_default_can_be_read() {
    let settings = read(None, &[]).unwrap();
    assert_eq!(settings.http.address.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.http.public_url(settings.http.address), "http://127.0.0.1:8080");
    assert_eq!(settings.metrics.address.unwrap().to_string(), "127.0.0.1:9464");
    assert!(!settings.metrics.chosen);
    assert!(settings.database.url.is_none());
    assert_eq!((settings.sessions.lifetime.num_days(), settings.sessions.idle.num_days()), (60, 14));
    assert_eq!(settings.sessions.key_age.map(|age| age.num_days()), Some(90));
}

#[test]
fn the_limits_said_in_the_help_are_those_that_hold() {
    let usual = crate::limits::Settings::DEFAULT;
    for (setting, value) in [
        (&limits::USER_HOUR, usual.user_hour),
        (&limits::ADDRESS_HOUR, usual.address_hour),
        (&limits::ACCOUNT_HOUR, usual.account_hour),
        (&limits::INVITATION_HOUR, usual.invitation_hour),
    ] {
        assert_eq!(setting.default, Some(value.to_string().as_str()), "{}", setting.name);
    }
}

#[test]
fn all_wrong_settings_are_listed_and_no_value_is_repeated() {
    let wrong = read(
        None,
        &[
            ("RAPPORT_HTTP_ADDR", "8080"),
            ("RAPPORT_DATABASE_URL", "mysql://root:hunter2@host/x"),
            ("RAPPORT_REDIS_URL", "rediss://:hunter2@host/"),
            ("RAPPORT_EMBEDDED_ROOT", "sudo"),
            ("RAPPORT_EVENT_BUS", "kafka"),
            ("RAPPORT_LOG_FORMAT", "xml"),
            ("RAPPORT_LIMIT_USER_HOUR", "-1"),
        ],
    );
    assert_eq!(
        wrong.unwrap_err(),
        "these settings cannot be used\n  \
         RAPPORT_HTTP_ADDR: expected an address and a port such as 127.0.0.1:8080\n  \
         RAPPORT_EVENT_BUS: expected local (redis and kafka are not built yet)\n  \
         RAPPORT_EMBEDDED_ROOT: expected unshare or setpriv\n  \
         RAPPORT_DATABASE_URL: expected a URL such as postgres://user:password@host:5432/rapport; \
         it does not start with postgres://\n  \
         RAPPORT_REDIS_URL: expected a URL such as redis://:password@host:6379/; \
         it asks for TLS, which connections to Redis do not have yet: use redis:// on a network you trust\n  \
         RAPPORT_LIMIT_USER_HOUR: expected a whole number; 0 switches the limit off\n  \
         RAPPORT_LOG_FORMAT: expected text or json"
    );
}

#[test]
fn a_url_says_what_is_wrong_with_it_at_once() {
    for (name, url, wrong) in [
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h:5432", "it names no database"),
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h:5432/", "it names no database"),
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h:54321000/d", "its port is no number from 1 to 65535"),
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@a,b/d", "it names more than one host"),
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h/d?sslmode=require", "it asks for sslmode=require"),
        ("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h/d?what=this", "it is not a PostgreSQL URL"),
        ("RAPPORT_REDIS_URL", "valkeys://:hunter2@h/", "it asks for TLS"),
        ("RAPPORT_REDIS_URL", "http://:hunter2@h/", "it does not start with redis://"),
        ("RAPPORT_REDIS_URL", "redis://:hunter2@h:port/", "its host, port or database number cannot be read"),
        ("RAPPORT_REDIS_URL", "redis://:hunter2@h/one", "its host, port or database number cannot be read"),
    ] {
        let said = read(None, &[(name, url)]).unwrap_err();
        assert!(said.contains(&format!("{name}: expected")) && said.contains(wrong), "{url}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    for (name, url) in [
        ("RAPPORT_DATABASE_URL", "postgresql://u@/d?host=/tmp/somewhere&port=5433"),
        ("RAPPORT_REDIS_URL", "redis://host"),
        ("RAPPORT_REDIS_URL", "valkey://user:password@host:6380/2"),
        ("RAPPORT_REDIS_URL", "unix:///run/redis.sock"),
    ] {
        assert!(read(None, &[(name, url)]).is_ok(), "{url}");
    }
}

#[test]
fn the_environment_goes_before_the_file_and_unknown_names_are_refused() {
    let file = "http_addr = \"127.0.0.1:81\"\nlimit_user_hour = 7\n";
    let settings = read(Some(file), &[("RAPPORT_HTTP_ADDR", "127.0.0.1:82")]).unwrap();
    assert_eq!(settings.http.address.port(), 82);
    assert_eq!(settings.limits.or(crate::limits::Settings::DEFAULT).user_hour, 7);
    assert_eq!(settings.limits.for_development().or(crate::limits::Settings::DEFAULT).user_hour, 7);
    let wrong = read(Some("http_adr = \"x\"\nlog = \"info,rapport=loud\"\n"), &[]).unwrap_err();
    assert!(wrong.contains("\n  FILE: log: expected off, error"), "{wrong}");
    assert!(wrong.contains("\n  FILE: http_adr: expected a setting that"), "{wrong}");
    assert!(read(Some("a = \n"), &[]).unwrap_err().contains("FILE, line 1: expected TOML"));
}

#[test]
fn metrics_are_switched_off_by_nothing_and_by_zero() {
    assert_eq!(read(None, &[("RAPPORT_METRICS_ADDR", "")]).unwrap().metrics.address, None);
    assert_eq!(read(None, &[("RAPPORT_METRICS_ADDR", "0")]).unwrap().metrics.address, None);
}

#[test]
fn a_secret_does_not_show_itself() {
    let settings = read(None, &[("RAPPORT_DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert_eq!(settings.database.url.unwrap().expose_secret(), "postgres://u:hunter2@h/d");
}
