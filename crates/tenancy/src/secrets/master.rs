use std::fmt;

use futures::future::BoxFuture;

use super::Key;

/// The keys that wrap the tenants' data keys. They are never in the database: in a file, in the environment, in a KMS.
pub trait MasterKeys: fmt::Debug + Send + Sync {
    /// The id of the one that wraps from now on.
    fn current(&self) -> &str;

    /// Wraps a key with the current one. It unwraps in the same context alone.
    fn wrap<'a>(&'a self, key: &'a Key, context: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, MasterKeyError>>;

    /// Unwraps what the key `id` wrapped.
    fn unwrap<'a>(
        &'a self,
        id: &'a str,
        wrapped: &'a [u8],
        context: &'a [u8],
    ) -> BoxFuture<'a, Result<Key, MasterKeyError>>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    #[error("the master key {id} is not known here")]
    Unknown { id: String },
    #[error("the master key {id} does not open this data key")]
    Refused { id: String },
    /// The service that holds the keys does not answer.
    #[error("the master keys cannot be reached: {reason}")]
    Unavailable { reason: String },
}
