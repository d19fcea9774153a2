//! Hashing of passwords: argon2id on blocking threads, a bounded number at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use super::password::Password;

/// What one hash costs. `Cost::default()` is the least that OWASP's ASVS 5 allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// How a password compares with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but stored with other parameters than today's: hash it anew.
    RightButOutdated,
}

/// The machine could not hash: out of memory, a thread lost, a stored hash that is none.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("a password could not be hashed: {0}")]
    Failed(String),
    #[error("more passwords wait to be hashed than this node gets done in time")]
    Overloaded,
}

/// Whoever waits longer asks again: an answer would come too late.
const PATIENCE: Duration = Duration::from_secs(2);
/// As many as a core gets done in that time, and some; whoever comes on top of them would wait for nothing.
const WAITING_PER_CORE: usize = 64;

/// Hashes and verifies. Cheap to clone.
#[derive(Clone)]
pub struct Hasher {
    params: Params,
    permits: Arc<Semaphore>,
    /// Those who work and those who wait.
    places: Arc<Semaphore>,
    dummy: Arc<str>,
    hashed: Arc<AtomicU64>,
}

impl Hasher {
    /// Prepares a hasher that works on as many passwords at once as there are cores.
    pub fn new(cost: Cost) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(failed)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let dummy = hash(&params, "nobody's password")?.into();
        Ok(Self {
            params,
            permits: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores * (1 + WAITING_PER_CORE))),
            dummy,
            hashed: Arc::default(),
        })
    }

    /// The PHC string to store for a new password.
    pub async fn hash(&self, password: Password) -> Result<String, HashError> {
        self.hash_text(password.into_inner()).await
    }

    /// Hashes a password that was just verified, with today's parameters.
    pub(super) async fn rehash(&self, password: String) -> Result<String, HashError> {
        self.hash_text(password).await
    }

    /// Compares with the stored hash, or, when there is none, with a dummy: an unknown person costs as much time as a
    /// known one.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<Verdict, HashError> {
        let stored = stored.unwrap_or_else(|| String::from(&*self.dummy));
        let known = *stored != *self.dummy;
        let params = self.params.clone();
        let verdict = self.blocking(move || verify(&params, &stored, &password)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    /// How many passwords were hashed so far, to be stored or to be compared.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn hash_text(&self, password: String) -> Result<String, HashError> {
        let params = self.params.clone();
        self.blocking(move || hash(&params, &password)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| HashError::Overloaded)?;
        let permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| HashError::Overloaded)?.map_err(failed)?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(move || {
            let _held = (place, permit);
            work()
        })
        .await
        .map_err(failed)?
    }
}

fn argon2(params: &Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
}

fn hash(params: &Params, password: &str) -> Result<String, HashError> {
    let hash = argon2(params).hash_password(password.as_bytes()).map_err(failed)?;
    Ok(hash.to_string())
}

fn verify(params: &Params, stored: &str, password: &str) -> Result<Verdict, HashError> {
    use argon2::password_hash::Error;

    let parsed = PasswordHash::new(stored).map_err(failed)?;
    match argon2(params).verify_password(password.as_bytes(), &parsed) {
        Ok(()) if is_current(params, &parsed) => Ok(Verdict::Right),
        Ok(()) => Ok(Verdict::RightButOutdated),
        Err(Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(failed(error)),
    }
}

fn is_current(params: &Params, stored: &PasswordHash) -> bool {
    stored.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && Params::try_from(stored).is_ok_and(|old| {
            (old.m_cost(), old.t_cost(), old.p_cost()) == (params.m_cost(), params.t_cost(), params.p_cost())
        })
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::email::Email;

    fn password(text: &str) -> Password {
        let email = Email::parse("a@example.com").expect("an address");
        Password::parse(text, &email).expect("a good password")
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_another_is_not() {
        let hasher = Hasher::new(Cost::default()).expect("parameters are valid");
        let stored = hasher.hash(password("correct horse")).await.expect("hashes");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");

        let verify = |text: &str| hasher.verify(Some(stored.clone()), text.to_owned());
        assert_eq!(verify("correct horse").await.expect("verifies"), Verdict::Right);
        assert_eq!(verify("correct horse ").await.expect("verifies"), Verdict::Wrong);
    }

    #[tokio::test]
    async fn an_older_hash_asks_to_be_hashed_anew() {
        let old = Hasher::new(Cost { memory_kib: 8_192, passes: 1 }).expect("valid");
        let stored = old.hash(password("correct horse")).await.expect("hashes");
        let new = Hasher::new(Cost::default()).expect("valid");
        let verdict = new.verify(Some(stored), "correct horse".to_owned()).await;
        assert_eq!(verdict.expect("verifies"), Verdict::RightButOutdated);
    }

    #[tokio::test]
    async fn whoever_would_wait_too_long_is_sent_away_at_once() {
        let hasher = Hasher::new(Cost { memory_kib: 64, passes: 1 }).expect("valid");
        let all = u32::try_from(hasher.permits.available_permits()).expect("few cores");
        let busy = hasher.permits.acquire_many(all).await.expect("open");
        let waiting = hasher.places.available_permits();
        let guesses = (0..waiting + 50).map(|_| hasher.verify(None, "a guess".to_owned()));
        let mut guesses = futures::future::join_all(guesses);
        // One look at each: all places are taken, and fifty had none.
        assert!(futures::poll!(&mut guesses).is_pending());
        assert_eq!(hasher.places.available_permits(), 0);
        assert!(matches!(hasher.verify(None, "a guess".to_owned()).await, Err(HashError::Overloaded)));
        drop(busy);
        let verdicts = guesses.await;
        let refused = verdicts.iter().filter(|verdict| matches!(verdict, Err(HashError::Overloaded))).count();
        assert_eq!((refused, verdicts.len() - refused), (50, waiting));
        assert_eq!(hasher.verify(None, "a guess".to_owned()).await.expect("room again"), Verdict::Wrong);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_they_have_patience() {
        let hasher = Hasher::new(Cost { memory_kib: 64, passes: 1 }).expect("valid");
        let all = u32::try_from(hasher.permits.available_permits()).expect("few cores");
        let _busy = hasher.permits.acquire_many(all).await.expect("open");
        assert!(matches!(hasher.verify(None, "a guess".to_owned()).await, Err(HashError::Overloaded)));
    }

    #[tokio::test]
    async fn nobody_signs_in_with_the_dummys_password() {
        let hasher = Hasher::new(Cost::default()).expect("valid");
        let verdict = hasher.verify(None, "nobody's password".to_owned()).await;
        assert_eq!(verdict.expect("verifies"), Verdict::Wrong);
    }
}
