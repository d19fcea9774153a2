//! Black-box tests of the running product, in one binary: on a real Postgres, through real HTTP.

mod aggregates;
mod auth;
mod bad_input;
mod command;
mod conditions;
mod custom_fields;
mod demo;
mod error_paths;
mod field_indexes;
mod filters;
mod isolation;
mod limits;
mod metadata;
mod offered;
mod oracle;
mod pages;
mod plans;
mod protocol;
mod roles;
mod sdl;
mod statements;
mod support;
mod writes;
