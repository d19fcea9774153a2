//! Rows of a file as inputs of records, by a [`Pass`] of the mapping. No database: relations come out as the keys
//! that name them.

mod cell;
mod draft;
mod layout;
#[cfg(test)]
mod tests;

pub use self::{
    draft::{Draft, Filler, Read},
    layout::Layout,
};
