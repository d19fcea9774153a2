//! A field gets another type, with its values: looked at first, then done beside the use of the records.
//!
//! The values are written a second time, under a key of their own, while the field stays as it is; a writer that changes one takes
//! out what was made of it, so that it is made again. When nothing is left to do the field *flips* to the new key and type in one
//! transaction, and what writers that did not know of it yet wrote under the old key is caught up with. All of it is in
//! `metadata_conversion`, a step a transaction: whoever comes next goes on. Why it is so: `docs/decisions/conversions.md`.

mod convert;
mod copy;
mod form;
mod preview;
mod start;
mod store;
mod target;
mod values;
mod work;

pub(crate) use self::start::is_copying;
pub use self::{
    preview::{Failure, Preview, preview},
    start::{Answer, cancel, start},
    store::{Conversion, LeftBehind, OnFailure, State, failures, find},
    work::{Step, Worker},
};
