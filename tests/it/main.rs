//! Black-box tests of the running product, in one binary: on a real Postgres, through real HTTP.

mod aggregates;
mod auth;
mod bad_input;
mod command;
mod custom_fields;
mod demo;
mod filters;
mod imports;
mod isolation;
mod limits;
mod metadata;
mod numbers;
mod offered;
mod oracle;
mod outages;
mod pages;
mod plans;
mod protocol;
mod roles;
mod sdl;
mod statements;
mod support;
mod writes;
