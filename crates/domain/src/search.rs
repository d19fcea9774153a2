//! Full-text search over the records of a workspace.
//!
//! What search finds by is a projection of the log ([`Projection`]): for each record the words of its searchable fields.
//! The index only proposes ([`find`](find::find)): the records themselves decide, read as the caller's role sees them, whether
//! they are found and what is shown of them. So an index that lags behind, or was made when other people might see a
//! field, can hide a hit for a moment but never tell too much.

mod candidates;
mod document;
mod find;
mod fold;
mod highlight;
mod pending;
mod projection;
mod query;
mod read;
mod spelling;
mod store;
mod subject;
#[cfg(test)]
mod tests;
mod word;

pub use self::{
    find::{Finding, Hit, find},
    highlight::{Match, Range},
    projection::{Projection, Standing},
    query::{InvalidQuery, LONGEST_QUERY, Query},
};
