//! Who is calling: passwords, tokens, sessions, API keys.
//!
//! A session is opened by a sign-up or a sign-in and lives in Postgres. It shows itself as an access token of ten
//! minutes, checked without asking anybody, and a refresh token that is spent for the next pair. Who has a second factor
//! is asked for a code between the password and the session.

mod api_key;
mod authenticate;
mod base32;
mod breached;
mod caller;
mod credential;
mod email;
mod ended;
mod hasher;
mod invite;
mod key_store;
mod keys;
mod label;
mod link_token;
mod mailed;
mod noting;
mod opaque_token;
mod password;
mod proving;
mod recovery_code;
mod refusal;
mod report;
mod revocation;
pub mod routes;
mod second_factor;
mod seen;
mod session;
mod sign_in;
mod sign_up;
mod token;
mod totp;
pub mod upkeep;
mod verified;

use std::{path::PathBuf, sync::Arc};

use chrono::Duration;
use rapport_tenancy::Tenancy;

pub use self::{
    api_key::{ApiKeyText, beginning},
    authenticate::AuthError,
    caller::{By, Caller, PersonSession, Principal},
    credential::Credential,
    email::Email,
    hasher::{Cost, HashError, Hasher},
    invite::{Accept, Invite, Invited},
    key_store::{NOTICE, rotate as rotate_signing_key},
    label::label,
    password::{Password, WeakPassword},
    refusal::{Error, Refusal, Workspace},
    second_factor::Enrolment,
    session::SignedIn,
    sign_in::{CompleteSignIn, SignIn},
    sign_up::SignUp,
};
use self::{breached::Breached, key_store::KeyStore, revocation::Revocation, seen::Recent, verified::Verified};
use crate::{auditing::Auditing, background::Background, limits::Limits, mail::Mailer};

/// What sign-in needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Issuer of tokens: the public URL, the same on every node.
    pub issuer: String,
    pub password_cost: Cost,
    /// `RAPPORT_BREACHED_PASSWORDS_FILE`
    pub breached_passwords: Option<PathBuf>,
    /// A session ends this long after its sign-in, however often it is refreshed.
    pub session_lifetime: Duration,
    /// And this long after it was used last.
    pub session_idle: Duration,
    /// How old the key that signs tokens may become; None: as old as it likes.
    pub signing_key_age: Option<Duration>,
}

/// Signs people up, in and out, and tells who a request comes from.
pub struct Auth {
    tenancy: Tenancy,
    limits: Arc<Limits>,
    settings: Settings,
    mailer: Mailer,
    background: Background,
    hasher: Hasher,
    breached: Option<Breached>,
    keys: KeyStore,
    verified: Verified,
    revocation: Revocation,
    recent: Recent,
    auditing: Auditing,
}

impl Auth {
    /// Reads keys and revoked sessions; makes the first key.
    pub async fn start(
        settings: Settings,
        tenancy: Tenancy,
        limits: Arc<Limits>,
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
            revocation: Revocation::start(tenancy.clone(), Arc::clone(&limits)).await?,
            recent: Recent::default(),
            settings,
            tenancy,
            limits,
            auditing,
        })
    }

    /// How many passwords this node hashed: what an attempt to sign in costs, whoever is meant.
    pub fn passwords_hashed(&self) -> u64 {
        self.hasher.hashed()
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
    #[error(transparent)]
    SigningKey(#[from] rapport_tenancy::SigningKeyError),
    #[error("revoked sessions could not be read")]
    Control(#[from] rapport_tenancy::Error),
}
