//! Whose data is it: the control plane, where a tenant lives, how it is made, and the handles that reach its data.
//!
//! Only this crate opens connections. A [`TenantScope`] is the proof that a caller may act in a tenant; a scope opens a
//! [`TenantDb`], and that gives a [`TenantSession`] or a [`TenantTx`], which act as the tenant's own database role.

mod actor;
mod api_key;
mod audit_head;
mod cell;
mod challenge;
mod control;
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the one place that holds connections to cells"
)]
mod data;
mod delete;
mod doctor;
mod error;
mod generations;
mod ids;
mod index;
mod invitation;
mod known_address;
mod known_keys;
mod link;
pub mod log;
mod mail;
mod membership;
mod migrate;
mod outage;
mod person;
mod provision;
mod role;
mod scope;
mod scopes;
mod second_factor;
mod secrets;
mod server;
mod session;
mod settings;
mod signing_key;
mod tenancy;
mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
mod unfinished;

pub use secrecy::SecretString;
pub use tokio_postgres::{
    Row,
    types::{self, FromSql, ToSql, Type},
};

pub use self::{
    actor::{AccessScope, Actor, Scopes, Subject, Through},
    api_key::{ApiKey, ApiKeyChange, KeyHash, NewApiKey},
    audit_head::AuditHead,
    challenge::Challenge,
    data::{DbError, Failure, PoolUse, TenantConn, TenantDb, TenantSession, TenantTx},
    delete::Belongings,
    doctor::{Finding, Severity},
    error::Error,
    generations::{Generation, Generations},
    ids::{ApiKeyId, CellId, InvitationId, PersonId, SessionId, TenantId, UserId},
    index::{Built, Index, Indexes},
    invitation::{AcceptError, Guest, INVITATION_LIFETIME, Invitation, InviteError, NewInvitation},
    known_keys::KeyRefusal,
    link::{ConfirmEmailError, LinkPurpose, NewLink, Post},
    mail::{Mail, NewMail},
    membership::{Joining, Member, Membership, Outdated},
    migrate::{MigrationError, MigrationReport, TenantFailure, Unreachable},
    outage::Outage,
    person::{CreatePersonError, NewPerson, Person},
    role::BuiltInRole,
    scope::TenantScope,
    second_factor::{SecondFactor, SecondFactorError, SecondFactorState},
    secrets::{
        InvalidMasterKey, Key, KeyError, Keyring, LocalMasterKeys, LogKeys, MasterKeyError, MasterKeys, OpenError,
        Rewrapped, Sealed, Sealer, SecretPlace,
    },
    server::check_database_url,
    session::{Ended, LEEWAY, NewSession, OpenSession, Rotation, Seen, Session, SessionsOf, Spending},
    settings::Settings,
    signing_key::{NewSigningKey, PrivateKey, SigningKey, SigningKeyError},
    tenancy::Tenancy,
    tenant::{CreateTenantError, NewTenant, Tenant, TenantState},
    unfinished::Resumed,
};
