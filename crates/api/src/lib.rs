//! How Rapport is reached: HTTP, GraphQL, sign-in, limits, and the binary `rapport`.

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod embedded;
pub mod graphql;
pub mod http;
pub mod limits;
pub mod redis_link;
