//! Bringing another system's data in: CSV files and a mapping become records, through the record engine.
//!
//! A mapping ([`mapping`]) says which columns become which fields. Running it again with the same files changes
//! nothing; a run that was stopped in the middle is finished by running it again.

mod bind;
mod convert;
mod fill;
pub mod mapping;
mod problem;
mod reader;
pub mod report;

pub use self::{
    mapping::Mapping,
    problem::{Problem, code},
    reader::Files,
    report::Report,
};
