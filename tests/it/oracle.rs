//! An independent opinion of what the graph answers: records in memory, and naive code that filters, sorts, cuts and
//! lays them out. It shares nothing with the product but what DESIGN says.

pub mod document;
pub mod filter;
pub mod interpret;
pub mod literal;
pub mod objects;
pub mod order;
pub mod values;
pub mod world;
