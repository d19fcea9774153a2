//! The keys that sign access tokens: one that signs, all that are still believed, and their public half as a JWKS.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A stored key cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("signing key {kid} cannot be read: {reason}")]
pub struct BadKey {
    kid: String,
    reason: String,
}

/// A private Ed25519 key with its name.
#[derive(Clone)]
pub struct SigningPair {
    kid: String,
    public: String,
    pem: String,
    seed: [u8; 32],
    encoding: EncodingKey,
    signs_from: DateTime<Utc>,
}

impl SigningPair {
    /// Makes a new key from the operating system's randomness.
    pub fn generate(signs_from: DateTime<Utc>) -> Self {
        Self::from_seed(rand::random(), signs_from)
    }

    /// The key that these 32 bytes are.
    pub fn from_seed(seed: [u8; 32], signs_from: DateTime<Utc>) -> Self {
        let key = SigningKey::from_bytes(&seed);
        Self::from_key(&key, signs_from).expect("a key has a PKCS #8 form")
    }

    /// Reads a PKCS #8 PEM.
    pub fn from_pem(kid: &str, pem: &str, signs_from: DateTime<Utc>) -> Result<Self, BadKey> {
        let bad = |reason: String| BadKey { kid: kid.to_owned(), reason };
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|error| bad(error.to_string()))?;
        let mut pair = Self::from_key(&key, signs_from).map_err(|error| bad(error.to_string()))?;
        kid.clone_into(&mut pair.kid);
        Ok(pair)
    }

    fn from_key(key: &SigningKey, signs_from: DateTime<Utc>) -> Result<Self, ed25519_dalek::pkcs8::Error> {
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        Ok(Self {
            kid: thumbprint(&public),
            public,
            seed: key.to_bytes(),
            signs_from,
            pem: key.to_pkcs8_pem(LineEnding::LF)?.to_string(),
            encoding: EncodingKey::from_ed_der(key.to_pkcs8_der()?.as_bytes()),
        })
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn seed(&self) -> [u8; 32] {
        self.seed
    }

    pub(super) fn signs_from(&self) -> DateTime<Utc> {
        self.signs_from
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.public})
    }
}

/// RFC 7638: the same key has the same name everywhere.
fn thumbprint(public: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// The public keys by name.
#[derive(Default)]
pub struct VerifyingKeys(HashMap<String, DecodingKey>);

impl VerifyingKeys {
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a SigningPair>) -> Self {
        let read = |pair: &SigningPair| {
            let key = DecodingKey::from_ed_components(&pair.public).ok()?;
            Some((pair.kid.clone(), key))
        };
        Self(pairs.into_iter().filter_map(read).collect())
    }

    pub fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

/// All keys of this installation at one moment.
pub struct Keyring {
    /// In the order in which they sign.
    pairs: Vec<SigningPair>,
    verifying: VerifyingKeys,
    jwks: String,
}

impl Keyring {
    /// `pairs` in the order in which they sign.
    pub fn new(pairs: Vec<SigningPair>) -> Self {
        let keys: Vec<Value> = pairs.iter().map(SigningPair::jwk).collect();
        Self { verifying: VerifyingKeys::from_pairs(&pairs), jwks: json!({ "keys": keys }).to_string(), pairs }
    }

    /// The last whose time has come. One that is published and does not sign yet is none, unless there is no other.
    pub fn signing(&self, now: DateTime<Utc>) -> Option<&SigningPair> {
        self.pairs.iter().rfind(|pair| pair.signs_from <= now).or(self.pairs.first())
    }

    pub(super) fn pairs(&self) -> &[SigningPair] {
        &self.pairs
    }

    pub fn verifying(&self) -> &VerifyingKeys {
        &self.verifying
    }

    /// The public keys as JSON (RFC 7517).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem() {
        let pair = SigningPair::generate(Utc::now());
        let again = SigningPair::from_pem(pair.kid(), pair.pem(), Utc::now()).expect("reads");
        assert_eq!((again.kid(), &again.public), (pair.kid(), &pair.public));
    }

    #[test]
    fn the_published_set_holds_no_private_part() {
        let ring = Keyring::new(vec![SigningPair::generate(Utc::now()), SigningPair::generate(Utc::now())]);
        let jwks: Value = serde_json::from_str(ring.jwks()).expect("JSON");
        let keys = jwks["keys"].as_array().expect("an array");
        assert_eq!(keys.len(), 2);
        for key in keys {
            assert!(key.get("d").is_none());
            assert_eq!(key["x"].as_str().map(str::len), Some(43));
        }
    }

    #[test]
    fn a_key_signs_from_its_time_on_and_verifies_before() {
        let now = Utc::now();
        let [old, next] = [-60, 60].map(|seconds| SigningPair::generate(now + chrono::Duration::seconds(seconds)));
        let (old_kid, next_kid) = (old.kid.clone(), next.kid.clone());
        let ring = Keyring::new(vec![old, next]);
        let signing = |at| ring.signing(at).map(SigningPair::kid).map(str::to_owned);
        assert_eq!(signing(now), Some(old_kid));
        assert_eq!(signing(now + chrono::Duration::seconds(61)), Some(next_kid.clone()));
        assert!(ring.verifying().get(&next_kid).is_some() && ring.jwks().contains(&next_kid));
    }

    #[test]
    fn what_is_no_key_is_named() {
        let error = SigningPair::from_pem("k1", "-----BEGIN NOTHING-----", Utc::now()).map(drop).expect_err("no key");
        assert!(error.to_string().contains("k1"));
    }
}
