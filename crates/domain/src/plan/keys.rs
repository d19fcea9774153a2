use std::sync::Arc;

use rapport_tenancy::{DbError, KeyError, Keyring, OpenError, SecretPlace, TenantConn};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{error::Error, unreadable::Reason};
use crate::{
    catalog::{Catalog, Field, Object},
    record::{self, Stored},
};

/// The keys of encrypted fields, for one run of a plan.
#[derive(Debug)]
pub(super) enum Keys {
    /// The catalog has no field that needs one.
    None,
    Ready(Arc<Keyring>),
    /// Whoever does not ask for encrypted fields is not to suffer.
    Unavailable(KeyError),
}

impl Keys {
    pub async fn of(conn: &TenantConn, catalog: &Catalog) -> Result<Self, DbError> {
        if catalog.has_encrypted() { Self::from(conn.keyring().await) } else { Ok(Self::None) }
    }

    /// As they are now, and not as they are remembered.
    pub async fn again(conn: &TenantConn) -> Result<Self, DbError> {
        Self::from(conn.fresh_keyring().await)
    }

    fn from(ring: Result<Arc<Keyring>, KeyError>) -> Result<Self, DbError> {
        match ring {
            Ok(ring) => Ok(Self::Ready(ring)),
            Err(KeyError::Database(error)) => Err(error),
            Err(error) => Ok(Self::Unavailable(error)),
        }
    }

    /// The blind index of a value.
    pub fn index(&self, object: &Object, field: &Field, stored: &Stored) -> Result<String, Error> {
        let ring = match self {
            Self::Ready(ring) => ring,
            Self::Unavailable(error) => return Err(Error::Keys(error.clone())),
            Self::None => return Err(Error::Keys(KeyError::NoDataKey)),
        };
        let text = Zeroizing::new(stored.to_custom().to_string());
        let index = field.sealed_as().and_then(|field| ring.index(&object.key(), field, text.as_bytes()));
        index.ok_or(Error::Keys(KeyError::NoDataKey))
    }

    /// The JSON of a value as it was before it was sealed.
    pub fn open(&self, place: SecretPlace<'_>, kept: &Json) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let Self::Ready(ring) = self else { return Err(Reason::NoKey) };
        let sealed = record::sealed(kept).ok_or(Reason::Damaged)?;
        ring.open(place, &sealed).map_err(|error| match error {
            OpenError::UnknownKey => Reason::UnknownKey,
            OpenError::ClosedKey => Reason::NoKey,
            OpenError::Damaged => Reason::Damaged,
        })
    }
}
