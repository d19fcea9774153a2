//! Who may see and do what.
//!
//! A subject (a user, an API key) has roles; what they allow adds up, cut to what its credential carries, and is its
//! [`Rights`]. [`Catalog::visible_to`](crate::catalog::Catalog::visible_to) makes of them the only view of a tenant that
//! plans, writes, search and imports are made for: what is not allowed is not there. Which records of an object are
//! within reach depends on the viewer ([`Viewer`]) as well, and becomes part of every statement (`plan::guard`).

mod administration;
mod built_in;
mod definition;
mod granted;
mod load;
mod reach;
mod rule;
mod view;
mod viewer;

pub use self::{
    administration::Administration,
    definition::{FieldAccess, ObjectRights, RoleRights},
    granted::{Granted, Rights},
    load::{HeldRole, Holder, load, roles, version},
    reach::{Action, Condition, Level, Reach},
    rule::{InvalidRule, RULE_LIMIT, bind as bind_rule},
    view::{Sight, View},
    viewer::Viewer,
};
