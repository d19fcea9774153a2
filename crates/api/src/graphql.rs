//! The graph: a tenant's catalog as GraphQL types, and what becomes of a request.

pub mod code;
pub mod names;
pub mod operations;
pub mod schema;
