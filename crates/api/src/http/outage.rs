//! What callers are told when the database as a whole is at fault.

use rapport_tenancy::Outage;

use crate::graphql::code;

/// Seconds after which asking again may help.
pub const RETRY_AFTER: &str = "5";

/// The code and the message of an outage.
pub fn told(outage: Outage) -> (&'static str, &'static str) {
    match outage {
        Outage::StorageFull => {
            (code::STORAGE_FULL, "the disk of the database is full: nothing can be written until there is room again")
        }
        Outage::Unavailable => (
            code::UNAVAILABLE,
            "the database cannot be used just now; try again shortly, and look first whether a write was done",
        ),
    }
}
