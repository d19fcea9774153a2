//! The shape of a tenant as a file, and a file as the shape of another tenant: for the way from a trial to production, and
//! for shapes that partners make for a trade. `docs/templates.md` is its guide.
//!
//! The file ([`file`]) has names alone: no ids, no keys, no records. It is read ([`parse`]), held against itself
//! ([`check`]), compared with what is there ([`plan`]), and the differences are made through the functions of the
//! [`registry`](super::registry), so that all its rules hold ([`mod@apply`]).

mod apply;
mod check;
mod diff;
mod export;
mod file;
mod parse;
mod place;
mod plan;
mod problem;
mod write;

pub use self::{
    apply::{Applied, apply},
    export::export,
    plan::{Action, Change},
    problem::{Problem, code},
};
