//! Who may see and do what.
//!
//! A subject (a user, an API key) has roles; what they allow adds up, cut to what its credential carries, and is its
//! [`Rights`]. [`Catalog::visible_to`](crate::catalog::Catalog::visible_to) makes of them the only view of a tenant that
//! plans, writes, search and imports are made for: what is not allowed is not there. Which records of an object are
//! within reach depends on the viewer ([`Viewer`]) as well, and becomes part of every statement (`plan::guard`).

mod administration;
pub mod assign;
mod beyond;
mod built_in;
mod definition;
pub mod explain;
mod giver;
mod granted;
mod held;
pub mod keys;
mod load;
mod note;
mod reach;
pub mod role;
mod rule;
pub mod share;
mod standing;
mod together;
mod usage;
mod view;
mod viewer;

pub use self::{
    administration::Administration,
    definition::{FieldAccess, ObjectRights, RoleRights},
    granted::{Granted, Rights},
    held::{Answer, lock},
    load::{HeldRole, Holder, find_role, held_by, load, roles, version},
    reach::{Action, Condition, Level, Reach},
    rule::{InvalidRule, RULE_LIMIT, bind as bind_rule},
    view::{Sight, View},
    viewer::Viewer,
};
pub(crate) use self::{
    giver::Giver,
    standing::Standing,
    usage::{Mention, of_field as roles_of_field, of_object as roles_of_object},
};
