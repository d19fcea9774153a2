//! What a CRM is: the catalog of objects and fields, the record engine, the business acts.

pub mod audit;
pub mod catalog;
mod csv;
pub mod event;
pub mod export;
pub mod import;
pub mod member;
pub mod plan;
pub mod query;
pub mod record;
pub mod reseal;
pub mod rights;
pub mod search;
mod wire;
