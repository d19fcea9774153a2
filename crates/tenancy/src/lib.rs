//! Whose data is it: the control plane, where a tenant lives, how it is made, and the handles that reach its data.
//!
//! Only this crate opens connections. A [`TenantScope`] is the proof that a caller may act in a tenant; a scope opens a
//! [`TenantDb`], and that gives a [`TenantSession`] or a [`TenantTx`], which act as the tenant's own database role.

mod control;
mod data;
mod error;
mod ids;
mod membership;
mod migrate;
mod person;
mod role;
mod scope;
mod session;
mod server;
mod settings;
mod signing_key;
mod tenancy;
mod tenant;

pub use self::{
    data::{DbError, Failure, TenantConn, TenantDb, TenantSession, TenantTx},
    error::{Error, Finding, Severity},
    ids::{CellId, PersonId, SessionId, TenantId, UserId},
    membership::Membership,
    migrate::{MigrationReport, Quarantined},
    person::{CreatePersonError, NewPerson, Person},
    role::{Actor, InvalidRole, Role},
    scope::TenantScope,
    session::{Rotation, Session},
    settings::Settings,
    signing_key::SigningKey,
    tenancy::Tenancy,
    tenant::{CreateTenantError, NewTenant, Tenant, TenantState},
};
pub use secrecy::SecretString;
pub use tokio_postgres::{
    Row,
    types::{self, FromSql, ToSql, Type},
};
