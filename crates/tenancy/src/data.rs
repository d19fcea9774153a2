//! Tenant data: a small pool of connections for each cell, and the handles that act in it as a tenant's own role.
//!
//! What holds, whatever a caller does: a connection serves one handle at a time; rows are handed out only after the
//! server confirmed the handle's role; a connection about which anything is in doubt is settled or thrown away.

mod conn;
mod db;
mod error;
mod pool;
mod prelude;
mod recover;
mod statements;
mod wire;

pub use self::{
    conn::TenantConn,
    db::{TenantDb, TenantSession, TenantTx},
    error::{DbError, Failure},
    pool::PoolUse,
};
pub(crate) use self::{
    pool::{CellPool, Limits},
    wire::knock,
};
