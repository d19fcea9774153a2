//! What the tests stand on: a database of their own, a gateway that serves it, and people who use it.

mod client;
mod test_app;

pub use self::{
    client::{Answer, Client},
    test_app::{PASSWORD, TestApp, email},
};
