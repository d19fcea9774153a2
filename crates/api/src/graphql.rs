//! The graph: a tenant's catalog as GraphQL types, and what becomes of a request.
//!
//! `handler` speaks HTTP; `execute` runs one request; `prepared` is an operation made ready, once for each way its
//! `conditions` settle, by `lower` (record fields to the engine's plans) and `excerpt` (what async-graphql executes);
//! `write` runs mutations of records; `operations` are those beside records.

pub mod code;
mod conditions;
mod excerpt;
mod execute;
mod failure;
mod graph;
pub mod handler;
mod lower;
pub mod names;
mod negotiate;
pub mod operations;
mod prepared;
mod refuse;
mod request;
pub mod schema;
pub mod sdl;
mod unreadable;
mod used;
mod write;

pub use self::{
    execute::execute,
    graph::Graph,
    request::{Answer, BadRequest, Outcome, Request},
};
