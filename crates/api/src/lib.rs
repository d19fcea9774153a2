//! How Rapport is reached: HTTP, GraphQL, sign-in, limits and the binary `rapport`.

pub mod api_keys;
pub mod app;
pub mod auth;
pub mod background;
pub mod cli;
pub mod config;
pub mod converting;
pub mod demo;
pub mod embedded;
mod following;
pub mod graphql;
pub mod health;
pub mod http;
pub mod indexing;
pub mod limits;
pub mod logging;
pub mod mail;
pub mod members;
pub mod metrics;
pub mod node;
pub mod redis_link;
mod resume;
pub mod searching;
pub mod shutdown;
mod template;
mod woken;
