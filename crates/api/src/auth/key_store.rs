//! Keeps the keyring in step with the control plane, and replaces keys.
//!
//! A new key is published before it signs, so that whoever keeps our public keys for ten minutes knows it by then; one
//! that has a successor is believed until the last token it signed is over, and then goes.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use rapport_tenancy::{Key, NewSigningKey, PrivateKey, SigningKey, Tenancy};
use secrecy::ExposeSecret as _;
use tokio::{sync::Mutex, time::Instant};

use super::{
    Auth, Error, StartError,
    keys::{BadKey, Keyring, Known, PublicKey, SigningPair},
};

/// Tokens with made-up key names must not become queries.
const REFRESH_AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// From its publication to its first signature: a minute until every node publishes it, ten in which others may keep the
/// set as it was, and one to spare.
pub const NOTICE: chrono::Duration = chrono::Duration::minutes(12);
/// From the first signature of its successor: a token lives ten minutes, nodes learn within one, clocks differ.
const BELIEVED: chrono::Duration = chrono::Duration::minutes(15);

pub struct KeyStore {
    tenancy: Tenancy,
    ring: ArcSwap<Keyring>,
    read_at: Mutex<Instant>,
}

impl KeyStore {
    /// Reads the keys; a node that finds none it can sign with makes one.
    pub async fn open(tenancy: Tenancy) -> Result<Self, StartError> {
        let mut ring = read(&tenancy).await?;
        if add_missing(&tenancy, &ring).await? {
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

    /// Reads the keys again. True when one that was believed is not any more.
    async fn reload(&self) -> Result<bool, StartError> {
        let before = self.ring.swap(Arc::new(read(&self.tenancy).await?));
        let now = self.ring.load();
        Ok(before.public().any(|key| now.verifying().get(key.kid()).is_none()))
    }
}

impl Auth {
    /// Learns of keys that others added or took back, replaces one that is too old, and removes those that are over.
    pub async fn look_after_keys(&self) -> Result<(), Error> {
        let now = Utc::now();
        if self.keys.reload().await.map_err(Error::SigningKey)? {
            self.verified.forget();
        }
        let ring = self.keys.current();
        let mut changed = add_missing(&self.tenancy, &ring).await.map_err(Error::SigningKey)?;
        let over = over(ring.public(), now);
        if !over.is_empty() {
            self.tenancy.remove_signing_keys(&over).await?;
            tracing::info!(keys = ?over, "Signing keys are over");
        }
        let too_old = |key: &&PublicKey| self.settings.signing_key_age.is_some_and(|age| key.signs_from() + age <= now);
        if let Some(newest) = ring.public().next_back().filter(too_old) {
            let added = add(&self.tenancy, Some(newest.kid()), now + NOTICE).await.map_err(Error::SigningKey)?;
            if let Some(kid) = added {
                tracing::info!(key = kid, "A new signing key is published");
                changed = true;
            }
        }
        if changed {
            self.keys.reload().await.map_err(Error::SigningKey)?;
        }
        Ok(())
    }
}

/// Where there is no key that this node can sign with, the first time or because their master key is not here, it adds
/// one, or another node does at the same moment. True when the keys have to be read again.
async fn add_missing(tenancy: &Tenancy, ring: &Keyring) -> Result<bool, StartError> {
    if ring.signing(Utc::now()).is_some() {
        return Ok(false);
    }
    let newest = ring.public().next_back().map(PublicKey::kid);
    add(tenancy, newest, Utc::now()).await?;
    Ok(true)
}

/// Adds a key that signs after the newest one. None when another node was faster.
async fn add(tenancy: &Tenancy, newest: Option<&str>, signs_from: DateTime<Utc>) -> Result<Option<String>, StartError> {
    let pair = SigningPair::generate(signs_from);
    let new = NewSigningKey {
        kid: pair.kid().to_owned(),
        seed: Key::new(pair.seed()),
        public: pair.public(),
        pem: pair.pem().to_owned().into(),
        signs_from,
    };
    Ok(tenancy.add_signing_key(newest, new).await?.then(|| pair.kid().to_owned()))
}

/// Adds a key, for operators: one that signs in twelve minutes, or at once. Answers its name.
pub async fn rotate(tenancy: &Tenancy, signs_from: DateTime<Utc>) -> Result<String, StartError> {
    loop {
        let newest = tenancy.signing_keys().await?.pop().map(|key| key.kid);
        if let Some(kid) = add(tenancy, newest.as_deref(), signs_from).await? {
            return Ok(kid);
        }
    }
}

/// Those whose successor has signed for so long that no token of theirs is good any more.
fn over<'a>(keys: impl Iterator<Item = &'a PublicKey> + Clone, now: DateTime<Utc>) -> Vec<String> {
    let successors = keys.clone().zip(keys.skip(1));
    let over = successors.filter(|(_, next)| next.signs_from() + BELIEVED <= now);
    over.map(|(key, _)| key.kid().to_owned()).collect()
}

async fn read(tenancy: &Tenancy) -> Result<Keyring, StartError> {
    let keys: Result<_, _> = tenancy.signing_keys().await?.iter().map(known).collect();
    Ok(Keyring::new(keys?))
}

fn known(key: &SigningKey) -> Result<Known, BadKey> {
    match &key.private {
        PrivateKey::Seed(seed) => Ok(Known::Whole(SigningPair::from_seed(*seed.bytes(), key.signs_from))),
        PrivateKey::Pem(pem) => SigningPair::from_pem(&key.kid, pem.expose_secret(), key.signs_from).map(Known::Whole),
        PrivateKey::Closed(public) => Ok(Known::Closed(PublicKey::new(&key.kid, *public, key.signs_from))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_over_when_its_last_token_is_and_the_newest_never() {
        let now = Utc::now();
        let minutes =
            |minutes: i64| PublicKey::new(&minutes.to_string(), [0; 32], now + chrono::Duration::minutes(minutes));
        let keys = [minutes(-300), minutes(-200), minutes(-14), minutes(5)];
        assert_eq!(over(keys.iter(), now), ["-300"]);
        let later = now + chrono::Duration::minutes(2);
        assert_eq!(over(keys.iter(), later), ["-300", "-200"]);
        assert_eq!(over(keys[..1].iter(), now), Vec::<String>::new());
    }
}
