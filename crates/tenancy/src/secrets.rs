//! Encrypted fields: a tenant's data keys, wrapped by a master key from outside, and what is sealed with them.
//!
//! A value is bound to its tenant, object, record and field: moved elsewhere it does not open. Equal values of a field
//! have the same blind index, which nobody can compute without the tenant's index key. See `docs/decisions/encrypted-fields.md`.

mod cipher;
mod keyring;
mod local;
mod log_keys;
mod master;
mod place;
mod rewrap;
mod rotate;
mod sealed;
mod sealer;
mod vault;

pub use self::{
    cipher::Key,
    keyring::{Keyring, OpenError},
    local::{InvalidMasterKey, LocalMasterKeys},
    log_keys::LogKeys,
    master::{MasterKeyError, MasterKeys},
    place::SecretPlace,
    rewrap::Rewrapped,
    sealed::Sealed,
    sealer::Sealer,
    vault::KeyError,
};
pub(crate) use self::{cipher::joined, vault::Vault};
