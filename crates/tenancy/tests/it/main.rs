//! The tenancy crate on a real PostgreSQL server.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]
#![expect(clippy::disallowed_types, reason = "tests look behind the scenes")]

mod delete;
mod doctor;
mod isolation;
mod migrations;
mod people;
mod pool;
mod pool_property;
mod post;
mod proof;
mod provisioning;
mod schema_details;
mod sessions;
mod support;
