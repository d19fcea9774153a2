//! Writing records: create, update, upsert, delete, restore, destroy, one transaction each.
//!
//! A write reads as load, decide, save: the input becomes checked values (`value`, `input`), a [`change`]
//! holds a record before and after, rules are applied to it (`follow`, `stamp`, `relation`, `unique`), then
//! all rows of a batch are written by one statement (`store`) and enter the log by another
//! ([`crate::event`]). Whatever a caller can do wrong comes back as [`UserError`]s of its row; [`Error`] is
//! for what went wrong with us. The caller of these functions commits, or rolls back.

mod acyclic;
mod announce;
mod bin;
mod change;
mod column;
mod create;
mod destroy;
mod follow;
mod input;
mod lock;
mod outcome;
mod own_reach;
mod owners;
mod propagate;
mod refusal;
mod relation;
mod secret;
mod stamp;
mod store;
mod takeover;
mod unique;
mod update;
mod upsert;
mod value;
mod write;

pub use self::{
    bin::{delete, restore},
    create::create,
    destroy::destroy,
    input::Input,
    outcome::{Error, Mode, Origin, Outcome, RowResult},
    refusal::{UserError, code},
    update::{update, update_many},
    upsert::upsert,
    value::{Money, Slot, Stored},
};
pub(crate) use self::{
    change::input_name,
    refusal::shown,
    secret::{expected, sealed},
    store::actor,
    value::{accept, check, moment},
    write::now,
};
