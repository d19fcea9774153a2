//! Imports on a real PostgreSQL.

mod broken;
mod demo;
mod fields;
mod interrupted;
mod lossy;
mod rows;
mod undo;
mod unlike;
mod workspace;
