//! The servers that `rapport dev` and `make test` run by themselves: a private PostgreSQL and, where
//! its server is at hand, a private Redis. No service, no container, no account: everything lives in
//! the data directory and ends with the process that started it, even when that one is killed.
//!
//! The functions here block; call them before the runtime starts or from a blocking task.

mod error;
mod home;
mod identity;
mod packages;
mod port;
mod postgres;
mod process;
mod progress;
mod redis;

pub use self::error::Error;
pub use self::home::{Home, Keep};
pub use self::identity::Root;
pub use self::postgres::{Flavour, Postgres};
pub use self::progress::Progress;
pub use self::redis::Redis;
