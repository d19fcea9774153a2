//! AES-256-GCM with random nonces, and keys derived by HKDF-SHA256. All of our cryptography is here.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand::RngExt as _;
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE: usize = 12;

/// 256 bits that do not print themselves and do not stay in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn random() -> Self {
        Self::new(rand::rng().random())
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Another key, the same for the same purpose.
    pub(super) fn derived(&self, purpose: &[&[u8]]) -> Self {
        let mut key = Self(Zeroizing::new([0; 32]));
        let expanded = Hkdf::<Sha256>::new(None, &*self.0).expand(&joined(purpose), &mut *key.0);
        expanded.expect("HKDF-SHA256 gives 32 bytes");
        key
    }

    /// The nonce, then the ciphertext with its tag.
    pub(super) fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::rng().random();
        let payload = Payload { msg: plain, aad: context };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).expect("no value is 64 GiB long");
        [nonce.as_slice(), &sealed].concat()
    }

    /// None where anything is not as it was sealed.
    pub(super) fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: context };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }

    pub(super) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes().into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Parts in one text that no other parts have: each after its length.
pub(crate) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sealed_opens_with_the_same_key_and_context_alone(
            plain in any::<Vec<u8>>(), context in any::<Vec<u8>>(), other in any::<Vec<u8>>(),
        ) {
            let key = Key::random();
            let sealed = key.seal(&plain, &context);
            prop_assert_eq!(key.open(&sealed, &context).map(|opened| opened.to_vec()), Some(plain));
            prop_assert!(Key::random().open(&sealed, &context).is_none());
            prop_assert!(other == context || key.open(&sealed, &other).is_none());
        }

        #[test]
        fn a_changed_or_missing_byte_is_noticed(plain in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), by in 1u8..) {
            let key = Key::random();
            let mut sealed = key.seal(&plain, b"here");
            let at = at.index(sealed.len());
            prop_assert!(key.open(&sealed[..at], b"here").is_none());
            sealed[at] ^= by;
            prop_assert!(key.open(&sealed, b"here").is_none());
        }

        #[test]
        fn parts_that_differ_are_joined_differently(left in any::<Vec<Vec<u8>>>(), right in any::<Vec<Vec<u8>>>()) {
            let join = |parts: &[Vec<u8>]| joined(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(join(&left) == join(&right), left == right);
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_the_same_way_twice() {
        let key = Key::random();
        assert_ne!(key.seal(b"same", b""), key.seal(b"same", b""));
    }

    /// As RFC 5869 writes it.
    #[test]
    fn keys_are_derived_as_everybody_does() {
        let by_hand = {
            // HKDF with one block: extract, then expand.
            let prk = Key::new([0; 32]).mac(&[7; 32]);
            Key::new(prk).mac(&[joined(&[b"purpose"]).as_slice(), &[1]].concat())
        };
        assert_eq!(*Key::new([7; 32]).derived(&[b"purpose"]).bytes(), by_hand);
        assert_eq!(format!("{:?}", Key::new([7; 32])), "Key(…)");
    }
}
