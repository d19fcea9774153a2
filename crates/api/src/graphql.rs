//! The graph: a tenant's catalog as GraphQL types, and what becomes of a request.

pub mod code;
mod execute;
pub mod handler;
pub mod names;
mod negotiate;
pub mod operations;
mod refuse;
mod request;
pub mod schema;

pub use self::{
    execute::execute,
    request::{Answer, BadRequest, Outcome, Request},
};
