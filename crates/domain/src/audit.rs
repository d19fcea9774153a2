//! The log as an audit log: that nothing in it was changed, taken out or slipped in.
//!
//! Every entry is signed as it is written ([`crate::event`]). Some moments later it is sealed: a seal names a run of
//! entries, vouches for what they hold, and for the seal before it. The last seal of each tenant is also noted in the
//! control plane. None of the keys is in the database, so whoever changes the tables by hand, superusers included, cannot
//! make a log that [`verify`] takes. Writers wait for nothing of this. See `docs/audit.md` for what it proves and what not.

mod entry;
mod export;
mod fault;
mod seal;
mod sealing;
mod verify;
mod visible;

pub use self::{
    entry::{Actor, Entry, Filter, page},
    export::csv_head,
    fault::{Fault, Kind},
    sealing::{Error, accept, seal},
    verify::{Report, verify},
    visible::note_values,
};
