//! What the tests stand on: a database of their own, a gateway that serves it, and people who use it.

mod authenticator;
mod behind;
mod client;
mod redis;
mod smtp;
mod tape;
mod test_app;

pub use self::{
    authenticator::Authenticator,
    behind::schema_of,
    client::{Answer, Client},
    redis::OwnRedis,
    smtp::{SmtpServer, UNKNOWN, url_of},
    tape::{Tape, for_tapes},
    test_app::{PASSWORD, TestApp, email},
};
