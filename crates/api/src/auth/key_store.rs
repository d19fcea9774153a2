//! Keeps the keyring in step with the control plane.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rapport_tenancy::Tenancy;
use secrecy::ExposeSecret as _;
use tokio::{sync::Mutex, time::Instant};

use super::{
    StartError,
    keys::{Keyring, SigningPair},
};

/// Tokens with made-up key names must not become queries.
const REFRESH_AT_MOST_EVERY: Duration = Duration::from_secs(5);

pub struct KeyStore {
    tenancy: Tenancy,
    ring: ArcSwap<Keyring>,
    read_at: Mutex<Instant>,
}

impl KeyStore {
    /// Reads the keys; the first node ever makes one.
    pub async fn open(tenancy: Tenancy) -> Result<Self, StartError> {
        let mut ring = read(&tenancy).await?;
        if ring.signing().is_none() {
            let pair = SigningPair::generate();
            tenancy.add_signing_key(pair.kid(), pair.pem()).await?;
            // Another node may have added one too: both sign with the newest.
            ring = read(&tenancy).await?;
        }
        Ok(Self { tenancy, ring: ArcSwap::from_pointee(ring), read_at: Mutex::new(Instant::now()) })
    }

    pub fn current(&self) -> Arc<Keyring> {
        self.ring.load_full()
    }

    /// Reads the keys again: a token names one that another node may have added since. False when it is too early.
    pub async fn refresh(&self) -> Result<bool, StartError> {
        let mut read_at = self.read_at.lock().await;
        if read_at.elapsed() < REFRESH_AT_MOST_EVERY {
            return Ok(false);
        }
        *read_at = Instant::now();
        self.ring.store(Arc::new(read(&self.tenancy).await?));
        Ok(true)
    }
}

async fn read(tenancy: &Tenancy) -> Result<Keyring, StartError> {
    let mut stored = tenancy.signing_keys().await?;
    stored.sort_by_key(|key| (key.created_at, key.kid.clone()));
    let pairs: Result<_, _> =
        stored.iter().map(|key| SigningPair::from_pem(&key.kid, key.private_pem.expose_secret())).collect();
    Ok(Keyring::new(pairs?))
}
