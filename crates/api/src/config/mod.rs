//! Settings.
pub mod env;
