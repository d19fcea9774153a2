//! HTTP: the router, what every request passes, and how errors look.

pub mod body;
pub mod door;
pub mod error;
pub mod json_body;
pub mod media;
pub mod outage;
mod panic;
pub mod request_id;
pub mod router;
mod security_headers;
pub mod server;
mod trace_context;
pub mod web;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
};

use crate::{app::App, limits::ClientAddress};

/// The client a request comes from, as far as the configured proxies are trusted.
pub fn origin(app: &App, request: &Request<Body>) -> ClientAddress {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    ClientAddress::of(peer, request.headers(), app.trusted_hops)
}
