use std::net::SocketAddr;

use super::{
    setting::{Setting, parse},
    source::Source,
};

pub static ADDRESS: Setting = Setting {
    name: "RAPPORT_HTTP_ADDR",
    default: Some("127.0.0.1:8080"),
    expected: "an address and a port such as 127.0.0.1:8080",
    about: "where the gateway listens",
};

pub static PUBLIC_URL: Setting = Setting {
    name: "RAPPORT_PUBLIC_URL",
    default: None,
    expected: "a URL such as https://crm.example.com",
    about: "how people reach the gateway, the same on every node; unset: its address",
};

pub static TRUSTED_HOPS: Setting = Setting {
    name: "RAPPORT_TRUSTED_HOPS",
    default: Some("0"),
    expected: "a whole number from 0 to 16",
    about: "how many proxies in front add to `X-Forwarded-For`",
};

/// Where the gateway is reached.
#[derive(Debug, Clone)]
pub struct Http {
    pub address: SocketAddr,
    /// Without a slash at its end; `None` when nobody chose one.
    pub public_url: Option<String>,
    pub trusted_hops: usize,
}

impl Http {
    /// How people reach the gateway that listens at `bound`.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }

    pub(super) fn read(source: &mut Source) -> Self {
        let address = source.get(&ADDRESS, parse::address);
        Self {
            address,
            public_url: source.optional(&PUBLIC_URL, parse::base_url),
            trusted_hops: source
                .get(&TRUSTED_HOPS, |value| parse::number(value).filter(|hops| (0..=16).contains(hops))),
        }
    }
}
