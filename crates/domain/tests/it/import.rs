//! Imports on a real PostgreSQL.

mod broken;
mod demo;
mod fields;
mod interrupted;
mod undo;
mod unlike;
mod workspace;
