//! Who is calling: passwords, tokens, sessions, API keys.
//!
//! A session is opened by a sign-up or a sign-in and lives in Postgres. It shows itself as an access token of ten
//! minutes, checked without asking anybody, and a refresh token that is spent for the next pair.

mod attempt;
mod api_key;
mod authenticate;
mod breached;
mod caller;
mod credential;
mod email;
mod hasher;
mod invite;
mod key_store;
mod keys;
mod link_token;
mod mailed;
mod noting;
mod password;
mod refresh_token;
mod refusal;
mod report;
mod revocation;
mod revoked;
pub mod routes;
mod session;
mod sign_in;
mod sign_up;
mod token;
mod verified;

use std::{path::PathBuf, sync::Arc};

use rapport_tenancy::Tenancy;

pub use self::{
    api_key::{ApiKeyText, beginning},
    authenticate::AuthError,
    caller::{By, Caller, PersonSession, Principal},
    credential::Credential,
    email::Email,
    hasher::{Cost, HashError, Hasher},
    invite::{Accept, Invite, Invited},
    password::{Password, WeakPassword},
    refusal::{Error, Refusal, Workspace},
    session::SignedIn,
    sign_in::SignIn,
    sign_up::{SignUp, label},
};
use self::{breached::Breached, key_store::KeyStore, revocation::Revocation, verified::Verified};
use crate::{auditing::Auditing, background::Background, limits::Limits, mail::Mailer, redis_link::RedisLink};

/// What sign-in needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Issuer of tokens: the public URL, the same on every node.
    pub issuer: String,
    pub password_cost: Cost,
    /// `RAPPORT_BREACHED_PASSWORDS_FILE`
    pub breached_passwords: Option<PathBuf>,
}

/// Signs people up, in and out, and tells who a request comes from.
pub struct Auth {
    tenancy: Tenancy,
    limits: Arc<Limits>,
    issuer: String,
    mailer: Mailer,
    background: Background,
    hasher: Hasher,
    breached: Option<Breached>,
    keys: KeyStore,
    verified: Verified,
    revocation: Revocation,
    auditing: Auditing,
}

impl Auth {
    /// Reads keys and revoked sessions; makes the first key.
    pub async fn start(
        settings: Settings,
        tenancy: Tenancy,
        limits: Arc<Limits>,
        redis: Option<RedisLink>,
        mailer: Mailer,
        background: Background,
        auditing: Auditing,
    ) -> Result<Self, StartError> {
        Ok(Self {
            mailer,
            background,
            breached: settings.breached_passwords.as_deref().map(Breached::open).transpose()?,
            hasher: Hasher::new(settings.password_cost)?,
            keys: KeyStore::open(tenancy.clone()).await?,
            verified: Verified::default(),
            revocation: Revocation::start(tenancy.clone(), redis).await?,
            issuer: settings.issuer,
            tenancy,
            limits,
            auditing,
        })
    }

    /// The public keys that verify our tokens, as JSON.
    pub fn jwks(&self) -> String {
        self.keys.current().jwks().to_owned()
    }
}

/// Sign-in cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Hash(#[from] hasher::HashError),
    #[error(transparent)]
    Breached(#[from] breached::UnusableFile),
    #[error(transparent)]
    Key(#[from] keys::BadKey),
    #[error("signing keys or revoked sessions could not be read")]
    Control(#[from] rapport_tenancy::Error),
}
