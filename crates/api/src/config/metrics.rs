use std::net::SocketAddr;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static ADDRESS: Setting = Setting {
    name: "RAPPORT_METRICS_ADDR",
    default: Some("127.0.0.1:9464"),
    expected: "an address and a port such as 127.0.0.1:9464, or 0 for none",
    about: "where `/metrics` is served, apart from the gateway; 0 or empty: nowhere",
};

/// Where metrics are served.
#[derive(Debug, Clone, Copy)]
pub struct Metrics {
    /// `None`: nowhere.
    pub address: Option<SocketAddr>,
    /// Whether somebody asked for this address; a default that is taken need not stop anything.
    pub chosen: bool,
}

impl Metrics {
    pub(super) fn read(source: &mut Source) -> Self {
        let chosen = source.is_set(&ADDRESS);
        if source.is_empty(&ADDRESS) {
            return Self { address: None, chosen };
        }
        let read = |value: &str| if value == "0" { Some(None) } else { parse::address(value).map(Some) };
        Self { address: source.get(&ADDRESS, read), chosen }
    }
}
