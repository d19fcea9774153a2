//! The graph: a tenant's catalog as GraphQL types, and what becomes of a request.

pub mod names;
