use std::fmt::Write as _;

use super::ALL;

/// One thing that can be set.
#[derive(Debug)]
pub struct Setting {
    /// The environment variable. In a file it goes without the prefix and in lower case.
    pub name: &'static str,
    /// What holds when it is not set; `None` when it may stay unset.
    pub default: Option<&'static str>,
    /// What a value looks like, for the message about a wrong one.
    pub expected: &'static str,
    pub about: &'static str,
}

impl Setting {
    /// Its key in a settings file.
    pub fn key(&self) -> String {
        self.name.trim_start_matches("RAPPORT_").to_lowercase()
    }
}

/// Every setting with its default, for `--help`.
pub fn help() -> String {
    let mut text = "Settings, by environment or in a file:\n".to_owned();
    for setting in ALL {
        let default = setting.default.map_or("not set".to_owned(), |value| format!("{value:?}"));
        let _ = write!(text, "  {} [{default}]\n      {}\n      {}\n", setting.name, setting.about, setting.expected);
    }
    text
}

/// How values are read.
pub mod parse {
    use std::net::{SocketAddr, ToSocketAddrs as _};
    use std::str::FromStr;

    use axum::http::Uri;

    pub fn number<T: FromStr>(value: &str) -> Option<T> {
        value.parse().ok()
    }

    /// `host:port`; a name is looked up.
    pub fn address(value: &str) -> Option<SocketAddr> {
        value.to_socket_addrs().ok()?.next()
    }

    /// A public base URL, without the slash at its end.
    pub fn base_url(value: &str) -> Option<String> {
        let uri: Uri = value.parse().ok()?;
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        (known && uri.host().is_some() && uri.query().is_none()).then(|| value.trim_end_matches('/').to_owned())
    }
}
