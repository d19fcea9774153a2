//! What the tests stand on: a database of their own, a gateway that serves it, and people who use it.

mod authenticator;
mod behind;
mod client;
mod smtp;
mod redis;
mod tape;
mod test_app;

pub use self::{
    authenticator::Authenticator,
    behind::schema_of,
    client::{Answer, Client},
    smtp::{SmtpServer, UNKNOWN, url_of},
    redis::OwnRedis,
    tape::{Tape, for_tapes},
    test_app::{PASSWORD, TestApp, email},
};
