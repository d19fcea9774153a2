//! The tenancy crate on a real PostgreSQL server.

mod provisioning;
