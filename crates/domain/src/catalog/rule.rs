//! Business rules that an object declares and the record engine keeps.

use std::sync::Arc;

/// `field` is set to the present time when `when` takes one of `values`, unless the record has a time there
/// already, and cleared when `when` leaves them.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub field: Arc<str>,
    pub when: Arc<str>,
    pub values: Vec<Arc<str>>,
}

/// A further event, entered beside `created` or `updated`: `opportunity.won`.
#[derive(Debug, Clone)]
pub struct Announcement {
    pub event: Arc<str>,
    pub field: Arc<str>,
    pub becomes: Becomes,
}

/// What must have happened to a field.
#[derive(Debug, Clone)]
pub enum Becomes {
    /// It has another value than before. Never at creation.
    Other,
    /// It has this value, and had not.
    Value(Arc<str>),
    /// It has a value, and had none.
    Set,
}
