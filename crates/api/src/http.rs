//! HTTP: the router, what every request passes, and how errors look.

pub mod body;
pub mod client;
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

pub use self::client::Client;
