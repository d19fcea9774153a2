//! Black-box tests of the running product, in one binary: on a real Postgres, through real HTTP.

mod auth;
mod demo;
mod limits;
mod metadata;
mod offered;
mod protocol;
mod support;
