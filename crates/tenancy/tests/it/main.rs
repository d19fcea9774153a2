//! The tenancy crate on a real PostgreSQL server.

mod doctor;
mod isolation;
mod migrations;
mod people;
mod pool;
mod pool_property;
mod provisioning;
mod schema_details;
mod sessions;
mod support;
