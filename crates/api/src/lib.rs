//! How Rapport is reached: HTTP, GraphQL, sign-in, limits, and the binary `rapport`.

pub mod cli;
pub mod config;
pub mod embedded;
pub mod graphql;
