//! Where a request comes from.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderMap, header::USER_AGENT},
};

use crate::{app::App, limits::ClientAddress};

/// Longer names of programs are cut.
const MOST: usize = 200;

/// The client, as far as one can know: what limits count by, and what people are shown of their sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// As far as the configured proxies are trusted.
    pub address: ClientAddress,
    /// What the program says it is.
    pub user_agent: Option<Arc<str>>,
}

impl Client {
    pub fn of(app: &App, request: &Request<Body>) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Self {
            address: ClientAddress::of(peer, request.headers(), app.trusted_hops),
            user_agent: user_agent(request.headers()),
        }
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self { address: address.into(), user_agent: None }
    }
}

/// Visible ASCII alone, or nothing.
fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?.trim();
    let text = &text[..text.len().min(MOST)];
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_is_cut_and_never_anything_but_text() {
        let of = |value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, axum::http::HeaderValue::from_bytes(value).expect("a header"));
            user_agent(&headers).map(|text| text.to_string())
        };
        assert_eq!(of(b" curl/8.5 "), Some("curl/8.5".to_owned()));
        assert_eq!(of("x".repeat(5_000).as_bytes()), Some("x".repeat(MOST)));
        assert_eq!(of(b"  "), None);
        assert_eq!(of("ñ".as_bytes()), None);
        assert_eq!(user_agent(&HeaderMap::new()), None);
    }
}
